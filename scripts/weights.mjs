// `node scripts/weights.mjs`: trains the weights that are shipped (docs/weights.md), from a folder `mnist` in the working folder that holds IDX files, and writes
// weights/lenet5.safetensors in float16.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compile, models } from '../build/dist/index.js';
import { root } from './stamp.mjs';

const cli = path.join(root, 'build/dist/cli.js');
const out = 'lenet5.safetensors';
const train = ['train', '--model', 'lenet5', '--data', 'mnist', '--holdout', '1000', '--epochs', '16', '--lr', '0.05', '--seed', '1', '--out', out];
execFileSync(process.execPath, [cli, ...train], { stdio: 'inherit' });

const net = await compile(models.lenet5(), { input: [1, 32, 32] });
net.load(readFileSync(out));
writeFileSync(out, net.save({ dtype: 'float16', metadata: net.metadata }));
execFileSync(process.execPath, [cli, 'eval', '--model', 'lenet5', '--weights', out, '--data', 'mnist', '--holdout', '1000', '--seed', '1'], { stdio: 'inherit' });
writeFileSync(path.join(root, 'weights', out), readFileSync(out));
