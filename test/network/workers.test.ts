import { describe, expect, test } from 'vitest';
import { compile } from '../../src/index.js';
import { elements } from '../../src/core/shape.js';
import { buffersOf } from '../../src/plan/lifetime.js';
import type { PlanStep } from '../../src/plan/plan.js';
import type { Buffer as PlanBuffer } from '../../src/plan/tensor.js';
import { batchFor, networks, numbers, optionsOf, type NetworkCase } from '../support/networks.js';
import { Stepper } from '../support/stepper.js';
import { simulated } from '../support/simulated.js';

// Work is divided by output: any number of workers, of images in a call or of images in the program gives the same bits. Workers
// are simulated: each step is run once per worker, one after another, in both orders, so that none may lean on what another did.

const BATCH = 5;

async function stepperFor(one: NetworkCase, live: number, workers: number): Promise<Stepper> {
  const net = simulated(one.model(), optionsOf(one, { workers }));
  const stepper = new Stepper(net);
  const { images, target } = batchFor(one, net.outputShape, live);
  stepper.write(live, images, target, 1);
  return stepper;
}

/** The bits of the images that take part; what lies beyond them is left over from other tensors. */
function liveBits(stepper: Stepper, buffer: PlanBuffer, live: number): Int32Array {
  const perImage = buffer.role === 'activation' && buffer.words % BATCH === 0;
  return stepper.bits(buffer).slice(0, perImage ? (buffer.words / BATCH) * live : buffer.words);
}

/** Whether step i writes some columns of the buffer and a later step others: only the whole of a concat is compared. */
function unfinished({ steps }: Stepper, i: number, buffer: PlanBuffer): boolean {
  const writesColumns = ({ fields }: PlanStep): boolean => fields['y'] === buffer && 'yFrom' in fields;
  return writesColumns(steps[i]!) && steps.slice(i + 1).some(writesColumns);
}

/** Runs both programs on both steppers and names the first step after which a written buffer differs. */
function firstDifference(alone: Stepper, shared: Stepper, live: number, workers: number, backwards: boolean): string | null {
  for (let i = 0; i < alone.steps.length; i++) {
    alone.run(i);
    shared.run(i, workers, backwards);
    const [a, b] = [alone.steps[i]!, shared.steps[i]!].map((step) => buffersOf(step, 'write'));
    const differs = a!.find((buffer, k) => {
      if (unfinished(alone, i, buffer)) return false;
      const want = liveBits(shared, b![k]!, live);
      return liveBits(alone, buffer, live).some((word, at) => word !== want[at]);
    });
    if (differs) return `${i} ${alone.steps[i]!.layer} ${alone.steps[i]!.op}: ${differs.name}`;
  }
  return null;
}

describe.each(networks)('$name', (one) => {
  test.each([2, 3, 4])('%i workers leave what one leaves, after every step', async (workers) => {
    for (const live of [BATCH, 1]) {
      for (const backwards of [false, true]) {
        const [alone, shared] = [await stepperFor(one, live, 1), await stepperFor(one, live, workers)];
        expect(firstDifference(alone, shared, live, workers, backwards), `${live} images, last worker first: ${backwards}`).toBeNull();
      }
    }
  });

  test('an image predicted alone has the bits of its row in a batch of 32, whatever the batch size', async () => {
    const images = numbers(32 * elements(one.input), 9);
    const nets = await Promise.all([1, 3, 32].map((batchSize) => compile(one.model(), optionsOf(one, { batchSize }))));
    const [, , whole] = nets.map((net) => net.predictSync(images).data);
    for (const net of nets) expect(net.predictSync(images).data).toEqual(whole);
    const size = elements(one.input);
    const width = whole!.length / 32;
    for (const row of [0, 7, 31]) {
      for (const net of nets) expect(net.predictSync(images.subarray(row * size, (row + 1) * size)).data).toEqual(whole!.slice(row * width, (row + 1) * width));
    }
  });

  test('predicts the bits that training computes forward, with and without kept outputs', async () => {
    const net = await compile(one.model(), optionsOf(one));
    const { images } = batchFor(one, net.outputShape, BATCH);
    const want = net.predictSync(images).data;
    if (!one.differs) expect(net.forwardSync(images).data).toEqual(want);
    const only = await compile(one.model(), { input: one.input, batchSize: BATCH, seed: 3, winograd: one.more?.winograd ?? 4 });
    expect(only.predictSync(images).data).toEqual(want);
    const unfused = await compile(one.model(), { input: one.input, batchSize: BATCH, seed: 3, winograd: one.more?.winograd ?? 4, fuse: false });
    expect(unfused.predictSync(images).data).toEqual(want);
  });
});
