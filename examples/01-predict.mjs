// Loads weights and says what an image shows.   node examples/01-predict.mjs [weights.safetensors]
import { readFile } from 'node:fs/promises';
import { compile, models } from 'convasm';
import { digits } from 'convasm/datasets';

const net = await compile(models.lenet5(), { input: [1, 32, 32] });
const weights = process.argv[2];
if (weights) net.load(await readFile(weights), { file: weights });
else console.log('no weights given: these are guesses of an untrained network');

const { test } = digits({ train: 1, test: 5, seed: 7 });
const image = new Float32Array(32 * 32);
for (let i = 0; i < test.length; i++) {
  test.read(i, image, 0);
  const { data: logits } = await net.predict(image);
  console.log(`shown ${test.classes[test.labels[i]]}, said ${logits.indexOf(Math.max(...logits))}`);
}
net.dispose();
