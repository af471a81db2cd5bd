// Winograd's transforms along one axis. F(m, 3) computes m outputs of a kernel of three from m + 2 products: the kernel and the
// outputs' side are polynomials evaluated at the points 0, ±a, ±b, ∞ (m = 4) or 0, ±1, ∞ (m = 2), the input's side is the
// transpose of interpolation (Lavin and Gray, arXiv:1509.09308). With a = 11/16, b = 3/2 rounding errors are a third of those with
// the usual 1 and 2, and every constant but the reciprocals is exact.
//
//   input    Bᵀ, m + 2 lines to m + 2
//   spread   the kernel's three lines, or m lines of dy, to m + 2; scaled by the interpolation's denominators
//   gather   its transpose without the scale: m + 2 lines to m outputs, or to three kernel rows
//
// A line is a run of channels; all lines of one call have the same length.

const A: f32 = 0.6875;
const B: f32 = 1.5;

/** Floats of a line. */
export const LINE: i32 = 64;
export const LINE_BYTES: i32 = LINE << 2;

// What `transform` does; the first two of spread and gather differ in which lines stand at the point ∞.
export const INPUT = 0;
export const WEIGHT = 1;
export const RESIDUAL = 2;
export const OUTPUT = 3;
export const BACK = 4;

/** Where a worker keeps what its lines share: the lines read, where the result goes, the constants. */
@unmanaged export class Lines {
  l0: usize; l1: usize; l2: usize; l3: usize; l4: usize; l5: usize; l6: usize;
  to: usize; step: i32;   // line i of the result at to + i·step
  bytes: i32;             // of a line, a multiple of 16
  m: i32;
  zeros: usize;           // a line of zeros
  temp: usize;            // (m + 2)² lines between the passes along the two axes
  a: f32; b: f32; a2: f32; b2: f32; n0: f32; na: f32; nb: f32;
}

export const LINES_BYTES: usize = 128;

/** The constants of F(m, 3), and a line of zeros. */
export function setLines(l: Lines, m: i32, zeros: usize, temp: usize): void {
  l.m = m;
  l.zeros = zeros;
  l.temp = temp;
  memory.fill(zeros, 0, LINE_BYTES);
  l.a = A;
  l.b = B;
  l.a2 = A * A;
  l.b2 = B * B;
  l.n0 = 1 / (A * A * B * B);
  l.na = 1 / (2 * A * A * (A * A - B * B));
  l.nb = 1 / (2 * B * B * (B * B - A * A));
}

/** Lines i at from + i·step, as many as the transform reads. */
export function pointLines(l: Lines, kind: i32, from: usize, step: i32): void {
  const at = changetype<usize>(l);
  const count = kind == WEIGHT ? 3 : kind == RESIDUAL ? l.m : l.m + 2;
  for (let i = 0; i < count; i++, from += step) store<usize>(at + (<usize>i << 2), from);
}

/** One call of a transform over the lines pointed at. Sets the lines at the point ∞ first. */
export function transformLine(l: Lines, kind: i32): void {
  const four = l.m == 4;
  if (kind == INPUT) {
    if (four) input6(l);
    else input4(l);
  } else if (kind <= RESIDUAL) {
    if (four) {
      l.l4 = kind == WEIGHT ? l.l2 : l.l3;
      if (kind == WEIGHT) l.l3 = l.zeros;
      spread6(l);
    } else {
      l.l3 = kind == WEIGHT ? l.l2 : l.l1;
      if (kind == RESIDUAL) l.l2 = l.zeros;
      spread4(l);
    }
  } else if (four) {
    l.l6 = kind == OUTPUT ? l.l5 : l.zeros;
    if (kind == OUTPUT) l.l5 = l.zeros;
    gather6(l);
  } else {
    l.l4 = kind == OUTPUT ? l.zeros : l.l3;
    if (kind == BACK) l.l3 = l.zeros;
    gather4(l);
  }
}

