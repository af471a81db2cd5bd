import { elements, type Shape, type Tensor } from './shape.js';

/** x repeated to `shape` by NumPy's rule (last axes aligned, an axis of 1 repeats), or null where it does not broadcast. */
export function broadcast(x: Tensor, shape: Shape): Float32Array | null {
  const lead = shape.length - x.shape.length;
  if (lead < 0 || x.shape.some((size, axis) => size !== 1 && size !== shape[lead + axis])) return null;
  const result = new Float32Array(elements(shape));
  for (let i = 0; i < result.length; i++) {
    let [rest, step, from] = [i, 1, 0];
    for (let axis = shape.length - 1; axis >= lead; axis--) {
      const size = x.shape[axis - lead]!;
      if (size > 1) from += (rest % shape[axis]!) * step;
      rest = Math.floor(rest / shape[axis]!);
      step *= size;
    }
    result[i] = x.data[from]!;
  }
  return result;
}
