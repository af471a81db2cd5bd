import { FormatError } from '../../core/errors.js';
import { grouped, hex, node } from '../files.js';

const MAX_SIDE = 16384;
const MAX_PIXELS = 1 << 25;

/** What the markers before the pixels say. */
interface Header {
  readonly width: number;
  readonly height: number;
  /** EXIF's 1 to 8: which way is up. */
  readonly orientation: number;
}

/** An entropy-coded block of 64 pixels takes a bit at least, in one of three colour planes of which two may be a quarter as large. */
const MOST_PIXELS_PER_BYTE = 1000;

/** Walks the markers up to the first scan; checks sizes against the limits and against what the file can hold, and that it ends. */
function headerOf(bytes: Uint8Array, file: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (offset: number, problem: string): never => {
    throw new FormatError(`${file}: offset ${offset}: ${problem}`);
  };
  let frame: { width: number; height: number } | null = null;
  let orientation = 1;
  for (let at = 2; ;) {
    if (at + 4 > bytes.length) fail(at, 'the file ends before its pixels. Likely cut short.');
    if (bytes[at] !== 0xff) fail(at, `found ${hex(bytes.subarray(at, at + 2))}, expected a JPEG marker`);
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (length < 2 || at + 2 + length > bytes.length) fail(at, `a marker of ${length} bytes, the file ends before. Likely cut short.`);
    const body = new DataView(bytes.buffer, bytes.byteOffset + at + 4, length - 2);
    if (marker === 0xe1) orientation = orientationOf(body) ?? orientation;
    if (isFrame(marker)) frame = frameOf(body, (problem) => fail(at, problem));
    if (marker === 0xda) {
      if (frame === null) return fail(at, 'pixels before their frame header, expected it first');
      const { width, height } = frame;
      if (width * height > bytes.length * MOST_PIXELS_PER_BYTE) fail(at, `${width}x${height} pixels, which ${grouped(bytes.length)} bytes cannot hold. Likely cut short.`);
      if (!hasEnd(bytes, at)) fail(bytes.length, 'no end marker, expected 0xffd9. Likely cut short.');
      return { width, height, orientation };
    }
    at += 2 + length;
  }
}

/** Start of a frame of any process: C0 to CF but for tables (C4, C8, CC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function frameOf(body: DataView, fail: (problem: string) => never): { width: number; height: number } {
  if (body.byteLength < 6) fail('a frame header of few bytes, expected at least 8');
  const [bits, height, width, components] = [body.getUint8(0), body.getUint16(1), body.getUint16(3), body.getUint8(5)];
  if (bits !== 8) fail(`${bits} bits per colour, expected 8`);
  if (components !== 1 && components !== 3) fail(`${components} colours (CMYK?), expected 1 or 3: save it as grey or RGB`);
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    fail(`${width}x${height} pixels, expected sides up to ${grouped(MAX_SIDE)} and ${grouped(MAX_PIXELS)} pixels`);
  }
  return { width, height };
}

function hasEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.length - 2; at > from; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  return false;
}

/** Tag 0x0112 of the first directory of an EXIF segment (EXIF 2.3, 4.6.4); null where there is none that makes sense. */
function orientationOf(body: DataView): number | null {
  if (body.byteLength < 20 || body.getUint32(0) !== 0x45786966) return null;
  const little = body.getUint16(6) === 0x4949;
  const first = 6 + body.getUint32(10, little);
  if (first + 2 > body.byteLength) return null;
  for (let i = 0, at = first + 2; i < body.getUint16(first, little) && at + 12 <= body.byteLength; i++, at += 12) {
    if (body.getUint16(at, little) !== 0x0112) continue;
    const value = body.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}

type Decoder = (bytes: Uint8Array) => Promise<{ width: number; height: number; data: Uint8ClampedArray }>;

/** What the decoder complained of since it was last asked. */
const complaints: string[] = [];
let decoder: Promise<Decoder> | null = null;

/** libjpeg-turbo's arithmetic (mozjpeg), compiled to WebAssembly: integers, so every engine decodes the same pixels. */
async function startDecoder(): Promise<Decoder> {
  const { default: decode, init } = await import('@jsquash/jpeg/decode.js');
  const options = { print: () => {}, printErr: (line: string) => void complaints.push(line) };
  const file = node('node:module').createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  const start = init as unknown as (module: WebAssembly.Module, options: object) => Promise<void>; // the second parameter is documented, its type is missing
  await start(await WebAssembly.compile(new Uint8Array(await node('node:fs').promises.readFile(file))), options);
  return (bytes) => decode(new Uint8Array(bytes).buffer);
}

/** Decodes a JPEG image to rows of RGBA, the right way up. Throws FormatError naming `file`, offset and what was expected. */
export async function decodeJpeg(bytes: Uint8Array, file: string): Promise<{ width: number; height: number; data: Uint8ClampedArray; orientation: number }> {
  const { width, height, orientation } = headerOf(bytes, file);
  decoder ??= startDecoder();
  const decode = await decoder;
  complaints.length = 0;
  const image = await decode(bytes).catch(() => null);
  const wrong = complaints.find((line) => !line.includes('extraneous bytes'));
  if (image === null || wrong !== undefined) throw new FormatError(`${file}: pixels are corrupt (${wrong ?? 'the decoder gave up'})`);
  if (image.width !== width || image.height !== height) throw new FormatError(`${file}: ${image.width}x${image.height} pixels, expected ${width}x${height} as the header says`);
  return { width, height, data: image.data, orientation };
}
