import type { Init } from '../core/init.js';
import { AvgPool2d, BatchNorm2d, Conv2d, Graph, MaxPool2d, ReLU, Sequential, type Layer } from '../layers/index.js';

// What the Inception networks are made of: a convolution with batch normalisation and relu, and blocks of branches written as the papers' tables.

/** N(0, deviation²). */
export const normal = (deviation: number): Init => ({ kind: 'normal', deviation });

/** N(0, 2 / fanOut), fanOut = co·kh·kw: He et al. 2015, kaiming_normal with mode fan_out. */
export const heFanOut = (co: number, k: number): Init => normal(Math.sqrt(2 / (co * k * k)));

export const ZERO: Init = { kind: 'constant', value: 0 };

/** Convolution without bias, batch normalisation (eps 1e-3), relu. state_dict: conv, bn. */
export function convNorm(ci: number, co: number, kernel: readonly [number, number], stride: number, padding: readonly [number, number], init?: Init): Layer {
  const layers = { conv: new Conv2d(ci, co, kernel, { stride, padding, bias: false, ...(init && { init }) }), bn: new BatchNorm2d(co, { eps: 1e-3 }) };
  return new Graph(layers, (m, x, { apply }) => apply(new ReLU(), m.bn(m.conv(x))), 'BasicConv2d');
}

/** One step of a chain: a layer, or two side by side; `pool`: without parameters. */
interface Link {
  readonly layers: readonly Layer[];
  readonly channels: number;
  readonly pool: boolean;
}

const POOLS: Readonly<Record<string, () => Layer>> = {
  max: () => new MaxPool2d(3, { stride: 1, padding: 1 }),
  'max/2': () => new MaxPool2d(3, { stride: 2 }),
  avg: () => new AvgPool2d(3, { stride: 1, padding: 1 }),
  'avg-': () => new AvgPool2d(3, { stride: 1, padding: 1, countIncludePad: false }),
};

/**
 * The links of a chain such as '192 224:1x7 256:7x1v 320:3/2 max': a number is a 1x1 convolution to so many channels, `:3` or `:1x7` its kernel,
 * `/2` stride 2 and `v` stride 1, both without padding, where others keep the size; `:split` a 1x3 and a 3x1 convolution side by side;
 * max, max/2 and avg pools of 3x3, avg- one that leaves padding out of its means.
 */
export function chain(spec: string, ci: number, init?: Init): Link[] {
  return spec.split(' ').map((word) => {
    if (word in POOLS) return { layers: [POOLS[word]!()], channels: ci, pool: true };
    const [, co, size = '1', more] = /^(\d+)(?::(split|[\dx]+))?(\/2|v)?$/.exec(word)!;
    const channels = Number(co);
    const make = (kh: number, kw: number): Layer =>
      convNorm(ci, channels, [kh, kw], more === '/2' ? 2 : 1, more ? [0, 0] : [kh >> 1, kw >> 1], init);
    const [kh, kw = kh] = size.split('x').map(Number) as [number, number?];
    const layers = size === 'split' ? [make(1, 3), make(3, 1)] : [make(kh, kw)];
    ci = channels;
    return { layers, channels: channels * layers.length, pool: false };
  });
}

/** Names of the layers of branch `name`: itself where it is one convolution, else numbered from `first`, two side by side with a and b. */
function numbered(name: string, links: readonly Link[], first: number): [string, Layer][][] {
  let number = first;
  const alone = links.filter(({ pool }) => !pool).length === 1;
  return links.map(({ layers, pool }) => {
    const base = pool ? '' : alone ? name : `${name}_${number++}`;
    return layers.map((layer, i): [string, Layer] => [layers.length > 1 ? base + 'ab'[i]! : base, layer]);
  });
}

/**
 * Branches by name, each a chain of `x`, joined by channel. A branch is a Sequential, or where `flat` says so or one of its links splits, its
 * layers lie in the block itself, numbered from `flat`.
 */
export function branches(type: string, ci: number, specs: Readonly<Record<string, string>>, flat: number | null = null, init?: Init): { layer: Layer; channels: number } {
  const layers: Record<string, Layer> = {};
  let channels = 0;
  const steps = Object.entries(specs).map(([name, spec]): [string, Layer][][] => {
    const links = chain(spec, ci, init);
    channels += links.at(-1)!.channels;
    if (flat === null && !spec.includes('split')) {
      layers[name] = links.length > 1 ? new Sequential(links.map((link) => link.layers[0]!)) : links[0]!.layers[0]!;
      return [[[name, layers[name]]]];
    }
    const named = numbered(name, links, flat ?? 0);
    for (const [key, layer] of named.flat()) if (key !== '') layers[key] = layer;
    return named;
  });
  const layer = new Graph(layers, (m, x, { concat, apply }) => {
    const ends = steps.flatMap((links) => links.reduce((ys, link) => link.map(([name, one]) => (name === '' ? apply(one, ys[0]!) : m[name]!(ys[0]!))), [x]));
    return concat(...ends);
  }, type);
  return { layer, channels };
}
