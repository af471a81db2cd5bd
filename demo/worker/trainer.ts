import { DivergedError, fit, type FitProgress, type Network } from '../../src/index.js';
import { exp } from '../../src/core/math.js';
import { digits } from '../../src/data/digits.js';
import type { Split } from '../../src/data/dataset.js';
import { softmax } from '../../src/training/metrics.js';
import type { RunOptions } from '../address.js';
import { factsOf, kernelsOf, learner, lookAt, rowOf, shippedReader } from './lenet.js';
import type { FromWorker, Place, ToWorker, Unit } from './messages.js';
import { validate } from './validate.js';

/** The page hears of progress at most this often. */
const REPORT_MS = 100;
const ENDLESS = 1_000_000;

type Post = (message: FromWorker, transfer?: Transferable[]) => void;

/** A network that learns drawn digits and, between two steps, looks at what it is shown. */
interface Room {
  readonly run: RunOptions;
  readonly network: Network;
  readonly data: Split;
  place: Place;
  /** Whether it has learned, or was given weights. */
  trained: boolean;
}

/** Obeys the page's messages: in a worker, or where none is allowed in the page itself. */
export class Trainer {
  readonly #post: Post;
  #room: Room | null = null;
  #stop: AbortController | null = null;
  #promised: number | null = null;
  #losses: number[] = [];
  #reported = 0;
  #last: FitProgress | null = null;
  #shipped: Promise<Network> | null = null;
  /** Messages wait for one another; `look` and `pause` act between two steps. */
  #queue: Promise<void> = Promise.resolve();

  constructor(post: Post) {
    this.#post = post;
  }

