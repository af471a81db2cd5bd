import { describe, expect, test } from 'vitest';
import { planNetwork } from '../../src/blueprint.js';
import { BatchNorm2d, Concat, Conv2d, Dropout, Flatten, Hardtanh, LeakyReLU, Linear, MaxPool2d, ReLU, ReLU6, Residual, Sequential, Tanh, type Layer } from '../../src/layers/index.js';
import { basicBlock, bottleneck, resnet50 } from '../../src/models/resnet.js';
import type { CompileOptions } from '../../src/index.js';
import { Summary } from '../../src/summary.js';
import { numbers } from '../support/networks.js';
import { simulated } from '../support/simulated.js';

// Predicting passes over memory as seldom as it can, with the bits of the layers one by one.

const chain = (...layers: Layer[]): Layer => new Sequential(layers);
const conv = (ci: number, co: number, k = 1, more = {}): Layer => new Conv2d(ci, co, k, { padding: k >> 1, bias: false, ...more });
const relu = () => new ReLU();

/** The steps of predicting: each op with the parts of its epilogue, and its columns where it shares y with others. */
function stepsOf(model: Layer, more: Partial<CompileOptions> = {}): string[] {
  const { plan, all } = planNetwork(model, { input: [8, 6, 6], ...more }).predict;
  return plan.steps.slice(all.first, all.last).filter(({ op }) => op !== 'transpose').map(({ op, fields }) => {
    const parts = ['statistics', 'addend', 'clamp'].filter((name) => 'clamp' in fields && fields[name]);
    const shared = 'yRow' in fields && fields['yRow'] !== (fields['co'] ?? fields['c'] ?? fields['columns']);
    return [op.replace('Forward', ''), ...parts, ...(shared ? [`columns ${String(fields['yFrom'])}`] : [])].join(' ');
  });
}

const cases: Record<string, [Layer, string[]]> = {
  'convolution, norm, relu': [chain(conv(8, 4, 3), new BatchNorm2d(4), relu()), ['conv2d statistics clamp']],
  'dense layer and relu': [chain(new Flatten(), new Linear(288, 4), relu()), ['linear clamp']],
  'norm after norm stays': [chain(conv(8, 4), new BatchNorm2d(4), new BatchNorm2d(4)), ['linear statistics', 'channelNorm']],
  'a norm by the images themselves stays': [chain(conv(8, 4), new BatchNorm2d(4, { trackRunningStats: false })), ['linear', 'channelNormStatistics', 'channelNorm']],
  'other activations follow in place': [chain(conv(8, 4), new Tanh(), conv(4, 4), new LeakyReLU()), ['linear', 'activation', 'linear', 'activation']],
  'hardtanh, dropout between': [chain(conv(8, 4), new Dropout(), new Hardtanh(-2, 3)), ['linear clamp']],
  'what follows relu stays': [chain(conv(8, 8), relu(), new BatchNorm2d(8)), ['linear clamp', 'channelNorm']],
  'depthwise, norm, relu6': [chain(conv(8, 8, 3, { groups: 8 }), new BatchNorm2d(8), new ReLU6()), ['depthwise2d statistics clamp']],
  'an output that is read twice stays': [new Residual(chain(conv(8, 8), new Residual(relu()))), ['linear', 'activation', 'add', 'add']],
  'basic block': [basicBlock(8, 8), ['conv2d statistics clamp', 'conv2d statistics addend clamp']],
  'bottleneck with a convolution as shortcut': [bottleneck(8, 2, { stride: 2 }), ['linear statistics clamp', 'conv2d statistics clamp', 'conv2d statistics', 'linear statistics addend clamp']],
  'basic block by tiles': [chain(conv(8, 16), basicBlock(16, 16)), ['linear', 'winograd statistics clamp', 'winograd statistics addend clamp']],
  'concat of branches': [
    new Concat([chain(conv(8, 4), new BatchNorm2d(4), relu()), new MaxPool2d(3, { stride: 1, padding: 1 }), chain(conv(8, 2), new Concat([conv(2, 3, 3), conv(2, 5)]))]),
    ['linear statistics clamp columns 0', 'maxPool2d columns 4', 'linear', 'conv2d columns 12', 'linear columns 15'],
  ],
  'a branch that is the input is copied': [new Concat([conv(8, 4), new Dropout()]), ['linear columns 0', 'copyColumns columns 4']],
  'a sum in a concat is copied': [new Concat([new Residual(conv(8, 8)), conv(8, 4)]), ['linear addend', 'linear columns 8', 'copyColumns columns 0']],
};

