import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sampled, type Case } from '../../bench/case.js';
import { lacking } from '../../bench/graph.js';
import { rangesFor } from '../../bench/kernel.js';
import { LAYERS } from '../../bench/layerops.js';
import { SHORT } from '../../bench/measure.js';
import { Bench, checkStep, inferCase, trainCase } from '../../bench/networks.js';
import { operatorCase } from '../../bench/ops.js';
import { mismatch } from '../../bench/reference.js';
import { caseRow } from '../../bench/row.js';
import { choose, endCrews } from '../../bench/runner.js';
import { readWorkloads, type Workload } from '../../bench/workloads.js';
import { Buffer } from '../../src/plan/tensor.js';

const list = readWorkloads(new URL('../../bench/workloads.json', import.meta.url));
const setting = { peakGflops: 40, workers: 1, build: 'simd', refused: null };
const timing = { ...SHORT, warmUpMs: 1, budgetMs: 1, mostMs: 5 };

const small: Readonly<Record<string, Workload>> = {
  gemm: { id: 'gemm', kind: 'gemm', M: 13, N: 9, K: 17 },
  conv: { id: 'conv', kind: 'conv', N: 2, C: 3, H: 9, W: 8, K: 5, R: 3, S: 3, stride: 2, pad: 1, groups: 1 },
  depthwise: { id: 'depthwise', kind: 'conv', N: 2, C: 6, H: 9, W: 8, K: 6, R: 3, S: 3, stride: 1, pad: 1, groups: 6 },
  maxpool: { id: 'maxpool', kind: 'maxpool', N: 2, C: 6, H: 9, W: 8, R: 3, S: 3, stride: 2, pad: 1 },
};

const image = { N: 2, C: 6, H: 8, W: 6 };
const elementwise: Workload[] = [
  ...['relu', 'tanh', 'sigmoid', 'softmax', 'scale', 'avgpool'].flatMap((op) => ['forward', 'backward'].map((pass) => ({ id: `${op} ${pass}`, kind: 'elementwise', op, pass, ...image }))),
  ...['weight', 'bias'].map((pass) => ({ id: `scale ${pass}`, kind: 'elementwise', op: 'scale', pass, ...image })),
  ...['add', 'multiply', 'transpose', 'sum', 'sgd', 'adam', 'rmsprop', 'adagrad', 'clip_norm', 'clip_value'].map((op) => ({ id: op, kind: 'elementwise', op, ...image })),
];

const layered = [...Object.entries(LAYERS).flatMap(([op, { sequence, terms }]) => {
  const sizes = sequence ? { N: 2, C: 8, W: 10 } : { N: 2, C: 8, H: 9, W: 10 };
  const passes = ['forward', 'backward', ...(terms || /prelu|batch_norm|layer_norm|group_norm/.test(op) ? ['weight'] : [])];
  return passes.map((pass) => ({ id: `${op} ${pass}`, kind: 'layer', op, pass, ...sizes, K: 4, R: 4, stride: 2, pad: 1 }));
}), ...['dropout', 'dropout2d'].flatMap((op) => ['forward', 'backward'].map((pass) => ({ id: `${op} ${pass}`, kind: 'layer', op, pass, N: 2, C: 80, H: 9, W: 10 })))];
const losses = ['cross_entropy', 'nll', 'rbf', 'mse', 'l1', 'smooth_l1', 'huber', 'bce'].flatMap((op) => ['forward', 'backward'].map((pass) => ({ id: `${op} ${pass}`, kind: 'loss', op, pass, N: 3, C: 7 })));
losses.push(...['forward', 'backward'].map((pass) => ({ id: `per pixel ${pass}`, kind: 'loss', op: 'cross_entropy', pass, N: 2, C: 5, H: 3, W: 4 })));

const withGradients = [small['conv']!, small['depthwise']!].flatMap((one) => ['conv_grad_input', 'conv_grad_weight'].map((kind) => ({ ...one, id: `${one.id} ${kind}`, kind })));
const all = [...Object.values(small), ...withGradients, { ...small['maxpool']!, id: 'maxpool both', kind: 'maxpool_fwd_bwd' }, ...elementwise, ...layered, ...losses];

describe('every kind of row', () => {
  test.each(all)('$id: the first result agrees with float64', (workload) => {
    const one = operatorCase(workload);
    one.run();
    expect(one.check()).toBe(null);
  });

  test.each(all)('$id: a result that was not computed is refused', (workload) => {
    expect(operatorCase({ ...workload }).check()).toMatch(/is .*, expected/);
  });
});

/** A case whose result is right but for one element. */
function broken(): Case {
  const got = Float32Array.from({ length: 8 }, (_, i) => i);
  return { id: 'broken', flops: 8, bytes: 0, run: () => {}, check: sampled(() => ({ name: 'y', got, expected: (i) => ({ value: i === 5 ? 5.01 : i, magnitude: i }), tolerance: 1e-5 })) };
}

