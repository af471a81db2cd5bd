import { expect, test } from 'vitest';
import { compile, models } from '../../src/index.js';

const { filter, filterNames, gaussian, mean } = models.filters;

/** An image of zeros with a one in the middle: correlation answers with the turned kernel. */
async function impulse(layer: ReturnType<typeof mean>): Promise<number[]> {
  const net = await compile(layer, { input: [1, 5, 5] });
  const image = new Float32Array(25);
  image[12] = 1;
  const { data } = await net.predict(image);
  net.dispose();
  return [...data];
}

test('sobelX answers an impulse with its turned kernel', async () => {
  expect(await impulse(filter('sobelX'))).toEqual([0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0]);
});

test('smoothing keeps the sum, edge kernels sum to zero', async () => {
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  expect(sum(await impulse(mean(3)))).toBeCloseTo(1, 6);
  expect(sum(await impulse(gaussian(5, 1)))).toBeCloseTo(1, 6);
  for (const name of filterNames) expect(sum(await impulse(filter(name))), name).toBe(name === 'sharpen' ? 1 : 0);
});

test('every channel is filtered by itself, and nothing is learnt', async () => {
  const net = await compile(filter('laplace'), { input: [3, 4, 4] });
  const { data } = await net.predict(Float32Array.from({ length: 48 }, (_, i) => (i < 16 ? 0 : i < 32 ? 1 : 2)));
  expect(Array.from(data.slice(0, 16))).toEqual(Array(16).fill(0));
  expect(Array.from(data.slice(16, 32))).toEqual([-2, -1, -1, -2, -1, 0, 0, -1, -1, 0, 0, -1, -2, -1, -1, -2]);
  expect(Array.from(data.slice(32))).toEqual(Array.from(data.slice(16, 32)).map((value) => 2 * value));
  expect(net.parameters).toEqual([]);
  net.dispose();
});

test('wrong kernels and names are refused', () => {
  expect(() => mean(4)).toThrow('mean: size is 4, expected an odd number');
  expect(() => gaussian(3, 0)).toThrow('gaussian: sigma is 0');
  expect(() => filter('toString' as never)).toThrow('filter: unknown name toString');
});
