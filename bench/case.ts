import { places } from './numbers.js';
import { mismatch, type Check } from './reference.js';

/** Something to time: it is run once, checked, then run many times. */
export interface Case {
  readonly id: string;
  /** Floating-point operations of one run; 0 where the row is about bytes or time. */
  readonly flops: number;
  /** Bytes that one run reads and writes at least; 0: not counted. */
  readonly bytes: number;
  /** Images of one run, where the row is about a network. */
  readonly images?: number;
  /** At once with one worker, else as a promise. */
  readonly run: () => void | Promise<void>;
  /** Compares what the first run left; says what is wrong, or null. */
  readonly check: () => string | null;
  /** Puts back, untimed, what runs wear out. */
  readonly between?: () => void;
}

/** How many elements of a result are compared. */
const SAMPLES = 48;

/** The check of a case: all of the result finite, some of it compared. */
export function sampled(result: () => Check): () => string | null {
  return () => {
    const check = result();
    return mismatch(check, places(check.got.length, SAMPLES));
  };
}
