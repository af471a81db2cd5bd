import { elements, type Shape, type Tensor } from './shape.js';

// NumPy's rule: last axes aligned, an axis of 1 repeats.

/** For every element of `to`, which element of `shape` it repeats; null where `shape` does not broadcast to it. */
function sources(shape: Shape, to: Shape): Int32Array | null {
  const lead = to.length - shape.length;
  if (lead < 0 || shape.some((size, axis) => size !== 1 && size !== to[lead + axis])) return null;
  return Int32Array.from({ length: elements(to) }, (_, i) => {
    let [rest, step, from] = [i, 1, 0];
    for (let axis = to.length - 1; axis >= lead; axis--) {
      const size = shape[axis - lead]!;
      if (size > 1) from += (rest % to[axis]!) * step;
      rest = Math.floor(rest / to[axis]!);
      step *= size;
    }
    return from;
  });
}

/** x repeated to `shape`, or null where it does not broadcast. */
export function broadcast(x: Tensor, shape: Shape): Float32Array | null {
  const from = sources(x.shape, shape);
  return from && Float32Array.from(from, (source) => x.data[source]!);
}

/** The shape that both broadcast to, or null where they do not. */
export function broadcastShape(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const [x, y] = [a, b].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]) as [number[], number[]];
  const fits = x.every((size, axis) => size === y[axis] || size === 1 || y[axis] === 1);
  return fits ? x.map((size, axis) => (size === 1 ? y[axis]! : size)) : null;
}

/** The gradient of `broadcast`: what x [shape] was repeated to adds up, in float64. */
export function sumTo(wide: Tensor, shape: Shape): Tensor {
  const sums = new Float64Array(elements(shape));
  sources(shape, wide.shape)!.forEach((source, i) => {
    sums[source]! += wide.data[i]!;
  });
  return { data: Float32Array.from(sums), shape };
}
