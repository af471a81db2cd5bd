import { setImmediate } from 'node:timers/promises';
import { compile } from '../compile.js';
import { fingerprint } from '../data/fingerprint.js';
import type { DivergedError } from '../core/errors.js';
import { log } from '../core/math.js';
import { fit, type EpochResult, type FitProgress, type Position } from '../fit.js';
import type { Network } from '../network.js';
import { curve } from '../pictures/curve.js';
import { crossEntropy } from '../training/losses.js';
import type { Evaluation } from '../training/metrics.js';
import { sgd } from '../training/optimizers.js';
import { constant, cosine, type Schedule } from '../training/schedules.js';
import { Interrupted, UsageError } from './failure.js';
import { onInterrupt } from './interrupt.js';
import { metadataOf } from './metadata.js';
import { count, kilobytes, lossText } from './numbers.js';
import { Progress } from './progress.js';
import { notesOf, type Origin } from './resume.js';
import { save } from '../io/save.js';
import type { Settings } from './settings.js';
import { describe, openSource, type Source } from './source.js';
import { epochLabel } from './terminal-table.js';
import { paint, progressTerminal, sentence } from './terminal.js';

/** A network trained to the end and saved. */
export interface Trained {
  readonly net: Network;
  readonly source: Source;
  /** Of the test images; null where there are none. */
  readonly evaluation: Evaluation | null;
  /** Of the test images, else the mean over the last epoch. */
  readonly loss: number;
  readonly imagesPerSecond: number;
  readonly digest: string;
  /** `247 kB` */
  readonly size: string;
}

/** How the same program is called again. */
export function invocation(): string {
  return process.env.npm_lifecycle_event === undefined ? 'convasm' : 'npm run -s convasm --';
}

const note = (text: string) => void process.stderr.write(`${text}\n`);

/** Opens the data, trains, saves the weights; writes a checkpoint after every epoch and at Ctrl-C. */
export async function trainTo(settings: Settings): Promise<Trained> {
  const interrupt = onInterrupt();
  try {
    const source = await openSource(settings.model, settings);
    for (const text of source.notes) note(text);
    const run = new Run(settings, source, await compileFor(settings, source), await fingerprint(source.train), interrupt.signal);
    run.resume();
    return await run.finish(await run.train());
  } finally {
    interrupt.release();
  }
}

async function compileFor({ model, batchSize, lr, momentum, seed, workers }: Settings, source: Source): Promise<Network> {
  return compile(await model.build({ classes: source.train.classes.length }), {
    input: source.train.shape,
    batchSize,
    loss: crossEntropy(),
    optimizer: sgd({ lr, momentum }),
    seed,
    workers,
  });
}

/** Updates of one epoch. */
function batches({ batchSize }: Settings, { train }: Source): number {
  return Math.ceil(train.length / batchSize);
}

interface Outcome {
  readonly evaluation: Evaluation | null;
  readonly loss: number;
  readonly imagesPerSecond: number;
}

class Run {
  readonly #settings: Settings;
  readonly #source: Source;
  readonly #net: Network;
  readonly #signal: AbortSignal;
  readonly #origin: Origin;
  #position: Position = { epoch: 0, batch: 0 };
  readonly #history: EpochResult[] = [];
  #lastSaved: { file: string; step: number } | null = null;

  constructor(settings: Settings, source: Source, net: Network, data: string, signal: AbortSignal) {
    this.#settings = settings;
    this.#source = source;
    this.#net = net;
    this.#signal = signal;
    const { model, holdout, batchSize, lr, momentum, seed, epochs, decays } = settings;
    const dataName = source.dir ?? source.train.name;
    this.#origin = { model: model.name, data, dataName, holdout, batchSize, lr, momentum, seed, decay: decays ? epochs * batches(settings, source) : 0 };
  }

