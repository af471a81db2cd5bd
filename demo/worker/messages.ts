import type { RunOptions } from '../address.js';

// What the page and its worker say to each other. Arrays that are used once travel without a copy.

/** Weights as the page draws them, [maps, maps below, 5, 5]. */
export interface Kernels {
  readonly c1: Float32Array;
  readonly c3: Float32Array;
  readonly c1Bias: Float32Array;
  readonly c3Bias: Float32Array;
}

export interface LayerFacts {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly params: number;
  readonly macs: number;
  /** Pixels of the image that one value sees, in one direction; null: all. */
  readonly field: number | null;
}

export interface Mistake {
  readonly image: Float32Array<ArrayBuffer>;
  readonly truth: number;
  readonly said: number;
  readonly confidence: number;
}

/** A unit of a dense layer, from 0. */
export interface Unit {
  readonly layer: 'c5' | 'f6' | 'output';
  readonly unit: number;
}

export interface Row extends Unit {
  /** One per value of the layer below, row-major. */
  readonly weights: Float32Array;
  readonly bias: number;
}

export interface Place {
  readonly epoch: number;
  readonly batch: number;
  readonly lossSum?: number;
}

export type ToWorker =
  | { readonly type: 'open'; readonly run: RunOptions; readonly checkpoint: Uint8Array | null; readonly promised: number | null }
  | { readonly type: 'train' | 'pause' | 'step' | 'weights' }
  | { readonly type: 'look'; readonly id: number; readonly image: Float32Array; readonly open: Unit | null }
  | { readonly type: 'load'; readonly bytes: Uint8Array; readonly file: string };

export interface Opened {
  readonly type: 'opened';
  readonly run: RunOptions;
  readonly step: number;
  readonly epoch: number;
  readonly kernels: Kernels;
  readonly layers: readonly LayerFacts[];
  readonly images: number;
  readonly params: number;
  readonly memoryBytes: number;
}

export interface Progress {
  readonly type: 'progress';
  readonly step: number;
  readonly epoch: number;
  /** Part of the epoch done, 0 to 1. */
  readonly part: number;
  /** Losses of the steps since the last message; the last is that of `step`. */
  readonly losses: Float32Array;
  readonly imagesPerSecond: number;
  readonly kernels: Kernels;
}

export interface Validated {
  readonly type: 'validated';
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly count: number;
  readonly mistakes: readonly Mistake[];
  readonly digest: string | null;
  readonly checkpoint: Uint8Array;
}

export interface Paused {
  readonly type: 'paused';
  readonly step: number;
  readonly digest: string | null;
  readonly checkpoint: Uint8Array;
}

export interface Seen {
  readonly type: 'seen';
  readonly id: number;
  readonly step: number;
  readonly probabilities: Float32Array;
  /** Outputs of every layer by name, after its activation. */
  readonly maps: Readonly<Record<string, Float32Array>>;
  readonly image: Float32Array;
  /** Those that it was looked at with. */
  readonly kernels: Kernels;
  /** Of the unit that was asked for. */
  readonly row: Row | null;
  /** Whether the weights that come along looked, for want of a trained network. */
  readonly shipped: boolean;
}

export type FromWorker =
  | Opened | Progress | Validated | Paused | Seen
  /** The step that a link promised was passed. */
  | { readonly type: 'reached'; readonly step: number; readonly digest: string | null }
  | { readonly type: 'weights'; readonly bytes: Uint8Array }
  | { readonly type: 'loaded'; readonly file: string; readonly step: number; readonly digest: string | null; readonly kernels: Kernels; readonly checkpoint: Uint8Array }
  | { readonly type: 'diverged'; readonly step: number; readonly layer: string | null; readonly rate: number }
  | { readonly type: 'refused'; readonly what: 'open' | 'load' | 'train' | 'look'; readonly message: string };
