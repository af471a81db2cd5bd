import { OptionError } from './core/errors.js';
import { elements, type Shape } from './core/shape.js';
import { gather } from './data/batches.js';
import type { Dataset } from './data/dataset.js';
import { readImages, type Images } from './images.js';
import type { Targets } from './training/targets.js';

/** At most `batchSize` images and what they are to become. */
export interface Batch {
  readonly images: Images;
  readonly labels: Targets;
}

type Once = Iterable<Batch> | AsyncIterable<Batch>;

/** Batches that are no data set: an array, a generator, a stream; or what gives those of an epoch (from 0), where there are several. */
export type Batches = Once | ((epoch: number) => Once);

/** A batch as a loop over data meets it. */
interface Part {
  /** Of one's own: they may be changed. */
  readonly images: Float32Array;
  readonly labels: Targets;
  /** Numbers of the images: in the data set, or in the epoch. */
  readonly indices: Uint32Array;
}

/** One pass over data. */
export interface Pass {
  /** Batches and images that are left out at its beginning. */
  readonly batch: number;
  readonly done: number;
  /** All batches and images: Infinity where batches do not tell. */
  readonly batches: number;
  readonly total: number;
  readonly parts: AsyncIterable<Part>;
}

export const isBatches = (data: Dataset | Batches): data is Batches => typeof data === 'function' || Symbol.asyncIterator in data || Symbol.iterator in data;

/** Refuses batches that more than one epoch wants and that can be read once. */
export function refuseOnce(who: string, data: Dataset | Batches | null | undefined, epochs: number): void {
  if (epochs > 1 && data && ('next' in data || 'getReader' in data)) {
    throw new OptionError(`${who}: a generator or a stream can be read once, and ${epochs} epochs want it; expected a function (epoch) => batches, an array or a data set`);
  }
}

/** The images `indices` of a data set, from batch `batch` on. */
export function passOver(data: Dataset, batchSize: number, indices: Uint32Array, batch = 0): Pass {
  const total = indices.length;
  const done = Math.min(total, batch * batchSize);
  return { batch, done, batches: Math.ceil(total / batchSize), total, parts: gathered(data, batchSize, indices.subarray(done)) };
}

async function* gathered(data: Dataset, batchSize: number, indices: Uint32Array): AsyncGenerator<Part, void, void> {
  const size = elements(data.shape);
  const images = new Float32Array(batchSize * size);
  const labels = new Int32Array(batchSize);
  for (let from = 0; from < indices.length; from += batchSize) {
    const part = indices.subarray(from, from + batchSize);
    await data.prepare?.(part);
    gather(data, part, 0, part.length, images, labels);
    yield { images: images.subarray(0, part.length * size), labels: labels.subarray(0, part.length), indices: part };
  }
}

/** The batches of epoch `epoch`. While it waits for one, `signal` ends it. */
export function passThrough(who: string, batches: Batches, epoch: number, image: Shape, signal?: AbortSignal): Pass {
  return { batch: 0, done: 0, batches: Infinity, total: Infinity, parts: copied(who, typeof batches === 'function' ? batches(epoch) : batches, image, signal) };
}

async function* copied(who: string, batches: Once, image: Shape, signal?: AbortSignal): AsyncGenerator<Part, void, void> {
  let [batch, from] = [0, 0];
  for await (const { images, labels } of untilAborted(batches, signal)) {
    const { data, count } = readImages(images, image, `${who}: images of batch ${batch++}`);
    yield { images: data.slice(), labels, indices: Uint32Array.from({ length: count }, (_, i) => from + i) };
    from += count;
  }
  if (batch === 0) throw new OptionError(`${who}: no batches, expected at least one`);
}

/** The batches; where the signal comes while one is awaited, throws its reason and waits no longer. */
async function* untilAborted(batches: Once, signal?: AbortSignal): AsyncGenerator<Batch, void, void> {
  if (!signal) return yield* batches;
  const iterator = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  aborted.catch(() => undefined);
  try {
    for (let next; !(next = await Promise.race([iterator.next(), aborted])).done; ) yield next.value;
  } finally {
    signal.removeEventListener('abort', stop);
    void iterator.return?.();
  }
}
