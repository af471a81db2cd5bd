import { SingleBar } from 'cli-progress';
import { barLine, plainLine, type Standing } from './terminal-bar.js';
import { epochTable, type EpochRow } from './terminal-table.js';
import { paint, progressTerminal, type Terminal } from './terminal.js';

const PLAIN_LINE_MS = 30_000;
const REDRAWS_PER_SECOND = 10;

/** What training shows on stderr: a table that grows by a line per epoch, and below it one line that moves. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #stream: NodeJS.WritableStream;
  readonly #table: ReturnType<typeof epochTable>;
  #standing: Standing | null = null;
  #bar: SingleBar | null = null;
  #lastLine = performance.now();

  constructor(epochs: number, tested: boolean, stream: NodeJS.WritableStream = process.stderr, terminal: Terminal = progressTerminal) {
    this.#stream = stream;
    this.#terminal = terminal;
    this.#table = epochTable(this.#terminal, epochs, tested);
    this.#write(paint(this.#terminal, 'dim', this.#table.header()));
  }

  /** Call as often as you like: the line is redrawn at most 10 times a second, without a terminal written every 30 s. */
  step(standing: Standing): void {
    this.#standing = standing;
    if (this.#terminal.moving) this.#draw(standing);
    else if (performance.now() - this.#lastLine >= PLAIN_LINE_MS) this.#write(plainLine(standing));
  }

  epoch(row: EpochRow): void {
    this.stop();
    this.#write(this.#table.row(row));
  }

  /** Takes the moving line away and gives the cursor back. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  #draw({ fraction }: Standing): void {
    if (this.#bar === null) {
      this.#bar = new SingleBar({
        format: () => barLine(this.#standing!, this.#terminal),
        stream: this.#stream,
        fps: REDRAWS_PER_SECOND,
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
      });
      this.#bar.start(1, 0);
    }
    this.#bar.update(fraction);
  }

  #write(line: string): void {
    this.#stream.write(`${line}\n`);
    this.#lastLine = performance.now();
  }
}
