import { OptionError } from '../core/errors.js';
import { Random } from '../core/random.js';
import type { Dataset } from './dataset.js';
import { write } from './digits/hand.js';
import { Pen, SIDE } from './digits/pen.js';
import { forms } from './digits/strokes.js';
import type { Form } from './digits/strokes.js';
import { Trace } from './digits/trace.js';

/** What `digits` draws. */
export interface DigitsOptions {
  /** Images to train on, 12000 unless given. */
  readonly train?: number;
  /** Images to test on, 2000 unless given. */
  readonly test?: number;
  /** Another seed draws other digits. */
  readonly seed?: number;
  /** Each image is drawn when it is first read, so that nothing waits for all of them. Default false. */
  readonly lazy?: boolean;
}

const CLASSES: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const PADDED = 32;
const PADDING = (PADDED - SIDE) / 2;
/** Least and most haste of the hands that write each half: what is learned from hasty writing also reads calm writing. */
const HASTE = { train: [0.5, 1.8], test: [0.2, 0.7] } as const;
const MOST = 1_000_000;

/**
 * Handwritten-looking digits, drawn on the spot: [1, 32, 32], ink 1 on paper 0, in MNIST's form (28 x 28 padded by 2).
 * The half to train on is written in more haste than the half to test on, as images distorted for training are.
 * Image i of a half depends only on the seed, the half and i, and shows the digit i % 10.
 * @throws OptionError for a count that is not an integer from 0 to 1,000,000, or a bad seed
 */
export function digits(options: DigitsOptions = {}): { train: Dataset; test: Dataset } {
  const { train = 12000, test = 2000, seed = 1, lazy = false } = options;
  new Random(seed); // refuses a bad seed even where nothing is drawn
  return { train: drawHalf(train, 'train', seed, lazy), test: drawHalf(test, 'test', seed, lazy) };
}

function drawHalf(count: number, half: 'train' | 'test', seed: number, lazy: boolean): Dataset {
  if (!Number.isInteger(count) || count < 0 || count > MOST) throw new OptionError(`${half} is ${count}, expected an integer from 0 to ${MOST}`);
  const bytes = new Uint8Array(count * SIDE * SIDE);
  const drawn = new Uint8Array(count);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES.length);
  const [least, most] = HASTE[half];
  const trace = new Trace();
  const pen = new Pen(trace.x.length);
  const draw = (i: number): void => {
    const random = new Random(seed, 2 * i + (half === 'train' ? 0 : 1));
    write(choose(forms[labels[i]!]!, random), { random, haste: random.between(least, most) }, trace);
    pen.draw(trace, random, bytes.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
    drawn[i] = 1;
  };
  if (!lazy) for (let i = 0; i < count; i++) draw(i);
  return {
    name: 'drawn digits', length: count, shape: [1, PADDED, PADDED], classes: CLASSES, labels,
    read(index, out, offset) {
      if (!drawn[index]) draw(index);
      read(bytes, index, out, offset);
    },
  };
}

/** One of the forms, each as likely as its share. */
function choose(all: readonly Form[], random: Random): Form {
  let rest = random.between(0, all.reduce((sum, form) => sum + form.share, 0));
  return all.find((form) => (rest -= form.share) < 0) ?? all[0]!;
}

function read(bytes: Uint8Array, index: number, out: Float32Array, offset: number): void {
  out.fill(0, offset, offset + PADDED * PADDED);
  for (let row = 0; row < SIDE; row++) {
    const to = offset + (row + PADDING) * PADDED + PADDING;
    const from = (index * SIDE + row) * SIDE;
    for (let column = 0; column < SIDE; column++) out[to + column] = Math.fround(bytes[from + column]! / 255);
  }
}
