import type { Row } from './row.js';

const COLUMNS = ['', 'median ms', 'min ms', 'spread', 'first ms', 'GFLOP/s', '% of peak', 'GB/s', '% of copy', 'images/s', 'bytes', 'brotli'] as const;
const WIDTHS = [52, 10, 10, 7, 9, 8, 9, 7, 9, 9, 12, 8];

function show(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]!) : cell.padStart(WIDTHS[i]!))).join(' ').trimEnd();
}

export const heading = (): string => line(COLUMNS);

/** A row as a line of the table. */
export function tableLine(row: Row): string {
  const { id, error, note } = row;
  if (error !== undefined) return `${id.padEnd(WIDTHS[0]!)} error: ${error}`;
  const spread = row.spread === null ? '' : `${(100 * row.spread).toFixed(0)} %`;
  const figures = [row.gflops, row.percentOfPeak, row.gbPerSecond, row.percentOfCopy, row.imagesPerSecond, row.bytes, row.brotliBytes].map(show);
  return line([id, show(row.medianMs), show(row.minMs), spread, show(row.firstMs), ...figures]) + (note ? `  ${note}` : '');
}
