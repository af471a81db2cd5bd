import { summarize } from '../summary.js';
import { crossEntropy } from '../training/losses.js';
import { sgd } from '../training/optimizers.js';
import type { Call } from './commands.js';
import { UsageError } from './failure.js';
import { modelNamed } from './models.js';
import { integer } from './values.js';

const MAX_SIDE = 65_536;
const MAX_DEPTH = 100;
const BATCH = 32;

/** `convasm summary`: layers, shapes, parameters, work, receptive fields and memory. */
export async function summary(call: Call): Promise<void> {
  const model = modelNamed(call.args[0]!);
  const input = inputOf(call) ?? model.input;
  const depth = integer(call, 'depth', Infinity, 1, MAX_DEPTH);
  const table = summarize(await model.build(), { input, batchSize: BATCH, loss: crossEntropy(), optimizer: sgd({ lr: 0.05, momentum: 0.9 }) });
  const text = call.options.has('json') ? JSON.stringify(table) : table.table(depth);
  process.stdout.write(`${text}\n`);
}

/** `--input C,H,W` */
function inputOf({ options }: Call): number[] | null {
  const text = options.get('input');
  if (text === undefined) return null;
  const sizes = /^\d+,\d+,\d+$/.test(text) ? text.split(',').map(Number) : [];
  if (sizes.length === 3 && sizes.every((size) => size >= 1 && size <= MAX_SIDE)) return sizes;
  throw new UsageError(`--input is ${text}, expected C,H,W such as 1,32,32, each from 1 to ${MAX_SIDE}`);
}
