import { compile } from '../compile.js';
import type { Call } from './commands.js';
import { assumption, readWeights } from './metadata.js';
import { modelNamed } from './models.js';
import { count, lossText, percent } from './numbers.js';
import { holdoutOf, seedOf, workersOf } from './settings.js';
import { openSource } from './source.js';
import { confusionTable, mostConfused } from './terminal-table.js';
import { resultTerminal, sentence } from './terminal.js';
import { existingFile, folder, required } from './values.js';

const BATCH = 100;

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
  const net = await compile(await model.build(), { input: model.input, batchSize: BATCH, workers });
  net.load(weights.bytes, { file });
  const { loss, accuracy, top5, confusion, count: images } = await net.evaluate(data);
  net.dispose();
  if (call.options.has('json')) {
    process.stdout.write(`${JSON.stringify({ loss, accuracy, top5, confusion: confusion.map((row) => [...row]), count: images })}\n`);
    return;
  }
  const confused = mostConfused(confusion, weights.classes);
  const lines = [confusionTable(confusion, weights.classes, resultTerminal), ...(confused === '' ? [] : [`most confused: ${confused}`])];
  lines.push(sentence(resultTerminal, [`Accuracy ${percent(accuracy)} of ${count(images)}`, `top-5 ${percent(top5)}`, `loss ${lossText(loss)}`]));
  process.stdout.write(`${lines.join('\n')}\n`);
}
