import { compile } from '../compile.js';
import { elements, type Shape } from '../core/shape.js';
import type { Call } from './commands.js';
import { assumption, readWeights } from './metadata.js';
import { modelNamed } from './models.js';
import { percent } from './numbers.js';
import { readInput } from './input.js';
import type { Input } from '../pixels/ink.js';
import { softmax } from '../probabilities.js';
import { drawPicture, viewOf } from './terminal-picture.js';
import { paint, progressTerminal, resultTerminal } from './terminal.js';
import { existingFile, required } from './values.js';

/** Classes shown of ten or fewer, and of more. */
const [SHOWN, SHOWN_OF_MANY] = [3, 5];
/** Classes in JSON. */
const LISTED = 10;

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
  const inputs: Input[] = [];
  for (const file of files) {
    const input = await readInput(file, model.input, weights.preprocessing);
    process.stderr.write(`${paint(progressTerminal, 'dim', `${file}: ${input.steps}`)}\n`);
    inputs.push(input);
  }
  const net = await compile(await model.build({ classes: weights.classes.length }), { input: model.input, batchSize: Math.min(model.input[1]! > 64 ? 4 : 32, inputs.length) });
  net.load(weights.tensors, { file: weightsFile });
  const size = elements(model.input);
  const images = new Float32Array(inputs.length * size);
  inputs.forEach(({ pixels }, i) => images.set(pixels, i * size));
  const logits = await net.predict({ data: images, shape: [inputs.length, ...model.input] });
  net.dispose();
  const predictions = files.map((file, i) => ({ file, top: ranked(softmax(logits, i), weights.classes) }));
  process.stdout.write(call.options.has('json') ? `${JSON.stringify({ predictions })}\n` : predictions.map((each, i) => shown(each, inputs[i]!, model.input)).join(''));
}

function ranked(probabilities: readonly number[], classes: readonly string[]): Prediction['top'] {
  return probabilities.map((probability, i) => ({ class: classes[i]!, probability })).toSorted((a, b) => b.probability - a.probability).slice(0, LISTED);
}

/** What the network sees, if it is grey and somebody looks, and `digit.png  says 7, 99.8 %  next 1, 0.1 %  9, < 0.1 %`. */
function shown({ file, top }: Prediction, { pixels }: Input, [channels, height, width]: Shape): string {
  const picture = { pixels, height: height!, width: width! };
  const drawn = resultTerminal.tty && channels === 1 ? drawPicture(picture, viewOf([picture]), resultTerminal.unicode).map((line) => ` ${line}\n`).join('') : '';
  const [first, ...next] = top.slice(0, top.length < LISTED || channels === 1 ? SHOWN : SHOWN_OF_MANY).map((each) => `${each.class}, ${percent(each.probability)}`);
  return `${drawn}${file}  says ${paint(resultTerminal, 'bold', first!)}  next ${next.join('  ')}\n`;
}