  hear(message: ToWorker): void {
    if (message.type === 'look') return void this.#look(message.id, message.image, message.open).catch((error: unknown) => this.#refuse('look', error));
    if (message.type === 'train' || message.type === 'step') {
      if (!this.#stop) this.#enqueue('train', () => this.#train(message.type === 'step'));
      return undefined;
    }
    if (message.type === 'weights') return this.#guarded('train', () => this.#weights());
    this.#stop?.abort();
    if (message.type === 'open') this.#enqueue('open', () => this.#open(message.run, message.checkpoint, message.promised));
    else if (message.type === 'load') this.#enqueue('load', () => this.#load(message.bytes, message.file));
    return undefined;
  }

  #guarded(what: 'open' | 'load' | 'train' | 'look', act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#refuse(what, error);
    }
  }

  #refuse(what: 'open' | 'load' | 'train' | 'look', error: unknown): void {
    if (error instanceof DivergedError) this.#post({ type: 'diverged', step: error.step, layer: error.layer, rate: this.#room!.run.lr });
    else this.#post({ type: 'refused', what, message: error instanceof Error ? error.message : String(error) });
  }

  #enqueue(what: 'open' | 'load' | 'train', act: () => Promise<void>): void {
    this.#queue = this.#queue.then(act).catch((error: unknown) => this.#refuse(what, error));
  }

  async #open(run: RunOptions, checkpoint: Uint8Array | null, promised: number | null): Promise<void> {
    const network = await learner(run);
    const extra = checkpoint ? network.restore(checkpoint) : {};
    const old = this.#room;
    const place = JSON.parse(extra['page.place'] ?? '{"epoch":0,"batch":0}') as Place;
    this.#room = { run, network, data: digits({ seed: run.seed, lazy: true }), place, trained: network.steps > 0 };
    this.#promised = promised;
    void old?.network.dispose();
    const { params, memory } = network.summary();
    this.#post({
      type: 'opened', run, step: network.steps, epoch: place.epoch, kernels: kernelsOf(network), layers: factsOf(network),
      images: this.#room.data.train.length, params, memoryBytes: memory.train ?? 0,
    });
  }

  async #train(once: boolean): Promise<void> {
    const room = this.#room;
    if (!room) return;
    const stop = (this.#stop = new AbortController());
    this.#reported = performance.now();
    this.#losses = [];
    const onStep = (at: FitProgress): void => {
      this.#stepped(room, at);
      if (once) stop.abort();
    };
    try {
      const options = { epochs: ENDLESS, seed: room.run.seed, signal: stop.signal, position: room.place, onStep };
      for await (const epoch of fit(room.network, room.data.train, options)) {
        room.place = epoch.position;
        this.#flush(room);
        await this.#validate(room, epoch.epoch, epoch.loss, stop.signal);
        if (stop.signal.aborted) break;
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      this.#stop = null;
    }
    this.#flush(room);
    this.#post({ type: 'paused', step: room.network.steps, digest: await digestOf(room.network), checkpoint: this.#checkpoint(room) });
  }

  #stepped(room: Room, at: FitProgress): void {
    const { network } = room;
    const before = room.place.epoch === at.position.epoch ? room.place.lossSum ?? 0 : 0;
    const images = at.done - (at.batch - 1) * network.batchSize;
    this.#losses.push(((at.position.lossSum ?? 0) - before) / images);
    room.place = at.position;
    room.trained = true;
    this.#last = at;
    if (network.steps === this.#promised) {
      const { steps } = network;
      void digestOf(network).then((digest) => this.#post({ type: 'reached', step: steps, digest }));
    }
    if (performance.now() - this.#reported >= REPORT_MS || this.#losses.length === 1 && network.steps === 1) this.#report(room, at);
  }

  #report({ network }: Room, at: FitProgress): void {
    this.#reported = performance.now();
    const kernels = kernelsOf(network);
    const losses = Float32Array.from(this.#losses.splice(0));
    this.#post({ type: 'progress', step: network.steps, epoch: at.epoch, part: at.done / at.total, losses, imagesPerSecond: at.imagesPerSecond, kernels }, [losses.buffer, kernels.c3.buffer]);
  }

  /** Reports steps that the page has not heard of. */
  #flush(room: Room): void {
    if (this.#last && this.#losses.length > 0) this.#report(room, this.#last);
  }

  async #validate(room: Room, epoch: number, loss: number, signal: AbortSignal): Promise<void> {
    const { network, data } = room;
    const found = await validate(network, data.test!, signal);
    if (!found) return;
    const { accuracy, mistakes } = found;
    this.#post({ type: 'validated', step: network.steps, epoch, loss, accuracy, count: data.test!.length, mistakes, digest: await digestOf(network), checkpoint: this.#checkpoint(room) });
  }

  async #look(id: number, image: Float32Array, open: Unit | null): Promise<void> {
    if (!this.#room) return;
    const { network: own, run, trained } = this.#room;
    const shipped = !trained && run.model === 'lenet5';
    const network = shipped ? await (this.#shipped ??= shippedReader()) : own;
    const maps = await lookAt(network, image);
    const probabilities = Float32Array.from(softmax(maps['output']!, exp));
    const row = open && rowOf(network, open);
    this.#post({ type: 'seen', id, step: own.steps, probabilities, maps, image, kernels: kernelsOf(network), row, shipped }, Object.values(maps).map((values) => values.buffer as ArrayBuffer));
  }

  #checkpoint({ network, place }: Room): Uint8Array {
    return network.checkpoint({ 'page.place': JSON.stringify(place) });
  }

  #weights(): void {
    const { network, run } = this.#room!;
    const metadata = { model: run.model, classes: JSON.stringify([...'0123456789']), data: 'drawn digits', seed: String(run.seed), command: commandOf(run), steps: String(network.steps) };
    this.#post({ type: 'weights', bytes: network.save({ metadata }) });
  }

  async #load(bytes: Uint8Array, file: string): Promise<void> {
    const room = this.#room!;
    room.network.load(bytes, { file });
    room.trained = true;
    this.#post({ type: 'loaded', file, step: room.network.steps, digest: await digestOf(room.network), kernels: kernelsOf(room.network), checkpoint: this.#checkpoint(room) });
  }
}

/** The command that trains the same network: after as many steps its weights have the same digest. Its momentum is 0.9; none for another. */
export const commandOf = ({ model, seed, lr, batch, momentum }: RunOptions): string =>
  momentum === 0.9 ? `convasm train --model ${model} --seed ${seed} --lr ${lr} --batch-size ${batch}` : '';

/** First 8 digits of the weights' SHA-256; null where the page has no right to hash (plain http from another machine). */
async function digestOf(network: Network): Promise<string | null> {
  return globalThis.crypto?.subtle ? (await network.digest()).slice(0, 8) : null;
}
