import type { Call } from './commands.js';
import { count, percent } from './numbers.js';
import { settingsOf } from './settings.js';
import { resultTerminal, sentence } from './terminal.js';
import { trainTo, type Trained } from './training.js';

/** The last line of `--json`. */
export function trainedJson({ loss, evaluation, imagesPerSecond, net, digest }: Trained): string {
  return JSON.stringify({ loss, accuracy: evaluation?.accuracy ?? null, imagesPerSecond, steps: net.steps, digest });
}

/** `Accuracy 98.6 % of 2,000 · saved lenet5.safetensors (247 kB) · digest 3f9c01aa, the same on every machine` */
export function trainedLine({ evaluation, digest, size }: Trained, out: string): string {
  const accuracy = evaluation === null ? 'No test images' : `Accuracy ${percent(evaluation.accuracy)} of ${count(evaluation.count)}`;
  return sentence(resultTerminal, [accuracy, `saved ${out} (${size})`, `digest ${digest.slice(0, 8)}, the same on every machine`]);
}

/** `convasm train` */
export async function train(call: Call): Promise<void> {
  const settings = await settingsOf(call, 'train');
  const trained = await trainTo(settings);
  process.stdout.write(`${settings.json ? trainedJson(trained) : trainedLine(trained, settings.out)}\n`);
  trained.net.dispose();
}
