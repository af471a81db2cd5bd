import { ShapeError } from './core/errors.js';
import { elements, show, type Shape, type Tensor } from './core/shape.js';

/** Numbers in nested arrays, as [[[…]]]. */
export type Nested = readonly number[] | readonly Nested[];

/** Images as users give them: a tensor [n, c, h, w] or [c, h, w], its numbers in a row, or nested arrays. */
export type Images = Tensor | Float32Array | Nested;

const EXPECTED = 'a Tensor with float32 data, a Float32Array or nested arrays';

const nameOf = (value: unknown): string => (typeof value === 'object' && value !== null ? value.constructor.name : String(value));

/** The images' numbers, row-major, and how many images they are. `what` names the argument in errors. */
export function readImages(images: Images, image: Shape, what: string): { data: Float32Array; count: number } {
  const data = numbersOf(images, image, what);
  const size = elements(image);
  const count = data.length / size;
  if (!Number.isInteger(count) || count === 0) {
    throw new ShapeError(`${what}: ${data.length} numbers given, expected a multiple of ${size} (${show(image)} each)`);
  }
  return { data, count };
}

function numbersOf(images: Images, image: Shape, what: string): Float32Array {
  if (images instanceof Float32Array) return images;
  if (Array.isArray(images)) return Float32Array.from(flatten(images as Nested, what));
  if (typeof images !== 'object' || images === null || !('data' in images)) throw new ShapeError(`${what}: ${nameOf(images)} given, expected ${EXPECTED}`);
  const { data, shape } = images;
  if (!(data instanceof Float32Array)) throw new ShapeError(`${what}: a Tensor of ${nameOf(data)} given, expected ${EXPECTED}`);
  checkShape(shape, image, what);
  if (data.length !== elements(shape)) throw new ShapeError(`${what}: ${data.length} numbers given, expected ${elements(shape)} for ${show(shape)}`);
  return data;
}

function checkShape(given: Shape, image: Shape, what: string): void {
  const ends = given.slice(-image.length);
  const fits = (given.length === image.length || given.length === image.length + 1) && ends.every((size, i) => size === image[i]);
  if (!fits) throw new ShapeError(`${what}: shape is ${show(given)}, expected ${show(image)} or [n, ${image.join(', ')}]`);
}

function flatten(nested: Nested, what: string): number[] {
  const flat = (nested as readonly unknown[]).flat(Infinity) as unknown[];
  for (const value of flat) if (typeof value !== 'number') throw new ShapeError(`${what}: found ${typeof value} among the numbers`);
  return flat as number[];
}
