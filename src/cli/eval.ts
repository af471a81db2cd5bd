import { compile } from '../compile.js';
import type { Call } from './commands.js';
import { assumption, readWeights, type Weights } from './metadata.js';
import { UsageError } from './failure.js';
import { modelNamed } from './models.js';
import { count, lossText, percent } from './numbers.js';
import { holdoutOf, seedOf, workersOf } from './settings.js';
import { openSource } from './source.js';
import { confusionTable, mostConfused } from './terminal-table.js';
import { resultTerminal, sentence } from './terminal.js';
import { existingFile, folder, required } from './values.js';

/** Classes that a table is shown for. */
const MOST_ROWS = 40;
/** Images at once: of 32x32 pixels, and of photographs. */
const [SMALL_BATCH, LARGE_BATCH] = [100, 8];

/** `convasm eval`: the test half where there is one, else all images. */
export async function evaluate(call: Call): Promise<void> {
  const model = modelNamed(required(call, 'model', 'NAME'));
  const file = existingFile(required(call, 'weights', 'FILE'), '--weights');
  const options = { dir: folder(call, 'data'), holdout: holdoutOf(call), seed: seedOf(call) };
  const workers = workersOf(call);
  const weights = await readWeights(file, model);
  const source = await openSource(model, options);
  for (const note of [...source.notes, assumption(file, weights)]) if (note !== null) process.stderr.write(`${note}\n`);
  const data = source.test ?? source.train;
  checkClasses(data.classes, weights, file);
  const batchSize = model.input[1]! > 64 ? LARGE_BATCH : SMALL_BATCH;
  const net = await compile(await model.build({ classes: weights.classes.length }), { input: model.input, batchSize, workers });
  net.load(weights.tensors, { file });
  const { loss, accuracy, top5, confusion, count: images } = await net.evaluate(data);
  net.dispose();
  if (call.options.has('json')) {
    process.stdout.write(`${JSON.stringify({ loss, accuracy, top5, confusion: confusion.map((row) => [...row]), count: images })}\n`);
    return;
  }
  const confused = mostConfused(confusion, weights.classes);
  const table = weights.classes.length <= MOST_ROWS ? [confusionTable(confusion, weights.classes, resultTerminal)] : [];
  const lines = [...table, ...(confused === '' ? [] : [`most confused: ${confused}`])];
  lines.push(sentence(resultTerminal, [`Accuracy ${percent(accuracy)} of ${count(images)}`, `top-5 ${percent(top5)}`, `loss ${lossText(loss)}`]));
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Labels are numbers: the data's classes must be those that the weights were trained for. */
function checkClasses(given: readonly string[], { classes, named }: Weights, file: string): void {
  if (given.length > classes.length) throw new UsageError(`--data: ${given.length} classes, expected at most ${classes.length} as ${file} has`);
  const at = named ? given.findIndex((name, i) => name !== classes[i]) : -1;
  if (at >= 0) throw new UsageError(`--data: class ${at} is ${given[at]}, but ${file} was trained with ${classes[at]} there`);
}
