import { PANEL } from '../../assembly/abi.js';
import { elements, type Shape } from '../core/shape.js';

/**
 * How a parameter lies in the arena.
 * - `plain`: row-major, as users see it.
 * - `panels`: a convolution's weights [co, ci, kh, kw] as [group][⌈co/8⌉][kh, kw, ci][8]; `co` and `ci` are per group. Unused
 *   columns of a group's last panel are zero and stay zero.
 * - `taps`: a depthwise convolution's weights [c, 1, kh, kw] as [kh, kw, c].
 * `turned`: the kernel lies rotated by 180 degrees, so that the kernels' cross-correlation is a true convolution.
 */
export type Layout =
  | { readonly kind: 'plain' }
  | { readonly kind: 'panels'; readonly groups: number; readonly co: number; readonly ci: number; readonly kh: number; readonly kw: number; readonly turned?: boolean }
  | { readonly kind: 'taps'; readonly c: number; readonly kh: number; readonly kw: number; readonly turned?: boolean };

export const PLAIN: Layout = { kind: 'plain' };

/** Words that a tensor of `shape` takes in `layout`. */
export function layoutWords(layout: Layout, shape: Shape): number {
  if (layout.kind !== 'panels') return elements(shape);
  return layout.groups * Math.ceil(layout.co / PANEL) * layout.kh * layout.kw * layout.ci * PANEL;
}

/** One copy between row-major order and the arena, in either direction. */
interface Copy {
  readonly plain: Float32Array;
  readonly arena: Float32Array;
  readonly into: boolean;
}

/** Where kernel position `tap` lies: in order, or from the last to the first. */
function placeOf({ kh, kw, turned }: { kh: number; kw: number; turned?: boolean }, tap: number): number {
  return turned ? kh * kw - 1 - tap : tap;
}

function copyTaps(layout: Extract<Layout, { kind: 'taps' }>, { plain, arena, into }: Copy): void {
  const taps = layout.kh * layout.kw;
  for (let c = 0, from = 0; c < layout.c; c++) {
    for (let tap = 0; tap < taps; tap++, from++) {
      const at = placeOf(layout, tap) * layout.c + c;
      if (into) arena[at] = plain[from]!;
      else plain[from] = arena[at]!;
    }
  }
}

function copyPanels(layout: Extract<Layout, { kind: 'panels' }>, copy: Copy): void {
  const { groups, co, ci, kh, kw } = layout;
  const rowWords = ci * kh * kw;
  for (let group = 0, start = 0; group < groups; group++) {
    for (let row = 0; row < co; row += PANEL, start += rowWords * PANEL) {
      copyPanel(layout, copy, (group * co + row) * rowWords, start, Math.min(PANEL, co - row));
    }
  }
}

/** Up to eight rows at once: they are read as eight streams, and each group of eight words of the arena is touched once. */
function copyPanel(layout: Extract<Layout, { kind: 'panels' }>, { plain, arena, into }: Copy, first: number, start: number, columns: number): void {
  const { ci, kh, kw } = layout;
  const taps = kh * kw;
  const rowWords = ci * taps;
  for (let c = 0, k = first; c < ci; c++) {
    for (let tap = 0; tap < taps; tap++, k++) {
      const at = start + (placeOf(layout, tap) * ci + c) * PANEL;
      if (into) for (let i = 0; i < columns; i++) arena[at + i] = plain[k + i * rowWords]!;
      else for (let i = 0; i < columns; i++) plain[k + i * rowWords] = arena[at + i]!;
    }
  }
}

/** Writes row-major `plain` into `arena` as `layout` has it. */
export function intoLayout(layout: Layout, shape: Shape, plain: Float32Array, arena: Float32Array): void {
  if (layout.kind === 'plain') arena.set(plain.subarray(0, elements(shape)));
  else if (layout.kind === 'taps') copyTaps(layout, { plain, arena, into: true });
  else copyPanels(layout, { plain, arena, into: true });
}

/** Reads `arena` back in row-major order. */
export function fromLayout(layout: Layout, shape: Shape, arena: Float32Array): Float32Array {
  const plain = new Float32Array(elements(shape));
  if (layout.kind === 'plain') plain.set(arena.subarray(0, plain.length));
  else if (layout.kind === 'taps') copyTaps(layout, { plain, arena, into: false });
  else copyPanels(layout, { plain, arena, into: false });
  return plain;
}
