import { elements, type Shape } from '../core/shape.js';
import type { Layout } from './layout.js';
import type { Init } from '../core/init.js';

/**
 * What a stretch of the arena is for.
 * `input` is written from outside before a run; `parameter`, `gradient` (of a parameter), `state` and `constant` last as long as the
 * network; `prepared` lasts too and is derived from them when they have changed; `activation` (and gradients of activations) and `scratch` live from their first step to their last and share memory.
 */
export type Role = 'input' | 'parameter' | 'gradient' | 'state' | 'constant' | 'prepared' | 'activation' | 'scratch';

/** A stretch of the arena. Several tensors may view one buffer. */
export class Buffer {
  readonly name: string;
  readonly role: Role;
  /** f32 elements. */
  readonly words: number;
  /** May take over this buffer's memory when the step that first writes here is the last to use it. */
  replaces: Buffer | null;
  /** Read from outside after a run: its memory is not given away. */
  kept = false;
  /** Byte address, once laid out. */
  address = -1;

  constructor(name: string, role: Role, words: number, replaces: Buffer | null = null) {
    this.name = name;
    this.role = role;
    this.words = words;
    this.replaces = replaces;
  }
}

/** Memory order of an image that is stored channels last: [pixels, channels] instead of [channels, pixels]. */
export interface ChannelsLast {
  readonly channels: number;
  readonly pixels: number;
}

/** How far an output looks: the window of input pixels it depends on, and how far apart neighbouring windows are. */
export interface ReceptiveField {
  readonly height: number;
  readonly width: number;
  readonly stepHeight: number;
  readonly stepWidth: number;
}

/** A tensor of the plan. `shape` is one image's, outermost first; the buffer holds `batchSize` of them one after another. */
export interface PlanTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly buffer: Buffer;
  /** null: row-major, as users see it. */
  readonly order: ChannelsLast | null;
  /** null: every pixel of the input. */
  readonly field: ReceptiveField | null;
}

/** A tensor that training changes, or a constant one (`trainable` false). */
export interface Parameter {
  /** Its state_dict name. */
  readonly name: string;
  readonly shape: Shape;
  readonly layout: Layout;
  readonly init: Init;
  readonly buffer: Buffer;
  readonly trainable: boolean;
  /** Numbers that are learnt: fewer than the elements where a mask holds some at zero. */
  readonly count: number;
}

/** A tensor of the state_dict that the forward steps of training update themselves: running statistics (PyTorch's buffers). */
export interface RunningBuffer {
  /** Its state_dict name. */
  readonly name: string;
  readonly shape: Shape;
  /** `i64` counts: two words for a number. */
  readonly dtype: 'f32' | 'i64';
  /** What each number starts at. */
  readonly start: number;
  readonly buffer: Buffer;
}

/** The order of a channels-last image, or null where both orders are the same. */
export function channelsLastOrder(shape: Shape): ChannelsLast | null {
  const channels = shape[0] ?? 1;
  const pixels = elements(shape.slice(1));
  return channels === 1 || pixels === 1 ? null : { channels, pixels };
}
