import type { Terminal } from './terminal.js';

/** One channel of values 0 (paper) to 1 (ink), row-major. */
export interface Picture {
  readonly pixels: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Rows and columns of the pictures that are drawn. */
export interface View {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

const INK = 0.4;
const SHADES = ' .:*#';
/** Bit of each dot of a braille character, [row][column]; characters start at U+2800. */
const DOTS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]] as const;
const DOT_ROWS = 4;
const DOT_COLUMNS = 2;
const VIEW_WIDTH = 26;
const VIEW_HEIGHT = 20;

/** A view that shows the ink of every picture: 26x20 dots, more where the ink needs them; pictures have equal sizes. */
export function viewOf(pictures: readonly Picture[]): View {
  const { height, width } = pictures[0]!;
  const rows = range(height, (y) => pictures.some(({ pixels }) => pixels.subarray(y * width, (y + 1) * width).some((value) => value >= INK)));
  const columns = range(width, (x) => pictures.some(({ pixels }) => pixels.some((value, i) => i % width === x && value >= INK)));
  return { ...window('top', 'height', rows, VIEW_HEIGHT, DOT_ROWS), ...window('left', 'width', columns, VIEW_WIDTH, DOT_COLUMNS) };
}

/** First and one past the last position that holds ink; everything where none does. */
function range(length: number, inked: (at: number) => boolean): [number, number] {
  const hits = Array.from({ length }, (_, at) => at).filter(inked);
  return hits.length === 0 ? [0, length] : [hits[0]!, hits.at(-1)! + 1];
}

/** At least `least` dots around the middle of the ink, in whole characters. */
function window<Start extends string, Size extends string>(start: Start, size: Size, [from, to]: [number, number], least: number, dots: number) {
  const length = Math.ceil(Math.max(least, to - from) / dots) * dots;
  const at = Math.floor((from + to - length) / 2);
  return { [start]: at, [size]: length } as Record<Start | Size, number>;
}

/** Lines of characters of 2x4 dots each: braille, or five shades of ASCII. */
export function drawPicture(picture: Picture, view: View, unicode: boolean): string[] {
  const lines: string[] = [];
  for (let y = 0; y < view.height; y += DOT_ROWS) {
    let line = '';
    for (let x = 0; x < view.width; x += DOT_COLUMNS) line += character(picture, view.top + y, view.left + x, unicode);
    lines.push(line);
  }
  return lines;
}

function character({ pixels, height, width }: Picture, top: number, left: number, unicode: boolean): string {
  let code = 0x2800;
  let sum = 0;
  DOTS.forEach((row, dy) =>
    row.forEach((bit, dx) => {
      const [y, x] = [top + dy, left + dx];
      const value = y >= 0 && y < height && x >= 0 && x < width ? pixels[y * width + x]! : 0;
      sum += value;
      if (value >= INK) code |= bit;
    }),
  );
  if (unicode) return String.fromCodePoint(code);
  return SHADES[Math.min(4, Math.round((sum / 8) * 6))]!;
}

const GAP = '  ';

/** Pictures side by side with a caption below each; as many to a row as fit. */
export function gallery(items: readonly { picture: Picture; caption: string }[], terminal: Terminal): string {
  const view = viewOf(items.map((item) => item.picture));
  const rows: string[][][] = [];
  let used = Infinity;
  for (const { picture, caption } of items) {
    const lines = [...drawPicture(picture, view, terminal.unicode), caption];
    const width = Math.max(view.width / DOT_COLUMNS, caption.length);
    if (used + GAP.length + width >= terminal.columns()) {
      rows.push([]);
      used = 1 - GAP.length;
    }
    used += GAP.length + width;
    rows.at(-1)!.push(lines.map((line) => line.padEnd(width)));
  }
  return rows.map(sideBySide).join('\n');
}

function sideBySide(blocks: readonly string[][]): string {
  return blocks[0]!.map((_, y) => ` ${blocks.map((lines) => lines[y]!).join(GAP)}`.trimEnd()).join('\n');
}
