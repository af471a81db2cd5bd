import { FormatError, OptionError, UnsupportedError } from '../core/errors.js';
import { MOST_PIXELS, type Pixels } from './pixels.js';
import { decodePng, isPng } from './png.js';

/** What a picture may be: ImageData or pixels; a bitmap, canvas, image, video or its frame; a file, or its bytes. */
export type ImageSource = ImageData | Pixels | CanvasImageSource | Blob | ArrayBuffer | Uint8Array;

const typeOf = (value: unknown): string => (typeof value === 'object' && value !== null ? value.constructor.name : typeof value);

function hasPixels(value: object): value is ImageData | Pixels {
  return 'data' in value && 'width' in value && 'height' in value;
}

function checkedPixels(given: ImageData | Pixels, name: string): Pixels {
  const { width, height, data } = given;
  const { channels = 4, max = 255, key = null } = given as Partial<Pixels>;
  const positive = [width, height, channels].every((size) => Number.isInteger(size) && size > 0);
  if (!positive || channels > 4 || data.length !== width * height * channels) {
    throw new OptionError(`${name}: ${data.length} numbers for ${width}x${height} pixels of ${channels} channels`);
  }
  return { width, height, data, channels, max, key };
}

/** Size of what a canvas can draw: videos and images keep theirs under names of their own. */
function sizeOf(source: object): { width: number; height: number } {
  const of = source as Record<string, unknown>;
  const first = (...names: readonly string[]): number => Number(names.map((name) => of[name]).find((value) => typeof value === 'number') ?? 0);
  return { width: first('videoWidth', 'naturalWidth', 'displayWidth', 'width'), height: first('videoHeight', 'naturalHeight', 'displayHeight', 'height') };
}

/** Draws a bitmap, canvas, image, video or video frame and reads the pixels back. */
function drawn(source: CanvasImageSource, name: string, most: number): Pixels {
  const { width, height } = sizeOf(source);
  if (!(width > 0 && height > 0 && width * height <= most)) {
    throw new OptionError(`${name}: ${width}x${height} pixels, expected 1 to ${most}; has it been loaded?`);
  }
  const canvas = typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(width, height) : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D | null;
  if (!context) throw new UnsupportedError(`${name}: this platform gives no canvas to draw on`);
  context.drawImage(source, 0, 0);
  try {
    return checkedPixels(context.getImageData(0, 0, width, height), name);
  } catch (cause) {
    throw new OptionError(`${name}: its pixels may not be read (${String(cause)}); it comes from another origin without CORS`, { cause });
  }
}

/** PNG by the library, the same bits everywhere; other formats by the platform, where it decodes any. */
async function decoded(bytes: Uint8Array<ArrayBuffer>, name: string, most: number): Promise<Pixels> {
  if (isPng(bytes)) return decodePng(bytes, name, most);
  if (typeof createImageBitmap !== 'function') {
    const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
    throw new FormatError(`${name}: starts with 0x${start}; here only PNG is decoded: decode it yourself and hand in { width, height, data, channels, max }`);
  }
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes]));
  } catch (cause) {
    throw new FormatError(`${name}: not an image that this platform can decode (${String(cause)})`, { cause });
  }
  try {
    return drawn(bitmap, name, most);
  } finally {
    bitmap.close();
  }
}

/** The pixels of a picture, in a page, a worker, Node or the edge. `name` is what errors call it; a file of more than `most` pixels is refused
 *  before it is decoded. Throws FormatError, OptionError or UnsupportedError. */
export async function readPixels(picture: ImageSource, name = (picture as Partial<File>)?.name || 'image', most = MOST_PIXELS): Promise<Pixels> {
  if (typeof picture !== 'object' || picture === null) throw new OptionError(`${name}: ${typeOf(picture)} given, expected a picture`);
  if (picture instanceof ArrayBuffer) return decoded(new Uint8Array(picture), name, most);
  if (picture instanceof Uint8Array) return decoded(picture as Uint8Array<ArrayBuffer>, name, most);
  if (typeof Blob === 'function' && picture instanceof Blob) return decoded(new Uint8Array(await picture.arrayBuffer()), name, most);
  if (hasPixels(picture)) return checkedPixels(picture, name);
  if (typeof OffscreenCanvas === 'function' || typeof document === 'object') return drawn(picture as CanvasImageSource, name, most);
  throw new OptionError(`${name}: ${typeOf(picture)} given, expected pixels, a file or its bytes`);
}
