import { Sums, product, type Exact, type Numbers } from './array.js';

const channelOf = (x: Numbers, weight: Numbers, i: number): number => {
  const c = weight.data.length;
  return c === 1 ? 0 : Math.floor(i / product(x.shape.slice(2))) % c;
};

/** y = x, or w[c] x where x is not above 0. */
export function preluForward(x: Numbers, weight: Numbers): Exact {
  const data = Float64Array.from(x.data, (v, i) => (v > 0 ? v : weight.data[channelOf(x, weight, i)]! * v));
  return { data, magnitude: data.map(Math.abs), shape: x.shape, terms: 1 };
}

export function preluBackward(x: Numbers, weight: Numbers, dy: Numbers): { input: Exact; weight: Exact } {
  const dw = new Sums(weight.shape);
  const data = Float64Array.from(x.data, (v, i) => {
    const c = channelOf(x, weight, i);
    if (!(v > 0)) dw.add(c, v * dy.data[i]!);
    return v > 0 ? dy.data[i]! : weight.data[c]! * dy.data[i]!;
  });
  return { input: { data, magnitude: data.map(Math.abs), shape: x.shape, terms: 1 }, weight: dw };
}
