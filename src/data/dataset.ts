import type { Shape } from '../core/shape.js';

/** Labelled images that can be read one by one. */
export interface Dataset {
  /** What people call it: a file or folder name, or "drawn digits". */
  readonly name: string;
  /** Number of images. */
  readonly length: number;
  /** One image as the network takes it: [channels, height, width]. */
  readonly shape: Shape;
  /** Class names; a label is an index into them. */
  readonly classes: readonly string[];
  /** One label per image. */
  readonly labels: Int32Array;
  /** Where images are not at hand: awaited before those `indices` are read, all together; earlier ones may be gone then. */
  prepare?(indices: ArrayLike<number>): Promise<void>;
  /** Writes image `index`, channels first, to `out` from `offset` on. */
  read(index: number, out: Float32Array, offset: number): void;
}

/** A data set in its two halves; `test` is null where there is none. */
export interface Split {
  readonly train: Dataset;
  readonly test: Dataset | null;
}
