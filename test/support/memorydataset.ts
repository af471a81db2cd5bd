import { Random } from '../../src/core/random.js';
import { elements, type Shape } from '../../src/core/shape.js';
import type { Dataset } from '../../src/data/dataset.js';

/** Seeded images held in memory: class c is bright in its own part of the picture. Remembers the order in which it was read. */
export class MemoryDataset implements Dataset {
  readonly name = 'seeded images';
  readonly shape: Shape;
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  readonly order: number[] = [];
  readonly #images: Float32Array[];

  constructor(length: number, shape: Shape, classes = 10, seed = 1) {
    const random = new Random(seed);
    const size = elements(shape);
    this.shape = shape;
    this.classes = Array.from({ length: classes }, (_, i) => String(i));
    this.labels = Int32Array.from({ length }, () => random.integer(classes));
    this.#images = Array.from(this.labels, (label) => Float32Array.from({ length: size }, (_, i) => random.between(-0.5, 0.5) + (Math.floor((i * classes) / size) === label ? 1 : 0)));
  }

  get length(): number {
    return this.labels.length;
  }

  read(index: number, out: Float32Array, offset: number): void {
    this.order.push(index);
    out.set(this.#images[index]!, offset);
  }

  /** Images `from` to `to`, one after another, and their labels. */
  batch(from: number, to: number): { images: Float32Array<ArrayBuffer>; labels: Int32Array } {
    const size = elements(this.shape);
    const images = new Float32Array((to - from) * size);
    for (let i = from; i < to; i++) images.set(this.#images[i]!, (i - from) * size);
    return { images, labels: this.labels.slice(from, to) };
  }
}