describe('fusion', () => {
  test.each(Object.entries(cases))('%s', (_, [model, want]) => {
    expect(stepsOf(model).sort()).toEqual([...want].sort());
  });

  test('of nothing with fuse: false', () => {
    expect(stepsOf(basicBlock(8, 8), { fuse: false })).toEqual(['conv2d', 'channelNorm', 'activation', 'conv2d', 'channelNorm', 'add', 'activation']);
  });

  test('takes ResNet-50 at 224x224 to 57 steps and at most 12 MB beside its weights, without those of Winograd\'s transforms', () => {
    const blueprint = planNetwork(resnet50(), { input: [3, 224, 224], winograd: false });
    const { all } = blueprint.predict;
    const { memory } = new Summary(blueprint);
    expect(all.last - all.first).toBe(57);
    expect(memory.derived + memory.activations).toBeLessThan(12e6);
  });
});

// Tiles, their edges and single rows; one block of terms and several; groups; both depthwise kernels.
const shapes = [
  ...[1, 3, 4, 7, 8, 9, 24, 33].flatMap((co) => [{ ci: 5, co, k: 1 }, { ci: 3, co, k: 3 }, { ci: 45, co, k: 3, stride: 2 }]),
  { ci: 6, co: 9, k: 3, groups: 3 }, { ci: 400, co: 26, k: 1 }, { ci: 400, co: 26, k: 2, size: 2, pad: 0 }, { ci: 30, co: 50, k: 1, size: 1 },
  ...[3, 8, 13].flatMap((c) => [{ ci: c, co: c, k: 3, groups: c }, { ci: c, co: c, k: 3, groups: c, stride: 2 }, { ci: c, co: c, k: 2, groups: c }]),
];

describe.each(shapes)('$ci to $co channels, kernel $k, $groups groups, stride $stride', ({ ci, co, k, groups = 1, stride = 1, size = 6, pad = k >> 1 }: { ci: number; co: number; k: number; groups?: number; stride?: number; size?: number; pad?: number }) => {
  const product = (bias: boolean): Layer => new Conv2d(ci, co, k, { groups, stride, padding: pad, bias });
  const models: Record<string, () => Layer> = {
    'norm and relu': () => chain(product(false), new BatchNorm2d(co), relu()),
    'bias, norm and sum': () => new Residual(chain(product(true), new BatchNorm2d(co)), product(false)),
    'sum and limits': () => chain(new Residual(product(true), new Conv2d(ci, co, k, { groups, stride, padding: pad })), new Hardtanh(-0.2, 0.3)),
    'columns': () => new Concat([chain(product(true), new BatchNorm2d(co), relu()), chain(product(false), new ReLU6()), product(true)]),
  };

  test.each(Object.entries(models))('%s: the bits of the layers one by one, for 1 to 3 workers', (_, model) => {
    const images = numbers(2 * ci * size * size, 5);
    const nets = [{ fuse: false }, { workers: 1 }, { workers: 2 }, { workers: 3 }].map((more) => simulated(model(), { input: [ci, size, size], batchSize: 2, ...more }));
    const [want, ...got] = nets.map((net) => {
      net.stateDict.forEach(({ shape, dtype, write, name }, i) => {
        if (dtype !== 'I64') write(numbers(shape.reduce((a, b) => a * b, 1), i + 1).map((x) => (name.endsWith('var') ? Math.abs(x) + 0.1 : x)));
      });
      return net.predictSync(images).data;
    });
    expect(want!.some((x) => x !== 0)).toBe(true);
    for (const one of got) expect(one).toEqual(want);
  });
});