/** `count` calls over lines at equal distances: call i reads from + i·next + k·step and writes to + i·toNext + k·toStep. */
export function transformPass(l: Lines, kind: i32, count: i32, from: usize, next: i32, step: i32, to: usize, toNext: i32, toStep: i32): void {
  l.step = toStep;
  for (let i = 0; i < count; i++, from += next, to += toNext) {
    pointLines(l, kind, from, step);
    l.to = to;
    transformLine(l, kind);
  }
}

/** Rows (x² − a²)(x² − b²), x(x ± a)(x² − b²), x(x ± b)(x² − a²), x(x² − a²)(x² − b²). */
function input6(l: Lines): void {
  const a = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("a")), b = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("b"));
  const a2 = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("a2")), b2 = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("b2"));
  let r0 = l.l0, r1 = l.l1, r2 = l.l2, r3 = l.l3, r4 = l.l4, r5 = l.l5, to = l.to;
  const step = l.step;
  for (const end = to + l.bytes; to < end; to += 16) {
    const d0 = v128.load(r0), d1 = v128.load(r1), d2 = v128.load(r2), d3 = v128.load(r3), d4 = v128.load(r4), d5 = v128.load(r5);
    let even = f32x4.sub(d4, f32x4.mul(b2, d2)), odd = f32x4.sub(d3, f32x4.mul(b2, d1));
    let at = to;
    v128.store(at, f32x4.sub(even, f32x4.mul(a2, f32x4.sub(d2, f32x4.mul(b2, d0)))));
    const last = f32x4.sub(f32x4.sub(d5, f32x4.mul(b2, d3)), f32x4.mul(a2, odd));
    odd = f32x4.mul(a, odd);
    at += step; v128.store(at, f32x4.add(even, odd));
    at += step; v128.store(at, f32x4.sub(even, odd));
    even = f32x4.sub(d4, f32x4.mul(a2, d2));
    odd = f32x4.mul(b, f32x4.sub(d3, f32x4.mul(a2, d1)));
    at += step; v128.store(at, f32x4.add(even, odd));
    at += step; v128.store(at, f32x4.sub(even, odd));
    at += step; v128.store(at, last);
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; r4 += 16; r5 += 16;
  }
}

/** n0·g0, na·(g0 + a²·g2 ± a·(g1 + a²·g3)), nb·(g0 + b²·g2 ± b·(g1 + b²·g3)), and the line at ∞. */
function spread6(l: Lines): void {
  const a = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("a")), b = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("b"));
  const a2 = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("a2")), b2 = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("b2"));
  const n0 = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("n0")), na = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("na"));
  const nb = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("nb"));
  let r0 = l.l0, r1 = l.l1, r2 = l.l2, r3 = l.l3, r4 = l.l4, to = l.to;
  const step = l.step;
  for (const end = to + l.bytes; to < end; to += 16) {
    const g0 = v128.load(r0), g1 = v128.load(r1), g2 = v128.load(r2), g3 = v128.load(r3);
    let even = f32x4.mul(na, f32x4.add(g0, f32x4.mul(a2, g2))), odd = f32x4.mul(na, f32x4.mul(a, f32x4.add(g1, f32x4.mul(a2, g3))));
    let at = to;
    v128.store(at, f32x4.mul(n0, g0));
    at += step; v128.store(at, f32x4.add(even, odd));
    at += step; v128.store(at, f32x4.sub(even, odd));
    even = f32x4.mul(nb, f32x4.add(g0, f32x4.mul(b2, g2)));
    odd = f32x4.mul(nb, f32x4.mul(b, f32x4.add(g1, f32x4.mul(b2, g3))));
    at += step; v128.store(at, f32x4.add(even, odd));
    at += step; v128.store(at, f32x4.sub(even, odd));
    at += step; v128.store(at, v128.load(r4));
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; r4 += 16;
  }
}

