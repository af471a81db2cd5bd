import { lossText, rate, timeLeft } from './numbers.js';
import { paint, type Terminal } from './terminal.js';

/** Where training stands. */
export interface Standing {
  /** `2/5` */
  readonly epoch: string;
  /** Part of the epoch that is done, 0..1. */
  readonly fraction: number;
  /** Mean so far in this epoch. */
  readonly loss: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

const WIDEST = 24;
const NARROWEST = 10;

function bar(terminal: Terminal, fraction: number, width: number): string {
  const halves = Math.round(Math.min(1, Math.max(0, fraction)) * width * 2);
  const full = Math.floor(halves / 2);
  const done = terminal.unicode ? '━'.repeat(full) + (halves % 2 === 1 ? '╸' : '') : '#'.repeat(full);
  const rest = (terminal.unicode ? '─' : '-').repeat(width - done.length);
  return paint(terminal, 'cyan', done) + paint(terminal, 'dim', rest);
}

function details(standing: Standing): string[] {
  const left = timeLeft(standing.secondsLeft);
  return [`loss ${lossText(standing.loss)}`, `${rate(standing.imagesPerSecond)} images/s`, ...(left === '' ? [] : [left])];
}

const percentOf = (fraction: number) => ` ${`${Math.floor(100 * fraction)} %`.padStart(4)}`;

/**
 * ` 2/5 ━━━━━━━━━━━━━━╸──────── 62 %  loss 0.1912  10,400 images/s  4 s left`
 * One column stays free, so that the line never wraps. The bar shrinks to 10; then time left, rate and loss go, then the bar.
 */
export function barLine(standing: Standing, terminal: Terminal): string {
  const room = terminal.columns() - 1;
  const head = ` ${standing.epoch} `;
  const after = percentOf(standing.fraction);
  const shown = details(standing);
  for (let kept = shown.length; kept >= 0; kept--) {
    const tail = after + shown.slice(0, kept).map((text) => `  ${text}`).join('');
    const width = Math.min(WIDEST, room - head.length - tail.length);
    if (width >= NARROWEST) return head + bar(terminal, standing.fraction, width) + tail;
  }
  return `${head}${after.trim()}`.slice(0, Math.max(0, room));
}

/** The same without a bar, for files: `2/5 62 %  loss 0.1912  10,400 images/s  4 s left`. */
export function plainLine(standing: Standing): string {
  return [`${standing.epoch}${percentOf(standing.fraction)}`, ...details(standing)].join('  ');
}
