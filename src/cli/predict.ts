import { readFile } from 'node:fs/promises';
import { compile } from '../compile.js';
import { toInk, type Ink } from '../pixels/ink.js';
import { toGrey } from '../pixels/pixels.js';
import { decodePng } from '../pixels/png.js';
import { softmax } from '../probabilities.js';
import type { Call } from './commands.js';
import { assumption, readWeights } from './metadata.js';
import { modelNamed } from './models.js';
import { percent } from './numbers.js';
import { drawPicture, viewOf } from './terminal-picture.js';
import { paint, progressTerminal, resultTerminal } from './terminal.js';
import { existingFile, required } from './values.js';

const SHOWN = 3;

interface Prediction {
  readonly file: string;
  /** Classes, most likely first. */
  readonly top: readonly { readonly class: string; readonly probability: number }[];
}

/** `convasm predict`: the likeliest classes of each image. */
export async function predict(call: Call): Promise<void> {
  const model = modelNamed(required(call, 'model', 'NAME'));
  const weightsFile = existingFile(required(call, 'weights', 'FILE'), '--weights');
  const files = call.args.map((file) => existingFile(file, 'image'));
  const weights = await readWeights(weightsFile, model);
  const assumed = assumption(weightsFile, weights);
  if (assumed !== null) process.stderr.write(`${assumed}\n`);
  const side = model.input[1]!;
  const inks: Ink[] = [];
  for (const file of files) {
    const ink = toInk(toGrey(decodePng(await readFile(file), file)), side, file);
    process.stderr.write(`${paint(progressTerminal, 'dim', `${file}: ${ink.steps}`)}\n`);
    inks.push(ink);
  }
  const net = await compile(await model.build(), { input: model.input, batchSize: Math.min(32, inks.length) });
  net.load(weights.bytes, { file: weightsFile });
  const images = new Float32Array(inks.length * side * side);
  inks.forEach(({ pixels }, i) => images.set(pixels, i * side * side));
  const logits = await net.predict({ data: images, shape: [inks.length, ...model.input] });
  net.dispose();
  const predictions = files.map((file, i) => ({ file, top: ranked(softmax(logits, i), weights.classes) }));
  process.stdout.write(call.options.has('json') ? `${JSON.stringify({ predictions })}\n` : predictions.map((each, i) => shown(each, inks[i]!, side)).join(''));
}

function ranked(probabilities: readonly number[], classes: readonly string[]): Prediction['top'] {
  return probabilities.map((probability, i) => ({ class: classes[i]!, probability })).toSorted((a, b) => b.probability - a.probability);
}

/** What the network sees, on a terminal, and `digit.png  says 7, 99.8 %  next 1, 0.1 %  9, < 0.1 %`. */
function shown({ file, top }: Prediction, { pixels }: Ink, side: number): string {
  const picture = { pixels, height: side, width: side };
  const drawn = resultTerminal.tty ? drawPicture(picture, viewOf([picture]), resultTerminal.unicode).map((line) => ` ${line}\n`).join('') : '';
  const [first, ...next] = top.slice(0, SHOWN).map((each) => `${each.class}, ${percent(each.probability)}`);
  return `${drawn}${file}  says ${paint(resultTerminal, 'bold', first!)}  next ${next.join('  ')}\n`;
}