describe('wrong results', () => {
  test('make a row without figures', async () => {
    const row = await caseRow('broken', 'ops', broken, setting, timing);
    expect(row).toMatchObject({ id: 'broken', wrong: true, medianMs: null, error: expect.stringContaining('wrong result: y[5] is 5, expected 5.01') });
  });

  test('NaN anywhere is wrong, sampled or not', () => {
    const got = Float32Array.of(0, NaN, 0);
    expect(mismatch({ name: 'y', got, expected: () => ({ value: 0, magnitude: 1 }), tolerance: 1 }, [0])).toBe('y[1] is NaN');
  });

  const train = list.workloads.find(({ id }) => id === 'train_lenet5_published_b1')!;

  test('of a training step: loss and gradients', () => {
    const bench = new Bench(train, list);
    bench.step();
    expect(checkStep(bench)).toBe(null);
    bench.step();
    expect(checkStep(bench, () => 99)).toMatch(/^loss is .*, expected 99$/);
    bench.step();
    const loss = bench.network.engine.floats(bench.blueprint.train!.lossTensors!.loss.address, 1)[0]!;
    expect(checkStep(bench, () => loss)).toMatch(/^d conv1.weight\[\d+\] is .*, expected 0$/);
  });

  test('of a network that predicts', () => {
    const one = inferCase({ ...train, kind: 'infer' }, list);
    one.run();
    expect(one.check()).toBe(null);
    expect(inferCase({ ...train, kind: 'infer' }, list).check()).toMatch(/^output\[0\] is 0, expected/);
  });
});

describe('a network of branches', () => {
  const size = { C: 6, H: 4, W: 4 };
  const conv = (at: number, cin: number, more: object = {}) => ({ op: 'conv', in: [at], cin, K: 6, R: 3, stride: 1, pad: 1, relu: true, bn: true, ...size, ...more });
  const nodes = [
    { op: 'input', C: 2, H: 4, W: 4 }, conv(0, 2), conv(1, 6, { relu: false }), { op: 'add', in: [2, 1], relu: true, ...size },
    { op: 'maxpool', in: [3], R: 3, stride: 1, pad: 1, ...size }, { op: 'concat', in: [4, 3, 1], ...size, C: 18 },
    { op: 'gap', in: [5], C: 18, H: 1, W: 1 }, { op: 'fc', in: [6], cin: 18, K: 5, relu: false, C: 5, H: 1, W: 1 },
  ];
  const branched = { workloads: [], nets: { branched: nodes } };
  const workload = { id: 'branched', kind: 'infer', net: 'branched', N: 3 };

  test('predicts what float64 does', () => {
    const one = inferCase(workload, branched);
    one.run();
    expect(one.check()).toBe(null);
  });

  test('has the loss and gradients of float64, batch norm included', () => {
    const bench = new Bench({ ...workload, kind: 'train' }, branched);
    bench.step();
    expect(checkStep(bench)).toBe(null);
    bench.step();
    expect(checkStep(bench, () => 99)).toMatch(/^loss is .*, expected 99$/);
  });
});

describe('what cannot be built', () => {
  test('a node is named', () => {
    const input = { op: 'input', C: 1, H: 2, W: 2 };
    expect(lacking([input, { op: 'warp', in: [0] }])).toBe('node 1 warp: this version has no such layer');
    expect(lacking([input, { op: 'tanh', in: [1] }])).toBe('node 1 tanh: reads node 1, expected one node before it');
    expect(lacking([input, { op: 'tanh', in: [0, 0] }])).toBe('node 1 tanh: reads node 0,0, expected one node before it');
    for (const nodes of Object.values(list.nets)) expect(lacking(nodes)).toBe(null);
  });

  test('a build that cannot run here makes rows that say why', async () => {
    const refused = await choose('relaxed', 2);
    expect(refused).toBe('build relaxed: it takes one worker');
    expect((await caseRow('x', 'ops', broken, { ...setting, refused }, timing)).error).toBe(refused);
  });
});

describe('two workers', () => {
  beforeAll(async () => expect(await choose('simd', 2)).toBe(null));
  afterAll(() => choose('simd', 1));
  afterEach(endCrews);

  test.each([small['conv']!, withGradients[1]!, { ...small['maxpool']!, id: 'maxpool both', kind: 'maxpool_fwd_bwd' }])('$id: the first result agrees with float64', async (workload) => {
    const one = operatorCase(workload);
    await one.run();
    expect(one.check()).toBe(null);
  });

  test('a network predicts and trains', async () => {
    const train = list.workloads.find(({ id }) => id === 'train_lenet5_published_b1')!;
    const row = await caseRow('train', 'training', () => trainCase(train, list), { ...setting, workers: 2 }, timing);
    expect(row).toMatchObject({ medianMs: expect.any(Number), imagesPerSecond: expect.any(Number) });
    const predicting = inferCase({ ...train, kind: 'infer' }, list);
    await predicting.run();
    expect(predicting.check()).toBe(null);
  });
});

test('only the steps that a gradient needs are timed', () => {
  const [x, dy, dx, db] = ['x', 'dy', 'dx', 'db'].map((name) => new Buffer(name, 'activation', 4)) as [Buffer, Buffer, Buffer, Buffer];
  const step = (op: 'biasBackward' | 'activationBackward', fields: Record<string, number | Buffer>) => ({ op, layer: '', fields });
  const steps = [
    step('activationBackward', { y: x, dy: x, dx: dy, length: 4, kind: 0, accumulate: 0 }),
    step('biasBackward', { dy, db, rows: 1, c: 4, accumulate: 0 }),
    step('activationBackward', { y: x, dy, dx, length: 4, kind: 0, accumulate: 0 }),
  ];
  expect(rangesFor(steps, { first: 0, last: 3 }, dx)).toEqual([{ first: 0, last: 1 }, { first: 2, last: 3 }]);
  expect(rangesFor(steps, { first: 0, last: 3 }, db)).toEqual([{ first: 0, last: 2 }]);
});
