import { expect, test } from 'vitest';
import { planNetwork } from '../../src/blueprint.js';
import { models } from '../../src/index.js';
import { read } from '../support/sources.js';

// The tables of docs/models.md against the plans.

const text = read('docs/models.md');

test.each([18, 34, 50, 101, 152] as const)('the work of ResNet-%i', (depth) => {
  const { macs } = planNetwork(models[`resnet${depth}`](), { input: [3, 224, 224] }).predict.plan.layers[0]!;
  expect(text).toContain(`| ResNet-${depth} | ${(macs / 1e9).toFixed(2)} |`);
});

test('the parameters of the CIFAR ResNets', () => {
  const counts = ([20, 32, 44, 56, 110] as const).map((depth) => planNetwork(models[`resnet${depth}`](), { input: [3, 32, 32] }).predict.plan.layers[0]!.parameters.toLocaleString('en'));
  expect(text).toContain(`| ${counts.join(', ')} |`);
});

test('every builder has its row', () => {
  const builders = Object.keys(models).filter((name) => /\d$|net$|^lenet|^vgg|V\d$/.test(name) && !name.startsWith('filter'));
  expect(builders.length).toBeGreaterThan(18);
  const rows = text.split('\n').filter((line) => line.startsWith('|')).join('\n');
  const said = (name: string): boolean => rows.includes(`\`${name}\``) || rows.includes(`\`${name}(`) || new RegExp(`resnet\\d+.*\`${/\d+$/.exec(name)?.[0]}\``).test(rows);
  expect(builders.filter((name) => !said(name))).toEqual([]);
});
