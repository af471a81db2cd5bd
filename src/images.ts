import { ShapeError } from './core/errors.js';
import { elements, show, type Shape, type Tensor } from './core/shape.js';

/** Numbers in nested arrays, as [[[…]]]. */
export type Nested = readonly number[] | readonly Nested[];

/** Images as users give them: a tensor [n, c, h, w] or [c, h, w], its numbers in a row, or nested arrays. */
export type Images = Tensor | Float32Array | Nested;

/** The images' numbers, row-major, and how many images they are. `what` names the argument in errors. */
export function readImages(images: Images, image: Shape, what: string): { data: Float32Array; count: number } {
  const data = images instanceof Float32Array ? images : 'data' in images ? images.data : Float32Array.from(flatten(images, what));
  const size = elements(image);
  if (!(images instanceof Float32Array) && 'data' in images) checkShape(images.shape, image, what);
  const count = data.length / size;
  if (!Number.isInteger(count) || count === 0) {
    throw new ShapeError(`${what}: ${data.length} numbers given, expected a multiple of ${size} (${show(image)} each)`);
  }
  return { data, count };
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
