import { elements, type Tensor } from '../core/shape.js';
import type { Dataset } from '../data/dataset.js';
import type { Network } from '../network.js';
import type { Call } from './commands.js';
import { percent } from './numbers.js';
import { softmax } from '../probabilities.js';
import { settingsOf } from './settings.js';
import { gallery, type Picture } from './terminal-picture.js';
import { confusionTable, mostConfused } from './terminal-table.js';
import { paint, resultTerminal } from './terminal.js';
import { trainedJson, trainedLine } from './train.js';
import { invocation, trainTo, type Trained } from './training.js';

/** `convasm start`: LeNet-5 on drawn digits, then what it learned. */
export async function start(call: Call): Promise<void> {
  const settings = await settingsOf(call, 'start');
  const trained = await trainTo(settings);
  if (settings.json) process.stdout.write(`${trainedJson(trained)}\n`);
  else {
    const lines = await findings(trained);
    lines.push(paint(resultTerminal, 'bold', trainedLine(trained, settings.out)));
    lines.push(`Next: ${invocation()} predict --model ${settings.model.name} --weights ${settings.out} IMAGE.png`);
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  trained.net.dispose();
}

/** The confusion table and, where somebody looks, a few pictures. */
async function findings({ net, evaluation, source: { test } }: Trained): Promise<string[]> {
  if (evaluation === null || test === null) return [];
  const confused = mostConfused(evaluation.confusion, test.classes);
  const lines = [confusionTable(evaluation.confusion, test.classes, resultTerminal)];
  if (confused !== '') lines.push(`most confused: ${confused}`);
  if (resultTerminal.tty) lines.push(gallery(await examples(net, test), resultTerminal));
  return lines;
}

const SHOWN = 4;

interface Example {
  readonly picture: Picture;
  readonly caption: string;
}

/** A few test images with what the network says: of different classes, and last a mistake if it makes one. */
async function examples(net: Network, data: Dataset): Promise<Example[]> {
  const size = elements(data.shape);
  const images = new Float32Array(data.length * size);
  for (let i = 0; i < data.length; i++) data.read(i, images, i * size);
  const logits = await net.predict({ data: images, shape: [data.length, ...data.shape] });
  const said = Array.from(data.labels, (_, i) => likeliest(logits, i));
  const mistake = said.findIndex((each, i) => each !== data.labels[i]);
  const right = firstOfEachClass(data.labels, (i) => said[i] === data.labels[i]).slice(0, mistake < 0 ? SHOWN : SHOWN - 1);
  const picked = mistake < 0 ? right : [...right, mistake];
  const [, height, width] = data.shape as [number, number, number];
  return picked.map((i) => {
    const cross = resultTerminal.unicode ? '✗' : 'x';
    const verdict = i === mistake ? `  ${cross} true ${data.classes[data.labels[i]!]}` : '';
    const caption = `says ${data.classes[said[i]!]}, ${percent(softmax(logits, i)[said[i]!]!)}${verdict}`;
    return { picture: { pixels: images.subarray(i * size, i * size + height * width), height, width }, caption };
  });
}

function firstOfEachClass(labels: Int32Array, wanted: (index: number) => boolean): number[] {
  const first = new Map<number, number>();
  labels.forEach((label, i) => {
    if (!first.has(label) && wanted(i)) first.set(label, i);
  });
  return [...first.values()];
}

function likeliest({ data, shape }: Tensor, row: number): number {
  const logits = data.subarray(row * shape[1]!, (row + 1) * shape[1]!);
  return logits.indexOf(logits.reduce((a, b) => Math.max(a, b), -Infinity));
}
