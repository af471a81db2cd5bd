import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkOf, labelsOf, units, weightOf } from './formula.js';
import { runTorchvision } from './torchvision.js';

// A case fails when anything that it expects is changed. (That the cases pass is in golden.test.ts.)

type Json = Record<string, any>;
/** What is changed, how, and what the driver says of it. */
type Row = readonly [what: string, change: (c: Json) => unknown, message: string];
const load = (file: string): Json => JSON.parse(readFileSync(new URL(`./cases/torchvision/${file}.json`, import.meta.url), 'utf8')) as Json;
const [meta, auxiliary, forward, train] = ['meta_resnet18', 'meta_googlenet_aux', 'forward_resnet18_seed1', 'train_resnet18_seed1'].map(load) as [Json, Json, Json, Json];

/** What the driver says of the case after `change`. */
async function failureAfter(stored: Json, change: (copy: Json) => unknown): Promise<string | null> {
  const copy = structuredClone(stored);
  change(copy);
  return (await runTorchvision(copy['kind'], JSON.stringify(copy))).failure;
}

describe('torchvision_meta', () => {
  test.each<Row>([
    ['parameters', (c) => c['parameter_count']++, 'parameter_count is 11689512'],
    ['buffers', (c) => c['buffer_count']--, 'buffer_count is 9620'],
    ['work', (c) => c['total_macs']++, 'total_macs is 1814073344'],
    ['the order of names', (c) => c['state_dict'].splice(0, 2, c['state_dict'][1], c['state_dict'][0]), 'state_dict['],
    ['a shape', (c) => (c['state_dict'][3][1] = [65]), 'state_dict[3]'],
    ['a layer less', (c) => c['layers'].pop(), 'layers is 75, expected 74'],
    ['a second call', (c) => (c['layers'][5].call = 2), 'call 2: output_shape is nothing'],
    ['the work of a layer', (c) => c['layers'][0].macs++, 'conv1, call 0: macs'],
    ['an output shape', (c) => (c['layers'][4].output_shape = [1, 64, 55, 56]), 'output_shape is [1,64,'],
  ])('%s', async (_, change, message) => expect(await failureAfter(meta, change)).toContain(message));

  test('the outputs of auxiliary heads', async () => {
    expect(await failureAfter(auxiliary, (c) => (c['output_shape'].aux_logits1 = [1, 10]))).toContain('output_shape is {"aux_logits1":[1,1000]');
  });
});

describe('torchvision_forward', () => {
  test.each<Row>([
    ['a logit', (c) => (c['logits'][7] += 0.1), 'logits[7]'],
    ['a mean', (c) => (c['modules'][20].mean += 0.1), ': mean is'],
    ['a deviation', (c) => (c['modules'][30].std *= 1.01), ': std is'],
    ['a number', (c) => (c['modules'][40].first8[5] += 0.1), 'first8[5]'],
    ['a weight', (c) => c['weights_check']['fc.bias'].sum_u32++, 'weights_check fc.bias'],
    ['the images', (c) => (c['seed'] = 2), 'weights_check'],
  ])('%s', async (_, change, message) => expect(await failureAfter(forward, change)).toContain(message));
});

describe('torchvision_train', () => {
  test.each<Row>([
    ['the loss', (c) => (c['loss'] += 0.02), 'loss is 8.62'],
    ['a norm', (c) => (c['gradients'][3].norm *= 1.003), ': norm is'],
    ['a gradient', (c) => (c['gradients'][61].first8[2] *= 1.1), 'd fc.bias[2]'],
    ['a running statistic', (c) => (c['buffers_after'][5].first8[0] += 0.01), '.running_var[0]'],
    ['a label', (c) => (c['labels'][0] = 1), 'labels is'],
    ['statistics that stay', (c) => (c['mode'] = 'eval'), 'more of'],
  ])('%s', async (_, change, message) => expect(await failureAfter(train, change)).toContain(message));
});

test('the formula gives the numbers of its description', () => {
  expect([...units('1:input', 4)]).toEqual(forward['input_check'].first4);
  expect(labelsOf(1, 2)).toEqual(Int32Array.from(train['labels']));
  expect([...weightOf(1, 'bn1.num_batches_tracked', [], false)]).toEqual([0]);
  expect(checkOf(Float32Array.of(1, 0.5)).sum_u32).toBe((0x3f800000 + 0x3f000000) >>> 0);
});
