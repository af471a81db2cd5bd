import { MemoryError } from '../core/errors.js';
import { summarize, type Summary, type SummaryOptions } from '../summary.js';
import { crossEntropy } from '../training/losses.js';
import { sgd } from '../training/optimizers.js';
import type { Call } from './commands.js';
import { UsageError } from './failure.js';
import { modelNamed, type Model } from './models.js';
import { integer } from './values.js';

const MAX_SIDE = 65_536;
const MAX_DEPTH = 100;
/** Images in a step of training: photographs and digits. */
const BATCHES = { photos: 8, digits: 32 };
/** Rows of a table that still fits a screen; a longer one is folded unless --depth is given. */
const MANY_ROWS = 30;

/** `convasm summary`: layers, shapes, parameters, work, receptive fields and memory. */
export async function summary(call: Call): Promise<void> {
  const model = modelNamed(call.args[0]!);
  const input = inputOf(call) ?? model.input;
  const depth = integer(call, 'depth', Infinity, 1, MAX_DEPTH);
  const table = await summarised(model, input, { compare: call.options.has('compare') });
  const folded = !call.options.has('depth') && table.layers.length > MANY_ROWS;
  const text = call.options.has('json') ? JSON.stringify(table) : table.table(folded ? 1 : depth);
  process.stdout.write(`${text}\n`);
  if (folded && !call.options.has('json')) process.stdout.write(`Blocks are folded: --depth 9 shows all ${table.layers.length} layers.\n`);
}

/** With memory to train, or where that is more than WebAssembly gives, to predict alone. */
async function summarised(model: Model, input: readonly number[], show: SummaryOptions): Promise<Summary> {
  const network = await model.build();
  const batchSize = model.preprocessing === null ? BATCHES.digits : BATCHES.photos;
  try {
    return summarize(network, { input, batchSize, loss: crossEntropy(), optimizer: sgd({ lr: 0.05, momentum: 0.9 }) }, show);
  } catch (error) {
    if (error instanceof MemoryError) return summarize(network, { input, batchSize }, show);
    throw error;
  }
}

/** `--input C,H,W` */
function inputOf({ options }: Call): number[] | null {
  const text = options.get('input');
  if (text === undefined) return null;
  const sizes = /^\d+,\d+,\d+$/.test(text) ? text.split(',').map(Number) : [];
  if (sizes.length === 3 && sizes.every((size) => size >= 1 && size <= MAX_SIDE)) return sizes;
  throw new UsageError(`--input is ${text}, expected C,H,W such as 1,32,32, each from 1 to ${MAX_SIDE}`);
}
