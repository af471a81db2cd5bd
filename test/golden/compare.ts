import { show, type Shape } from '../../src/core/shape.js';
import type { GoldenCase, Tolerance, Value } from './cases.js';

/** Why a tensor does not count as reproduced. `excess` is error / tolerance, for finding the worst. */
export interface Difference {
  readonly excess: number;
  readonly message: string;
}

/** `[1, 0, 4]`: the position of a flat index. */
function position(index: number, shape: Shape): string {
  const at: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    at.unshift(index % shape[d]!);
    index = Math.floor(index / shape[d]!);
  }
  return show(at);
}

/** How far `x` is from `e`, in tolerances: at most 1 is within. NaN equals NaN, an infinity the same infinity. */
function excess(x: number, e: number, { atol, rtol }: Tolerance): number {
  if (x === e || (Number.isNaN(x) && Number.isNaN(e))) return 0;
  const error = Math.abs(x - e);
  const tolerance = atol + rtol * Math.abs(e);
  if (!Number.isFinite(error) || !Number.isFinite(e)) return Infinity;
  return error <= tolerance ? Math.min(1, error / tolerance) : Math.max(error / tolerance, 1 + Number.EPSILON);
}

/** The worst element beyond its tolerance, or null where every one is within. */
export function compareTensor(name: string, computed: Value | undefined, expected: Value, tolerance: Tolerance | undefined): Difference | null {
  const fails = (message: string): Difference => ({ excess: Infinity, message: `${name}: ${message}` });
  if (computed === undefined) return fails('was not computed');
  if (tolerance === undefined || !(tolerance.atol >= 0) || !(tolerance.rtol >= 0)) return fails('the index gives no tolerance for it');
  if (show(computed.shape) !== show(expected.shape)) return fails(`has shape ${show(computed.shape)}, expected ${show(expected.shape)}`);
  if (computed.data.length !== expected.data.length) return fails(`has ${computed.data.length} elements, expected ${expected.data.length}`);
  let worst = 0;
  let at = -1;
  for (let i = 0; i < expected.data.length; i++) {
    const by = excess(computed.data[i]!, expected.data[i]!, tolerance);
    if (by > Math.max(worst, 1)) [worst, at] = [by, i];
  }
  if (at < 0) return null;
  const [x, e] = [computed.data[at]!, expected.data[at]!];
  const allowed = tolerance.atol + tolerance.rtol * Math.abs(e);
  const where = expected.shape.length > 0 ? `${name}${position(at, expected.shape)}` : name;
  return { excess: worst, message: `${where} is ${x}, expected ${e} (error ${Math.abs(x - e).toPrecision(3)}, tolerance ${allowed.toPrecision(3)})` };
}

/** What must be reproduced: every name that the index expects or gives a tolerance for. */
const expectedNames = ({ expected, tolerance }: GoldenCase): string[] => [...new Set([...expected, ...Object.keys(tolerance)])];

/** The line that says why a case failed (its worst tensor first in line), or null where it passed. */
export function judge(golden: GoldenCase, stored: ReadonlyMap<string, Value>, computed: ReadonlyMap<string, Value>): string | null {
  const names = expectedNames(golden);
  if (names.length === 0) return 'the index expects nothing of this case';
  const differences = names.flatMap((name) => {
    const expected = stored.get(name);
    if (expected === undefined) return [{ excess: Infinity, message: `${name}: is missing from the file` }];
    return compareTensor(name, computed.get(name), expected, golden.tolerance[name]) ?? [];
  });
  if (differences.length === 0) return null;
  const worst = differences.reduce((a, b) => (b.excess > a.excess ? b : a));
  const others = differences.length - 1;
  return others === 0 ? worst.message : `${worst.message}; ${others} more of ${names.length} tensors`;
}