  /** Takes the weights, the optimizer's state and the position from the checkpoint, if there is one. */
  resume(): void {
    const saved = this.#settings.resume;
    if (saved === null) return;
    if (saved.data !== this.#origin.data) {
      const given = this.#settings.dir === null ? '--data is not given' : `--data ${this.#settings.dir} holds other images`;
      throw new UsageError(`${given}, but ${saved.file} was trained on ${saved.dataName}`);
    }
    if (saved.decay !== this.#origin.decay) {
      const epochs = saved.decay / batches(this.#settings, this.#source);
      throw new UsageError(`--epochs is ${this.#settings.epochs}, but the learning rate of ${saved.file} falls to 0 over ${epochs}`);
    }
    this.#net.restore(saved.bytes, saved.file);
    this.#position = saved.position;
    note(`Going on from ${saved.file}, step ${count(this.#net.steps)}`);
  }

  async train(): Promise<Outcome> {
    this.#announce();
    const progress = new Progress(this.#settings.epochs, this.#source.test !== null);
    try {
      return await this.#epochs(progress);
    } catch (error) {
      progress.stop();
      if (this.#signal.aborted) throw await this.#interrupted();
      if (error instanceof Error && error.name === 'DivergedError') error.message = this.#diverged(error as DivergedError);
      throw error;
    } finally {
      progress.stop();
    }
  }

  /** Saves the weights with their notes. */
  async finish(outcome: Outcome): Promise<Trained> {
    const { model, out, command, seed } = this.#settings;
    const metadata = metadataOf(model, {
      classes: this.#source.train.classes,
      preprocessing: this.#source.preprocessing,
      command: `convasm ${command}`,
      seed,
      data: this.#origin.dataName,
      accuracy: outcome.evaluation?.accuracy ?? null,
    });
    const bytes = this.#net.save({ metadata });
    await save(out, bytes);
    if (this.#settings.curve !== null && this.#history.length > 0) await save(this.#settings.curve, new TextEncoder().encode(curveOf(this.#history)));
    this.#judge(outcome.loss);
    return { net: this.#net, source: this.#source, ...outcome, digest: await this.#net.digest(), size: kilobytes(bytes.length) };
  }

  /** Says so where the network ended no better than guessing: a uniform guess loses ln(classes). */
  #judge(loss: number): void {
    const guess = log(this.#source.train.classes.length);
    if (loss < guess) return;
    const { lr } = this.#settings;
    note(`It has learned nothing: its loss of ${lossText(loss)} is no better than guessing (${lossText(guess)}). Try --lr ${gentler(lr)} (now ${lr}) or more --epochs.`);
  }

  #announce(): void {
    const { model, seed, dir } = this.#settings;
    const { params } = this.#net.summary().toJSON();
    const origin = dir === null ? ['nothing is downloaded'] : [];
    note(paint(progressTerminal, 'bold', sentence(progressTerminal, [`${model.title}, ${count(params)} parameters`, describe(this.#source), `seed ${seed}`, ...origin])));
  }

  async #epochs(progress: Progress): Promise<Outcome> {
    const { epochs, seed, checkpoint } = this.#settings;
    const { train, test } = this.#source;
    let outcome: Outcome | null = null;
    let images = 0;
    let seconds = 0;
    const schedule = this.#schedule();
    const onStep = (at: FitProgress) => {
      this.#position = at.position;
      progress.step(standingOf(at));
    };
    for await (const done of fit(this.#net, train, { epochs, validation: test, seed, schedule, signal: this.#signal, position: this.#position, onStep })) {
      this.#position = done.position;
      this.#history.push(done);
      progress.epoch({ ...done, epochs, test: done.validation });
      images += done.imagesPerSecond * done.seconds || 0;
      seconds += done.seconds;
      outcome = { evaluation: done.validation, loss: done.validation?.loss ?? done.loss, imagesPerSecond: images / seconds };
      if (checkpoint !== null) await this.#checkpoint(checkpoint);
      await setImmediate();
    }
    return outcome ?? (await this.#measure());
  }

  #schedule(): Schedule {
    const { lr, decay } = this.#origin;
    return decay === 0 ? constant({ lr }) : cosine({ lr, tMax: decay });
  }

  /** For a checkpoint of a run that had come to its end. */
  async #measure(): Promise<Outcome> {
    const { train, test } = this.#source;
    const evaluation = await this.#net.evaluate(test ?? train, { signal: this.#signal });
    return { evaluation: test === null ? null : evaluation, loss: evaluation.loss, imagesPerSecond: 0 };
  }

  async #checkpoint(file: string): Promise<void> {
    await save(file, this.#net.checkpoint(notesOf(this.#origin, this.#position)));
    this.#lastSaved = { file, step: this.#net.steps };
  }

  async #interrupted(): Promise<Interrupted> {
    const { model, checkpoint, epochs, command } = this.#settings;
    const file = checkpoint ?? `${model.name}.ckpt`;
    await this.#checkpoint(file);
    const steps = epochs * batches(this.#settings, this.#source);
    const again = command.replace(/^start\b/, `train --model ${model.name}`);
    return new Interrupted(`Stopped at step ${count(this.#net.steps)} of ${count(steps)}. Continue: ${invocation()} ${again} --resume ${file}`);
  }

  #diverged({ step, layer }: DivergedError): string {
    const { lr } = this.#settings;
    const where = layer === null ? '' : `; first layer with such an output: ${layer}`;
    const good = this.#lastSaved === null ? '' : ` Last good checkpoint: ${this.#lastSaved.file}, step ${count(this.#lastSaved.step)}.`;
    return `Training stopped: loss is not finite at step ${count(step)}${where}.${good} Try --lr ${gentler(lr)} (now ${lr}).`;
  }
}

/** A smaller learning rate to try. */
function gentler(lr: number): number {
  return lr > 0.05 ? 0.05 : Number((lr / 10).toPrecision(2));
}

function standingOf(at: FitProgress) {
  return {
    epoch: epochLabel(at.epoch, at.epochs),
    fraction: at.batch / at.batches,
    loss: at.loss,
    imagesPerSecond: at.imagesPerSecond,
    secondsLeft: (at.total * (1 + at.epochs - at.epoch) - at.done) / at.imagesPerSecond,
  };
}

/** Loss of training and test images, and the test images' accuracy where there are any. */
function curveOf(history: readonly EpochResult[]): string {
  const tested = history.some(({ validation }) => validation !== null);
  const of = (name: 'loss' | 'accuracy'): (number | undefined)[] => history.map(({ validation }) => validation?.[name]);
  return curve({ loss: { training: history.map(({ loss }) => loss), ...(tested && { test: of('loss') }) }, ...(tested && { accuracy: { test: of('accuracy') } }) });
}
