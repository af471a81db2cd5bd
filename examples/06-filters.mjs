// Fixed filters on an image, as PNG files.   node examples/06-filters.mjs [image.png] [folder]
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compile, models } from 'convasm';
import { digits } from 'convasm/datasets';
import { decode, encode } from 'fast-png';

const { filter, filterNames, gaussian, mean } = models.filters;

/** A PNG's brightness, 0 to 1; without a file, a strip of drawn digits. */
async function load(file) {
  if (!file) return strip();
  const { data, width, height, channels, depth } = decode(await readFile(file));
  const grey = Float32Array.from({ length: width * height }, (_, i) => {
    const pixel = data.subarray(i * channels, i * channels + Math.min(3, channels));
    return pixel.reduce((sum, value) => sum + value, 0) / pixel.length / (2 ** depth - 1);
  });
  return { grey, width, height };
}

function strip() {
  const { test } = digits({ train: 1, test: 10, seed: 1 });
  const grey = new Float32Array(32 * 320);
  const image = new Float32Array(1024);
  for (let i = 0; i < 10; i++) {
    test.read(i, image, 0);
    for (let y = 0; y < 32; y++) grey.set(image.subarray(y * 32, y * 32 + 32), y * 320 + i * 32);
  }
  return { grey, width: 320, height: 32 };
}

const [file, folder = 'filtered'] = process.argv.slice(2);
const { grey, width, height } = await load(file);
await mkdir(folder, { recursive: true });
const filters = { mean: mean(3), gaussian: gaussian(5, 1), ...Object.fromEntries(filterNames.map((name) => [name, filter(name)])) };
for (const [name, layer] of Object.entries(filters)) {
  const net = await compile(layer, { input: [1, height, width] });
  const { data } = await net.predict(grey);
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const signed = data.some((value) => value < -1e-6);           // zero is middle grey where values have signs
  const pixels = Uint8Array.from(data, (value) => Math.round(255 * (signed ? 0.5 + value / largest / 2 : Math.min(1, value))));
  await writeFile(path.join(folder, `${name}.png`), encode({ data: pixels, width, height, channels: 1, depth: 8 }));
  net.dispose();
}
console.log(`${Object.keys(filters).length} pictures in ${folder}`);
