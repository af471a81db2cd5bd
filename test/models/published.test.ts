import { describe, expect, test } from 'vitest';
import { planNetwork } from '../../src/blueprint.js';
import { OptionError } from '../../src/core/errors.js';
import { losses, models } from '../../src/index.js';
import type { Layer } from '../../src/layers/index.js';

// What each network consists of, beside the figures published for it.

const photo = [3, 224, 224];
const small = [3, 32, 32];
const wide = [3, 299, 299];

/** parameters, and multiply-accumulates of one image: exact where the source counts them, else rounded to the digits it gives. */
type Row = readonly [name: string, model: () => Layer, input: readonly number[], parameters: number, macs: number, digits: number, source: string];

const TORCHVISION = 'torchvision.models documentation: num_params, GFLOPS';
const PAPER = 'He et al. 2016, table 6: million parameters (work: sums of the layers of section 4.2)';
const rows: readonly Row[] = [
  ['lenet5', () => models.lenet5(), [1, 32, 32], 61_706, 416_520, 0, 'LeCun et al. 1998, II.B, with all maps of C3 connected and plain sub-sampling'],
  ['alexnet', () => models.alexnet(), photo, 61_100_840, 0.71e9, 2, TORCHVISION],
  ['alexnet of 2012', () => models.alexnet({ groups: 2, lrn: true }), photo, 60_965_224, 0.72e9, 2, 'BVLC reference AlexNet: 60,965,224 parameters, 0.72 G multiply-accumulates'],
  ['vgg11', () => models.vgg11(), photo, 132_863_336, 7.61e9, 3, TORCHVISION],
  ['vgg16', () => models.vgg16(), photo, 138_357_544, 15.47e9, 4, TORCHVISION],
  ['googlenet', () => models.googlenet(), photo, 6_624_904, 1.5e9, 2, TORCHVISION],
  ['inceptionV3', () => models.inceptionV3(), wide, 23_834_568, 5.71e9, 3, `${TORCHVISION}, less the auxiliary head's 3,326,696`],
  ['inceptionV4', () => models.inceptionV4(), wide, 42_679_816, 12.3e9, 3, 'timm, inception_v4: 42.68 M parameters, 12.28 G'],
  ['squeezenet1_1', () => models.squeezenet1_1(), photo, 1_235_496, 0.35e9, 2, TORCHVISION],
  ['mobilenetV2', () => models.mobilenetV2(), photo, 3_504_872, 0.3e9, 2, TORCHVISION],
  ['resnet18', () => models.resnet18(), photo, 11_689_512, 1.81e9, 3, TORCHVISION],
  ['resnet34', () => models.resnet34(), photo, 21_797_672, 3.66e9, 3, TORCHVISION],
  ['resnet50', () => models.resnet50(), photo, 25_557_032, 4.09e9, 3, TORCHVISION],
  ['resnet101', () => models.resnet101(), photo, 44_549_160, 7.8e9, 3, TORCHVISION],
  ['resnet152', () => models.resnet152(), photo, 60_192_808, 11.51e9, 4, TORCHVISION],
  ['resnet20', () => models.resnet20(), small, 0.27e6, 0.041e9, 2, PAPER],
  ['resnet32', () => models.resnet32(), small, 0.46e6, 0.069e9, 2, PAPER],
  ['resnet44', () => models.resnet44(), small, 0.66e6, 0.097e9, 2, PAPER],
  ['resnet56', () => models.resnet56(), small, 0.85e6, 0.125e9, 3, PAPER],
  ['resnet110', () => models.resnet110(), small, 1.7e6, 0.25e9, 2, PAPER],
];

const rounded = (value: number, digits: number): number => (digits === 0 ? value : Number(value.toPrecision(digits)));

describe.each(rows)('%s', (_name, model, input, parameters, macs, digits, source) => {
  test(`parameters and work as published: ${source}`, () => {
    const { predict } = planNetwork(model(), { input });
    const [whole] = predict.plan.layers;
    expect(rounded(whole!.parameters, parameters % 1000 === 0 ? 2 : 0)).toBe(parameters);
    expect(rounded(whole!.macs, digits)).toBe(macs);
  });

  test('other classes and channels change the first and the last layer', () => {
    if (input.length !== 3) return;
    const build = (models as unknown as Record<string, (options: object) => Layer>)[_name.split(' ')[0]!]!;
    const { predict, store } = planNetwork(build({ classes: 7, inChannels: 2 }), { input: [2, ...input.slice(1)] });
    expect(predict.output.shape).toEqual([7]);
    expect([...store.parameters.values()][0]!.shape[1]).toBe(2);
    expect(() => build({ classes: 0 })).toThrow(OptionError);
    expect(() => build({ nonsense: 1 })).toThrow(OptionError);
  });
});

describe('auxiliary heads', () => {
  test.each([
    ['googlenet', models.googlenet, photo, 13_004_888, ['aux1', 'aux2'], 0.3],
    ['inceptionV3', models.inceptionV3, wide, 27_161_264, ['AuxLogits'], 0.4],
  ] as const)('of %s are there while training', (_, build, input, parameters, names, weight) => {
    const training = planNetwork(build(), { input, batchSize: 2, loss: losses.crossEntropy() });
    expect(training.train!.plan.layers[0]!.parameters).toBe(parameters);
    expect(training.train!.plan.auxiliary.map((one) => one.name)).toEqual(names);
    expect(training.train!.losses.slice(1).map((one) => one.weight)).toEqual(names.map(() => weight));
    expect(planNetwork(build({ auxLogits: false }), { input, batchSize: 2, loss: losses.crossEntropy() }).train!.plan.auxiliary).toEqual([]);
  });
});

test('blocks of Inception-ResNet-v2 keep their shape', () => {
  const blocks = [[models.inceptionResnetA(), [320, 35, 35], 123_168], [models.inceptionResnetB(), [1088, 17, 17], 1_126_784], [models.inceptionResnetC(), [2080, 8, 8], 2_035_424]] as const;
  for (const [block, input, parameters] of blocks) {
    const { predict, store } = planNetwork(block, { input });
    expect(predict.output.shape).toEqual(input);
    expect(predict.plan.layers[0]!.parameters).toBe(parameters);
    expect(store.saved.map(({ name }) => name)).toContain('branch1.0.conv.weight');
    expect(store.saved.at(-1)!.name).toBe('conv2d.bias');
  }
});

test('Inception v4 has timm names', () => {
  const names = planNetwork(models.inceptionV4(), { input: wide }).store.saved.map(({ name }) => name);
  expect(names).toHaveLength(896);
  for (const name of ['features.0.conv.weight', 'features.3.conv.bn.running_var', 'features.4.branch1.3.conv.weight', 'features.6.branch3.1.conv.weight', 'features.10.branch0.conv.weight', 'features.19.branch1_1a.conv.weight', 'features.21.branch2_3b.bn.weight', 'last_linear.bias']) expect(names).toContain(name);
});

test('AlexNet of 2012 has two columns in the second, fourth and fifth convolution', () => {
  const shapes = [...planNetwork(models.alexnet({ groups: 2, lrn: true }), { input: photo }).store.parameters.values()].map(({ shape }) => shape);
  expect(shapes.filter((shape) => shape.length === 4)).toEqual([[96, 3, 11, 11], [256, 48, 5, 5], [384, 256, 3, 3], [384, 192, 3, 3], [256, 192, 3, 3]]);
  expect(() => models.alexnet({ groups: 3 as 2 })).toThrow('groups is 3, expected 1 or 2');
});
