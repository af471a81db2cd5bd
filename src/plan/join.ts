import { STORE } from '../../assembly/abi.js';
import { ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import type { Plan } from './plan.js';
import { channelsLastOrder, type Buffer, type PlanTensor, type ReceptiveField } from './tensor.js';

// Where branches meet: a sum, or channels one after another. Backward, a sum hands its gradient on to its terms, a concat parts it.

/** The tensors in one memory order: channels last where one of them is an image that lies so. */
function alike(p: Plan, xs: readonly PlanTensor[]): PlanTensor[] {
  return xs.map((x) => (x.shape.length > 1 ? p.channelsLast(x) : p.plain(x)));
}

/** The field of what looks through all of them. */
function widest(xs: readonly PlanTensor[]): ReceptiveField | null {
  return xs.map(({ field }) => field).reduce((a, b) => a && b && {
    height: Math.max(a.height, b.height), width: Math.max(a.width, b.width),
    stepHeight: Math.max(a.stepHeight, b.stepHeight), stepWidth: Math.max(a.stepWidth, b.stepWidth),
  });
}

/** y = a + b + …, all of one shape. */
export function planAdd(p: Plan, terms: readonly PlanTensor[]): PlanTensor {
  const shapes = terms.map(({ shape }) => show(shape));
  if (shapes.some((shape) => shape !== shapes[0])) throw new ShapeError(`${p.path}: the terms of a sum are ${shapes.join(' and ')}, expected one shape`);
  return alike(p, terms).reduce((x, z) => {
    const length = elements(x.shape);
    const y = p.activation(x.shape, x, { field: widest([x, z]), replaces: x, name: 'sum' });
    p.step('add', { x, z, y, length });
    p.onBackward(y, (dy) => handOn(p, [x, z], dy, { length, watched: y.buffer.kept }));
    return y;
  });
}

/** d term += dy for each. The last one that has no gradient yet takes dy itself: nobody needs it afterwards, unless it is watched. */
function handOn(p: Plan, terms: readonly PlanTensor[], dy: Buffer, { length, watched }: { length: number; watched: boolean }): void {
  const needy = terms.filter((term) => p.needsGradient(term));
  const heir = dy.role === 'activation' && !watched ? needy.filter((term) => !p.gradientOf(term)).at(-1) : undefined;
  for (const term of needy) {
    if (term === heir) continue;
    const { dx, accumulate } = p.gradInto(term);
    p.step('add', { x: dy, z: accumulate === STORE ? null : dx, y: dx, length });
  }
  if (heir && !p.gradientOf(heir)) p.seedGradient(heir, dy);
  else if (heir) p.step('add', { x: dy, z: p.gradientOf(heir)!, y: p.gradientOf(heir)!, length });
}

/** The channels of all of them, [Σ c, ...]; `zeros` more are added at the end. */
export function planConcat(p: Plan, parts: readonly PlanTensor[], zeros = 0): PlanTensor {
  const [first] = parts as [PlanTensor];
  if (parts.length === 1 && zeros === 0) return first;
  const rest = first.shape.slice(1);
  for (const { shape } of parts) {
    if (show(shape.slice(1)) !== show(rest)) throw new ShapeError(`${p.path}: the parts of a concat are ${parts.map((x) => show(x.shape)).join(' and ')}, expected the same sizes behind the channels`);
  }
  const xs = alike(p, parts);
  const shape = [parts.reduce((sum, x) => sum + x.shape[0]!, zeros), ...rest];
  const y = p.activation(shape, first, { order: shape.length > 1 ? channelsLastOrder(shape) : null, field: widest(parts), name: 'concat' });
  const rows = elements(rest);
  let at = 0;
  for (const x of [...xs, ...(zeros ? [null] : [])]) {
    const columns = x ? x.shape[0]! : zeros;
    const from = at;
    p.step('copyColumns', { x, y, rows, columns, xRow: columns, xFrom: 0, yRow: shape[0]!, yFrom: from, accumulate: STORE });
    if (x) p.onBackward(y, (dy) => partGradient(p, x, dy, { rows, columns, xRow: shape[0]!, xFrom: from }));
    at += columns;
  }
  return y;
}

/** The part's columns of dy. */
function partGradient(p: Plan, part: PlanTensor, dy: Buffer, from: { rows: number; columns: number; xRow: number; xFrom: number }): void {
  if (!p.needsGradient(part)) return;
  const { dx: y, accumulate } = p.gradInto(part);
  p.step('copyColumns', { x: dy, y, ...from, yRow: from.columns, yFrom: 0, accumulate });
}
