import { DEFAULT_RUN, type Address, type RunOptions } from './address.js';
import { History, type Snapshot } from './history.js';
import { keep } from './store.js';
import { startTrainer, type Line } from './worker/crew.js';
import type { FromWorker, Kernels, LayerFacts, Mistake, Seen, ToWorker, Unit } from './worker/messages.js';

export type Activity = 'opening' | 'idle' | 'training' | 'pausing' | 'stepping';
type Types = FromWorker['type'];
type Of<T extends Types> = Extract<FromWorker, { type: T }>;

/** What the page knows of the run; panels hear of changes. */
export class Session {
  readonly line: Line;
  run: RunOptions = DEFAULT_RUN;
  activity: Activity = 'opening';
  step = 0;
  epoch = 0;
  part = 0;
  imagesPerSecond = 0;
  history = new History();
  accuracy: number | null = null;
  /** Of the last pause or epoch. */
  digest: { readonly step: number; readonly digest: string } | null = null;
  kernels: Kernels | null = null;
  startKernels: Kernels | null = null;
  layers: readonly LayerFacts[] = [];
  facts = { images: 0, params: 0, memoryBytes: 0 };
  mistakes: readonly Mistake[] = [];
  seen: Seen | null = null;
  promise: Address['promise'] = null;
  /** The unit whose weights are wanted with each look. */
  unit: Unit | null = null;
  #listeners = new Map<string, ((message: never) => void)[]>();
  #lookId = 0;
  #restored: Snapshot | null = null;
  #keepFailed = false;

  constructor(source: string) {
    this.line = startTrainer(source, (message) => this.#hear(message));
  }

  on<T extends Types>(type: T, hear: (message: Of<T>) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), hear]);
  }

  /** Anything that the run bar shows changed. */
  onChange(hear: () => void): void {
    this.#listeners.set('change', [...(this.#listeners.get('change') ?? []), hear]);
  }

  onKeepFailed(hear: () => void): void {
    this.#listeners.set('keepFailed', [hear]);
  }

  #emit(type: string, message?: FromWorker): void {
    for (const hear of this.#listeners.get(type) ?? []) hear(message as never);
  }

  #set(activity: Activity): void {
    this.activity = activity;
    this.#emit('change');
  }

  send(message: ToWorker, transfer: Transferable[] = []): void {
    this.line.send(message, transfer);
  }

  /** A new run from its seed, or one that goes on. */
  open(run: RunOptions, saved: { checkpoint: Uint8Array; history: Snapshot } | null = null): void {
    this.#restored = saved?.history ?? null;
    this.#set('opening');
    this.send({ type: 'open', run, checkpoint: saved?.checkpoint ?? null, promised: this.promise?.step ?? null });
  }

  train(): void {
    if (this.activity !== 'idle') return;
    this.send({ type: 'train' });
    this.#set('training');
  }

  pause(): void {
    if (this.activity !== 'training') return;
    this.send({ type: 'pause' });
    this.#set('pausing');
  }

  stepOnce(): void {
    if (this.activity !== 'idle') return;
    this.send({ type: 'step' });
    this.#set('stepping');
  }

  /** Shows the network an image [1, 32, 32]; `seen` answers, for the newest only. */
  look(image: Float32Array): void {
    this.send({ type: 'look', id: ++this.#lookId, image, open: this.unit });
  }

  #hear(message: FromWorker): void {
    if (message.type === 'seen') {
      if (message.id !== this.#lookId) return;
      this.seen = message;
    } else this.#take(message);
    this.#emit(message.type, message);
    if (message.type !== 'seen') this.#emit('change');
  }

  #take(message: FromWorker): void {
    switch (message.type) {
      case 'opened': return this.#opened(message);
      case 'progress': return this.#progressed(message);
      case 'validated': return this.#validated(message);
      case 'paused':
        this.#sealed(message.step, message.digest, message.checkpoint);
        this.activity = 'idle';
        return undefined;
      case 'loaded':
        this.kernels = message.kernels;
        return this.#sealed(message.step, message.digest, message.checkpoint);
      case 'diverged':
      case 'refused':
        if (message.type === 'diverged' || message.what !== 'look') this.activity = 'idle';
        return undefined;
      default: return undefined;
    }
  }

  #opened(message: Of<'opened'>): void {
    const { run, step, epoch, kernels, layers, images, params, memoryBytes } = message;
    this.history = new History(this.#restored ?? undefined);
    Object.assign(this, { run, step, epoch, kernels, layers, part: 0, seen: null, mistakes: [], digest: null, startKernels: kernels, accuracy: this.history.validated.at(-1)?.accuracy ?? null });
    this.facts = { images, params, memoryBytes };
    this.activity = 'idle';
  }

  #progressed({ step, epoch, part, losses, imagesPerSecond, kernels }: Of<'progress'>): void {
    Object.assign(this, { step, epoch, part, imagesPerSecond, kernels });
    losses.forEach((loss, i) => this.history.add(step - losses.length + 1 + i, loss));
  }

  #validated({ step, epoch, accuracy, loss, mistakes, digest, checkpoint }: Of<'validated'>): void {
    Object.assign(this, { step, epoch, accuracy, mistakes, part: 1 });
    this.history.validated.push({ step, accuracy, loss });
    this.#sealed(step, digest, checkpoint);
  }

  /** The weights of this step have a digest and are kept for the next visit. */
  #sealed(step: number, digest: string | null, checkpoint: Uint8Array): void {
    this.step = step;
    this.digest = digest ? { step, digest } : null;
    keep('run', { run: this.run, step, checkpoint, history: this.history.snapshot() }).catch(() => {
      if (!this.#keepFailed) this.#emit('keepFailed');
      this.#keepFailed = true;
    });
  }
}