/** Σ over the points of xᵏ·m, k = 0 .. 3; the lines at ∞ join k = 2 and k = 3. */
function gather6(l: Lines): void {
  const a = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("a")), b = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("b"));
  const a2 = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("a2")), b2 = v128.load32_splat(changetype<usize>(l), offsetof<Lines>("b2"));
  let r0 = l.l0, r1 = l.l1, r2 = l.l2, r3 = l.l3, r4 = l.l4, r5 = l.l5, r6 = l.l6, to = l.to;
  const step = l.step;
  for (const end = to + l.bytes; to < end; to += 16) {
    const m1 = v128.load(r1), m2 = v128.load(r2), m3 = v128.load(r3), m4 = v128.load(r4);
    const evenA = f32x4.add(m1, m2), evenB = f32x4.add(m3, m4);
    const oddA = f32x4.mul(a, f32x4.sub(m1, m2)), oddB = f32x4.mul(b, f32x4.sub(m3, m4));
    let at = to;
    v128.store(at, f32x4.add(v128.load(r0), f32x4.add(evenA, evenB)));
    at += step; v128.store(at, f32x4.add(oddA, oddB));
    at += step; v128.store(at, f32x4.add(f32x4.add(f32x4.mul(a2, evenA), f32x4.mul(b2, evenB)), v128.load(r5)));
    at += step; v128.store(at, f32x4.add(f32x4.add(f32x4.mul(a2, oddA), f32x4.mul(b2, oddB)), v128.load(r6)));
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; r4 += 16; r5 += 16; r6 += 16;
  }
}

/** 1 − x², x ± x², x³ − x, the first with its sign turned. */
function input4(l: Lines): void {
  let r0 = l.l0, r1 = l.l1, r2 = l.l2, r3 = l.l3, to = l.to;
  const step = l.step;
  for (const end = to + l.bytes; to < end; to += 16) {
    const d1 = v128.load(r1), d2 = v128.load(r2);
    let at = to;
    v128.store(at, f32x4.sub(v128.load(r0), d2));
    at += step; v128.store(at, f32x4.add(d2, d1));
    at += step; v128.store(at, f32x4.sub(d2, d1));
    at += step; v128.store(at, f32x4.sub(v128.load(r3), d1));
    r0 += 16; r1 += 16; r2 += 16; r3 += 16;
  }
}

/** g0, (g0 + g2 ± g1) / 2, and the line at ∞. */
function spread4(l: Lines): void {
  const half = f32x4.splat(0.5);
  let r0 = l.l0, r1 = l.l1, r2 = l.l2, r3 = l.l3, to = l.to;
  const step = l.step;
  for (const end = to + l.bytes; to < end; to += 16) {
    const g0 = v128.load(r0), even = f32x4.mul(half, f32x4.add(g0, v128.load(r2))), odd = f32x4.mul(half, v128.load(r1));
    let at = to;
    v128.store(at, g0);
    at += step; v128.store(at, f32x4.add(even, odd));
    at += step; v128.store(at, f32x4.sub(even, odd));
    at += step; v128.store(at, v128.load(r3));
    r0 += 16; r1 += 16; r2 += 16; r3 += 16;
  }
}

/** m0 + m1 + m2, m1 − m2, m1 + m2; the lines at ∞ join the last two. */
function gather4(l: Lines): void {
  let r0 = l.l0, r1 = l.l1, r2 = l.l2, r3 = l.l3, r4 = l.l4, to = l.to;
  const step = l.step;
  for (const end = to + l.bytes; to < end; to += 16) {
    const m1 = v128.load(r1), m2 = v128.load(r2), even = f32x4.add(m1, m2);
    let at = to;
    v128.store(at, f32x4.add(v128.load(r0), even));
    at += step; v128.store(at, f32x4.add(f32x4.sub(m1, m2), v128.load(r3)));
    at += step; v128.store(at, f32x4.add(even, v128.load(r4)));
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; r4 += 16;
  }
}
