import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compile.js';
import { OptionError } from '../../src/core/errors.js';
import type { Dataset } from '../../src/data/dataset.js';
import { shapes } from '../../src/data/shapes.js';
import { fit } from '../../src/fit.js';
import { Flatten, Linear, Sequential } from '../../src/layers/index.js';
import { crossEntropy } from '../../src/training/losses.js';
import { adam } from '../../src/training/optimizers.js';

function image(data: Dataset, index: number): Float32Array {
  const out = new Float32Array(3 * 32 * 32);
  data.read(index, out, 0);
  return out;
}

/** SHA-256 of a data set's bytes and labels. */
function digest(data: Dataset): string {
  const hash = createHash('sha256');
  for (let i = 0; i < data.length; i++) hash.update(Uint8Array.from(image(data, i), (v) => Math.round(v * 255))).update(`${data.labels[i]}`);
  return hash.digest('hex');
}

describe('drawn shapes', () => {
  const { train, test: held } = shapes({ train: 60, test: 40 });

  test('have a name, shapes, classes and counts', () => {
    expect([train.length, held.length]).toEqual([60, 40]);
    expect(train.shape).toEqual([3, 32, 32]);
    expect(train.classes).toHaveLength(10);
    expect(train.classes[3]).toBe('checked ring');
    expect(Array.from(train.labels.slice(0, 12))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect(image(train, 0).every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test('are the same bytes on every engine', () => {
    expect(digest(train)).toBe('b87de32cc9013b058997a83904b75726087e417436b1a941cc5b9371d33b3204');
    expect(digest(held)).toBe('2f72ce220bda70b25eb98bb647ab8feaaec25fc9eee4360286b053c7283c3253');
  });

  test('depend on seed, half and index alone', () => {
    expect(image(shapes({ train: 200, test: 0 }).train, 7)).toEqual(image(train, 7));
    expect(image(shapes({ train: 10, test: 0, seed: 2 }).train, 7)).not.toEqual(image(train, 7));
    expect(image(held, 7)).not.toEqual(image(train, 7));
  });

  test.each([{ train: -1 }, { test: 1.5 }, { train: 2e6 }, { seed: -1 }])('refuse %o', (options) => {
    expect(() => shapes(options)).toThrow(OptionError);
  });
});

test('a linear classifier does not tell them apart', async () => {
  const { train, test: held } = shapes({ train: 2000, test: 500 });
  const model = new Sequential({ flatten: new Flatten(), out: new Linear(3 * 32 * 32, 10) });
  const net = await compile(model, { input: [3, 32, 32], batchSize: 50, loss: crossEntropy(), optimizer: adam({ lr: 1e-3 }) });
  let best = 0;
  for await (const { validation } of fit(net, train, { epochs: 8, validation: held })) best = Math.max(best, validation!.accuracy!);
  await net.dispose();
  expect(best).toBeLessThan(0.6);
});
