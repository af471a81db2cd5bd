import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY } from '../../assembly/abi.js';
import type { ConvGeometry, Passes } from './convolution.js';
import { plainEpilogue } from './epilogue.js';
import type { Plan } from './plan.js';
import type { Buffer, Parameter } from './tensor.js';

// The steps of a 3x3 convolution with stride 1 by Winograd's transforms, and the memory that its kernels lay out for themselves.

const LINE_BYTES = 256;
/** Bytes of transformed weights, and of transformed tiles, that stay in cache beside one another. */
const WEIGHT_BYTES = 2.5e6;
const TILE_BYTES = 5e6;
/** Tiles whose weight gradients are added up before they join the total. */
const GRADIENT_TILES = 128;
/** Output channels whose products by tiles are kept until they are transformed back. */
const GRADIENT_COLUMNS = 16;

/** Bytes rounded up to an odd number of cache lines (oddLines in winogradtiles.ts). */
const oddLines = (bytes: number): number => ((bytes + 63) >> 6 | 1) << 6;
const panels = (channels: number): number => Math.ceil(channels / PANEL) * PANEL;

/** A convolution as its kernels see it, m x m outputs to a tile; the input gradient is one of dy. */
interface Sizes {
  readonly m: number;
  readonly ci: number;
  readonly hi: number;
  readonly wi: number;
  readonly co: number;
  readonly ho: number;
  readonly wo: number;
  readonly padTop: number;
  readonly padLeft: number;
}

const pointsOf = ({ m }: Sizes): number => (m + 2) ** 2;
const tilesOf = ({ m, ho, wo }: Sizes): number => Math.ceil(ho / m) * Math.ceil(wo / m);
const planesBytes = (s: Sizes, rows: number, columns: number): number => pointsOf(s) * oddLines(rows * oddLines(columns * 4));
const weightsBytes = (s: Sizes, columns: number): number => pointsOf(s) * oddLines(columns * s.ci * 4);
const headBytes = (s: Sizes): number => PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY + 256 + LINE_BYTES + pointsOf(s) * LINE_BYTES + 64;

/** Output channels and tiles of a block; neither enters the result. Either all weights stay in cache while the tiles pass, or many tiles while the weights do. */
function blocksOf(s: Sizes): { blockColumns: number; blockTiles: number } {
  const fit = Math.floor(WEIGHT_BYTES / (pointsOf(s) * 4 * s.ci) / PANEL) * PANEL;
  const blockColumns = Math.min(panels(s.co), Math.max(32, fit));
  const blockTiles = blockColumns < s.co ? Math.max(16, Math.floor(TILE_BYTES / (pointsOf(s) * 4 * s.ci))) : 48;
  return { blockColumns, blockTiles };
}

export function winogradPasses(p: Plan, g: ConvGeometry, w: Parameter, m: number): Passes {
  const { ci, hi, wi, co, ho, wo, padTop, padLeft } = g;
  const straight: Sizes = { m, ci, hi, wi, co, ho, wo, padTop, padLeft };
  const turned: Sizes = { m, ci: co, hi: ho, wi: wo, co: ci, ho: hi, wo: wi, padTop: 2 - padTop, padLeft: 2 - padLeft };
  return {
    forward: (x, b, y, accumulate) => planForward(p, straight, { x, w, b, y, turned: 0, accumulate }),
    backwardWeight: (x, dy, gradient) => planBackwardWeight(p, straight, { x, dy, ...gradient }),
    backwardInput: (dy, b, { dx, accumulate }) => planForward(p, turned, { x: dy, w, b, y: dx, turned: 1, accumulate }),
  };
}

type Fields = Parameters<Plan['step']>[1];

/** Predicting keeps the transformed weights until the weights change; a training step transforms a block of them beside its products. */
function planForward(p: Plan, s: Sizes, { w, turned, ...fields }: Fields & { w: Parameter; turned: number }): void {
  const blocks = blocksOf(s), { blockColumns, blockTiles } = blocks;
  const count = Math.ceil(s.co / blockColumns) * weightsBytes(s, blockColumns) / 4, turnedBytes = turned ? 9 * s.ci * PANEL * 4 : 0;
  const transform = (u: Buffer): void => p.step('winogradWeights', { ...s, ...blocks, w, u, turned, ...p.scratch(headBytes(s) + turnedBytes) });
  const u = p.differentiates ? null : p.prepared(`${w.name} by tiles of ${s.m}${turned ? ', turned' : ''}`, count, transform);
  const tiles = Math.min(blockTiles, p.batchSize * tilesOf(s));
  const bytes = headBytes(s) + planesBytes(s, tiles, s.ci) + planesBytes(s, tiles, blockColumns) + (u ? 0 : weightsBytes(s, blockColumns) + turnedBytes);
  p.step('winogradForward', { ...s, ...blocks, w: u ? null : w, u, turned, ...fields, ...plainEpilogue(s.co), ...p.scratch(bytes) });
}

function planBackwardWeight(p: Plan, s: Sizes, fields: Fields): void {
  const tiles = Math.min(GRADIENT_TILES, p.batchSize * tilesOf(s));
  const columns = Math.ceil(panels(s.co) / PANEL / p.workers) * PANEL, blockColumns = Math.min(columns, GRADIENT_COLUMNS);
  const bytes = headBytes(s) + planesBytes(s, tiles, s.ci) + planesBytes(s, tiles, columns) + weightsBytes(s, blockColumns);
  p.step('winogradBackwardWeight', { ...s, blockTiles: GRADIENT_TILES, blockColumns, ...fields, ...p.scratch(bytes) });
}
