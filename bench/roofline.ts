import type { Row } from './row.js';
import type { Workload } from './workloads.js';

// A roofline (Williams, Waterman and Patterson 2009): what arithmetic and memory allow, and where the kernels are.

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [860, 480, 60, 20, 24, 52];
/** Range of both axes: operations per byte, GFLOP/s. */
const [X, Y] = [[0.25, 512], [1, 256]] as const;

const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  gemm: ['products', '#316aaf'], conv: ['convolutions', '#9a541b'], conv_grad_input: ['input gradients', '#3c8031'], conv_grad_weight: ['weight gradients', '#7d3c98'],
};

/** Bytes that an operator reads and writes at least once, in float32. */
export function leastBytes(w: Workload): number {
  if (w.kind === 'gemm') return 4 * (w.M! * w.N! + w.M! * w.K! + w.K! * w.N!);
  const size = (value: number | undefined): number => value ?? 1;
  const along = (length: number, kernel: number): number => Math.floor((length + 2 * (w.pad ?? 0) - kernel) / size(w.stride)) + 1;
  const x = w.N! * w.C! * w.H! * w.W!;
  const y = w.N! * w.K! * along(w.H!, w.R!) * along(w.W!, w.S!);
  return 4 * (x + y + (w.K! * w.C! * w.R! * w.S!) / size(w.groups));
}

const across = (value: number): number => LEFT + ((Math.log2(value) - Math.log2(X[0])) / Math.log2(X[1] / X[0])) * (WIDTH - LEFT - RIGHT);
const down = (value: number): number => HEIGHT - BOTTOM - ((Math.log2(value) - Math.log2(Y[0])) / Math.log2(Y[1] / Y[0])) * (HEIGHT - TOP - BOTTOM);
const within = (value: number, [low, high]: readonly [number, number]): number => Math.min(high, Math.max(low, value));
const at = (value: number): string => value.toFixed(1);
const text = (x: number, y: number, words: string, rest = ''): string => `<text x="${at(x)}" y="${at(y)}" ${rest}>${words}</text>`;

function axes(): string[] {
  const steps = ([low, high]: readonly [number, number]): number[] => Array.from({ length: Math.log2(high / low) + 1 }, (_, i) => low * 2 ** i);
  const grid = (x1: number, y1: number, x2: number, y2: number): string => `<path d="M${at(x1)} ${at(y1)}L${at(x2)} ${at(y2)}" stroke="#8884" fill="none"/>`;
  return [
    ...steps(X).flatMap((value) => [grid(across(value), TOP, across(value), HEIGHT - BOTTOM), text(across(value), HEIGHT - BOTTOM + 18, String(value), 'text-anchor="middle"')]),
    ...steps(Y).flatMap((value) => [grid(LEFT, down(value), WIDTH - RIGHT, down(value)), text(LEFT - 8, down(value) + 4, String(value), 'text-anchor="end"')]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, 'operations of the direct method per byte of input, weights and output', 'text-anchor="middle"'),
    text(14, TOP - 8, 'GFLOP/s'),
  ];
}

/** min(peak, bandwidth · intensity), as a line. */
function roof(peak: number, bandwidth: number, name: string): string[] {
  const knee = peak / bandwidth;
  const start = Math.max(X[0], Y[0] / bandwidth);
  const points = [[start, start * bandwidth], [within(knee, X), Math.min(peak, knee * bandwidth)], [X[1], peak]] as const;
  const line = points.map(([x, y]) => `${at(across(x))} ${at(down(y))}`).join('L');
  return [`<path d="M${line}" stroke="currentColor" stroke-width="1.5" fill="none"/>`, text(across(start) + 6, down(start * bandwidth) - 6, name)];
}

/** The picture as SVG: a point per operator row, on the roofs of the measured peak and of copies in cache and beyond it. */
export function roofline(rows: ReadonlyMap<string, Row>, workloads: readonly Workload[], peak: number, bandwidths: Readonly<Record<string, number>>): string {
  const points = workloads.flatMap((workload) => {
    const [gflops, kind] = [rows.get(workload.id)?.gflops, KINDS[workload.kind]];
    if (!gflops || !kind || !workload.flops) return [];
    const [x, y] = [across(within(workload.flops / leastBytes(workload), X)), down(within(gflops, Y))];
    return [`<circle cx="${at(x)}" cy="${at(y)}" r="5" fill="${kind[1]}" fill-opacity="0.75"><title>${workload.id}: ${gflops} GFLOP/s</title></circle>`];
  });
  const legend = Object.values(KINDS).map(([name, colour], i) => `<circle cx="${LEFT + 24 + i * 150}" cy="${TOP + 14}" r="5" fill="${colour}"/>${text(LEFT + 34 + i * 150, TOP + 18, name)}`);
  const roofs = Object.entries(bandwidths).flatMap(([name, bandwidth]) => roof(peak, bandwidth, `${name}, ${bandwidth.toFixed(0)} GB/s`));
  const top = text(WIDTH - RIGHT - 6, down(peak) - 6, `peak of one thread, ${peak.toFixed(1)} GFLOP/s`, 'text-anchor="end"');
  const style = 'svg{color:#222;background:#fff;font:12px system-ui,sans-serif}text{fill:currentColor}@media(prefers-color-scheme:dark){svg{color:#ddd;background:#1b1b1b}}';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Roofline of the kernels"><style>${style}</style>\n${[...axes(), ...roofs, top, ...points, ...legend].join('\n')}\n</svg>\n`;
}
