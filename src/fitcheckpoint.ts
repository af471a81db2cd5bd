import type { AveragedWeights } from './average.js';
import { FormatError, OptionError } from './core/errors.js';
import type { Dataset } from './data/dataset.js';
import { node } from './data/files.js';
import { fingerprint } from './data/fingerprint.js';
import type { EarlyStopping, StoppingState } from './earlystopping.js';
import type { FitOptions, Position } from './fit.js';
import { readSafetensors } from './io/safetensors.js';
import { save } from './io/save.js';
import type { Slot } from './io/weights.js';
import type { Network } from './network.js';
import { isBatches, type Batches } from './source.js';

/** What a resumed run must agree with, and where the run stood. Under `fit` in the checkpoint's metadata, as JSON. */
interface FitState {
  readonly position: Required<Position>;
  readonly run: Run;
  readonly stopping: StoppingState | null;
  readonly averaged: number | null;
}

/** Everything that decides the order of images and the numbers of a step. */
interface Run {
  readonly data: string;
  readonly images: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly augment: readonly string[];
  readonly mixup: number;
  /** Learning rates of the schedule at some updates of the whole run: another schedule, or one of another length, has others. */
  readonly rates: readonly (readonly [update: number, rate: number])[];
}

/** Parts of the whole run at which the schedule is noted; updates, where nobody knows how many there will be. */
const NOTED = [0, 0.25, 0.5, 0.75, 1];
const NOTED_UPDATES = [0, 10, 100, 1000, 10_000, 100_000];

/** Writes a run's checkpoints and goes on from them. */
export class Keeper {
  readonly #network: Network;
  readonly #file: string;
  readonly #options: FitOptions;
  readonly #run: Run;
  readonly #stopping: EarlyStopping | null;
  readonly #average: AveragedWeights | null;

  constructor(network: Network, file: string, options: FitOptions, run: Run, stopping: EarlyStopping | null) {
    this.#network = network;
    this.#file = file;
    this.#options = options;
    this.#run = run;
    this.#stopping = stopping;
    this.#average = options.average ?? null;
  }

  /** For the checkpoint file of `options`. */
  static async of(network: Network, file: string, data: Dataset | Batches, options: FitOptions, stopping: EarlyStopping | null): Promise<Keeper> {
    const { epochs, seed = 1, dropLast = false, augment = [], mixup = 0, schedule } = options;
    const images = isBatches(data) ? 0 : data.length;
    const batches = dropLast ? Math.floor(images / network.batchSize) : Math.ceil(images / network.batchSize);
    const updates = isBatches(data) ? NOTED_UPDATES : NOTED.map((part) => Math.floor(part * epochs * batches));
    return new Keeper(network, file, options, {
      data: isBatches(data) ? 'batches' : await fingerprint(data), images, batchSize: network.batchSize, seed, dropLast, augment: augment.map(({ name }) => name), mixup,
      rates: schedule ? updates.map((update) => [update, schedule(update)] as const) : [],
    }, stopping);
  }

  get #slots(): Slot[] {
    return [...(this.#average?.slots ?? []), ...(this.#stopping?.slots ?? [])];
  }

  /** Replaces the file, whole or not at all. */
  async write({ epoch, batch, lossSum = 0 }: Position): Promise<void> {
    const state: FitState = { position: { epoch, batch, lossSum }, run: this.#run, stopping: this.#stopping?.state ?? null, averaged: this.#average?.count ?? null };
    await save(this.#file, this.#network.checkpoint({ fit: JSON.stringify(state) }, this.#slots));
  }

  /** Puts the file's run back and returns where it stood; null where there is no file. */
  async resume(): Promise<Position | null> {
    const { existsSync, promises } = node('node:fs');
    if (!existsSync(this.#file)) return null;
    const bytes = new Uint8Array(await promises.readFile(this.#file));
    const state = readState(readSafetensors(bytes, this.#file).metadata['fit'], this.#file);
    this.#check(state);
    this.#network.restore(bytes, this.#file, this.#slots);
    if (this.#stopping && state.stopping) this.#stopping.state = state.stopping;
    if (this.#average) this.#average.count = state.averaged ?? 0;
    return state.position;
  }

  #check({ run, stopping, averaged }: FitState): void {
    const refuse = (what: string, given: unknown, was: unknown): never => {
      throw new OptionError(`fit: ${what} ${JSON.stringify(given)}, but ${this.#file} was written with ${JSON.stringify(was)}`);
    };
    const own = this.#run;
    if ((own.data === 'batches') !== (run.data === 'batches')) throw new OptionError(`fit: ${own.data === 'batches' ? 'batches are given' : 'a data set is given'}, but ${this.#file} was written while training on ${run.data === 'batches' ? 'batches' : 'a data set'}`);
    if (own.images !== run.images) refuse('images', own.images, run.images);
    if (own.data !== run.data) throw new OptionError(`fit: the data set is not the one that ${this.#file} was trained on: its images, labels or classes differ`);
    for (const name of ['batchSize', 'seed', 'dropLast', 'mixup'] as const) if (own[name] !== run[name]) refuse(name, own[name], run[name]);
    if (own.augment.join('; ') !== run.augment.join('; ')) refuse('augment', own.augment, run.augment);
    if ((stopping === null) !== (this.#stopping === null)) refuse('earlyStopping', this.#stopping !== null, stopping !== null);
    if ((averaged === null) !== (this.#average === null)) refuse('average', this.#average !== null, averaged !== null);
    const { schedule } = this.#options;
    if (Boolean(schedule) !== run.rates.length > 0) refuse('schedule', Boolean(schedule), run.rates.length > 0);
    for (const [update, rate] of run.rates) if (schedule && schedule(update) !== rate) refuse(`schedule: the rate after ${update} updates is`, schedule(update), rate);
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** Parses the metadata; whatever is not of the form that `write` gives is refused. */
function readState(text: string | undefined, file: string): FitState {
  const fail = (problem: string): never => {
    throw new FormatError(`${file}: ${problem}, expected a checkpoint that fit wrote`);
  };
  if (text === undefined) return fail('no fit in its metadata');
  let state: FitState;
  try {
    state = JSON.parse(text) as FitState;
  } catch {
    return fail('fit in its metadata is not JSON');
  }
  const { position, run, stopping, averaged } = state ?? {};
  if (!position || !isCount(position.epoch) || !isCount(position.batch) || !Number.isFinite(position.lossSum)) return fail('no position in its metadata');
  const rates = Array.isArray(run?.rates) && run.rates.every((pair) => Array.isArray(pair) && isCount(pair[0]) && Number.isFinite(pair[1]));
  if (!run || typeof run.data !== 'string' || !rates || !Array.isArray(run.augment) || !run.augment.every((name) => typeof name === 'string')) return fail('no run in its metadata');
  if (stopping !== null && !(isCount(stopping?.wait) && isCount(stopping.bestEpoch) && (stopping.best === null || Number.isFinite(stopping.best)))) return fail('no early stopping in its metadata');
  if (averaged !== null && !isCount(averaged)) return fail('no count of averaged weights in its metadata');
  return state;
}
