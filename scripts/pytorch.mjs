// `npm run -s pytorch`: our weights in a real PyTorch and PyTorch's in ours, compared by what both predict. Skipped, loudly, where there is none.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential } from 'convasm/layers';
import { compile } from 'convasm';
import { readPth } from 'convasm/formats';
import { digits } from 'convasm/datasets';
import { crossEntropy } from 'convasm/losses';
import { sgd } from 'convasm/optimizers';

const folder = mkdtempSync(path.join(tmpdir(), 'convasm-pytorch-'));
const file = (name) => path.join(folder, name);

/** The answer of the first Python that has PyTorch, null where none has. */
function ask(...files) {
  for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3', 'python'].filter(Boolean)) {
    const done = spawnSync(python, [path.join(import.meta.dirname, 'pytorch.py'), ...files], { encoding: 'utf8' });
    if (done.status === 0) return JSON.parse(done.stdout);
    if (done.status !== 3 && done.error?.code !== 'ENOENT') throw new Error(`${python}: ${done.stderr}`);
  }
  return null;
}

const network = () => compile(new Sequential({ conv: new Conv2d(1, 6, 5, { stride: 2 }), norm: new BatchNorm2d(6), relu: new ReLU(), flat: new Flatten(), out: new Linear(6 * 14 * 14, 10) }),
  { input: [1, 32, 32], batchSize: 20, loss: crossEntropy(), optimizer: sgd({ lr: 0.05 }) });

/** The largest difference, as a part of the largest number. */
const apart = (a, b) => Math.max(...a.map((x, i) => Math.abs(x - b[i]))) / Math.max(...a.map(Math.abs));

try {
  const { train } = digits({ train: 100, test: 0 });
  const images = new Float32Array(100 * 1024);
  for (let i = 0; i < 100; i++) train.read(i, images, i * 1024);
  const [net, other] = [await network(), await network()];
  for (let i = 0; i < 5; i++) await net.step(images.subarray(i * 20480, (i + 1) * 20480), train.labels.subarray(i * 20, (i + 1) * 20));
  writeFileSync(file('images'), images.subarray(0, 20480));
  for (const dtype of ['float32', 'float16']) {
    writeFileSync(file('ours.safetensors'), net.save({ dtype }));
    const theirs = ask(file('ours.safetensors'), file('images'), file('theirs.pth'), file('legacy.pth'));
    if (theirs === null) {
      console.log('SKIPPED: no PyTorch found (set PYTHON to a python that has it)');
      break;
    }
    for (const name of ['theirs.pth', 'legacy.pth']) {
      other.load(readPth(readFileSync(file(name)), name));
      const difference = apart([...other.predictSync(images.subarray(0, 20480)).data], theirs.outputs);
      console.log(`PyTorch ${theirs.torch}, ours as ${dtype} (${theirs.dtypes.join(', ')}), back as ${name}: outputs differ by ${difference.toExponential(1)} of the largest`);
      if (!(difference < 1e-5)) process.exitCode = 1;
      if (dtype === 'float32' && (await other.digest()) !== (await net.digest())) throw new Error(`${name}: the weights came back changed`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
