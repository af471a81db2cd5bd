/** What a set of labelled images says about a network. */
export interface Evaluation {
  /** Mean loss over the images. */
  readonly loss: number;
  /** Fraction whose highest output is the label's. */
  readonly accuracy: number;
  /** Fraction whose label is among the five highest outputs. */
  readonly top5: number;
  /** confusion[true class][predicted class]: numbers of images. */
  readonly confusion: Uint32Array[];
  readonly count: number;
}

/** Index of the largest number; the first wins ties. */
export function argmax(values: ArrayLike<number>, from = 0, to = values.length): number {
  let best = from;
  for (let i = from + 1; i < to; i++) if (values[i]! > values[best]!) best = i;
  return best - from;
}

/** Counts predictions; feed it batch by batch. */
export class Tally {
  readonly confusion: Uint32Array[];
  readonly classes: number;
  count = 0;
  #hits = 0;
  #top5 = 0;
  #loss = 0;

  constructor(classes: number) {
    this.classes = classes;
    this.confusion = Array.from({ length: classes }, () => new Uint32Array(classes));
  }

  /** @param logits [n, classes]  @param losses the loss of each image */
  add(logits: Float32Array, labels: ArrayLike<number>, losses: ArrayLike<number>): void {
    for (let i = 0; i < labels.length; i++) {
      const from = i * this.classes;
      const label = labels[i]!;
      const said = argmax(logits, from, from + this.classes);
      this.confusion[label]![said]!++;
      if (said === label) this.#hits++;
      if (higher(logits, from, this.classes, label) < 5) this.#top5++;
      this.#loss += losses[i]!;
      this.count++;
    }
  }

  result(): Evaluation {
    const { count, confusion } = this;
    return { loss: this.#loss / count, accuracy: this.#hits / count, top5: this.#top5 / count, confusion, count };
  }
}

/** How many outputs are above the label's. */
function higher(logits: Float32Array, from: number, classes: number, label: number): number {
  const own = logits[from + label]!;
  let count = 0;
  for (let c = 0; c < classes; c++) if (logits[from + c]! > own) count++;
  return count;
}

/** Softmax of one row in float64, for people and for losses of single predictions. */
export function softmax(logits: ArrayLike<number>, exp: (x: number) => number): Float64Array {
  const result = new Float64Array(logits.length);
  const top = logits[argmax(logits)]!;
  let sum = 0;
  for (let i = 0; i < result.length; i++) sum += result[i] = exp(logits[i]! - top);
  for (let i = 0; i < result.length; i++) result[i]! /= sum;
  return result;
}
