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

/** Calls `visit(index in row-major order, index in the arena)` for every element. */
function forEachElement(layout: Layout, shape: Shape, visit: (plain: number, arena: number) => void): void {
  if (layout.kind === 'plain') {
    for (let i = 0, count = elements(shape); i < count; i++) visit(i, i);
  } else if (layout.kind === 'taps') {
    const [taps, place] = tapsOf(layout);
    for (let c = 0, plain = 0; c < layout.c; c++) for (let tap = 0; tap < taps; tap++) visit(plain++, place(tap) * layout.c + c);
  } else {
    forEachPanelElement(layout, visit);
  }
}

/** Kernel positions, and where each lies: in order, or from the last to the first. */
function tapsOf({ kh, kw, turned }: { kh: number; kw: number; turned?: boolean }): [number, (tap: number) => number] {
  const taps = kh * kw;
  return [taps, turned ? (tap) => taps - 1 - tap : (tap) => tap];
}

function forEachPanelElement(layout: Extract<Layout, { kind: 'panels' }>, visit: (plain: number, arena: number) => void): void {
  const { groups, co, ci } = layout;
  const [taps, place] = tapsOf(layout);
  const panelWords = taps * ci * PANEL;
  const groupWords = Math.ceil(co / PANEL) * panelWords;
  let plain = 0;
  for (let row = 0; row < groups * co; row++) {
    const group = Math.floor(row / co);
    const column = row - group * co;
    const start = group * groupWords + Math.floor(column / PANEL) * panelWords + (column % PANEL);
    for (let c = 0; c < ci; c++) for (let tap = 0; tap < taps; tap++) visit(plain++, start + (place(tap) * ci + c) * PANEL);
  }
}

/** Writes row-major `data` into `arena` as `layout` has it. */
export function intoLayout(layout: Layout, shape: Shape, data: ArrayLike<number>, arena: Float32Array): void {
  forEachElement(layout, shape, (plain, at) => {
    arena[at] = data[plain]!;
  });
}

/** Reads `arena` back in row-major order. */
export function fromLayout(layout: Layout, shape: Shape, arena: Float32Array): Float32Array {
  const data = new Float32Array(elements(shape));
  forEachElement(layout, shape, (plain, at) => {
    data[plain] = arena[at]!;
  });
  return data;
}
