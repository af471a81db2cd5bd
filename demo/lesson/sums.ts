import { equals, factor, figure } from '../numbers.js';

// Sums written out, as a course writes them on the board.

/** `1·1 + (−1)·3 + 1 = −1`: every product, then what is added. */
export function fullSum(a: readonly number[], b: readonly number[], added: number | null, total: number): string {
  const products = a.map((value, i) => `${factor(value)}·${factor(b[i]!)}`);
  if (added !== null) products.push(factor(added));
  return `${products.join(' + ')} ${equals(total)}`;
}

/** `2·7 + (−1)·(−2) = 16`: products with a zero in them are left out. */
export function shortSum(a: readonly number[], b: readonly number[], total: number): string {
  const products = a.flatMap((value, i) => (value !== 0 && b[i] !== 0 ? [`${factor(value)}·${factor(b[i]!)}`] : []));
  return products.length === 0 ? '0' : `${products.join(' + ')} ${equals(total)}`;
}

/** `2·2 − 2·1 + 2·2 = 6`: each input weighed by its residual, whose sign comes before the product. */
export function weighedSum(residuals: readonly number[], inputs: readonly number[], total: number): string {
  let text = '';
  residuals.forEach((residual, i) => {
    if (residual === 0 || inputs[i] === 0) return;
    const sign = residual < 0 ? '\u2212' : '+';
    text += `${text === '' ? (residual < 0 ? sign : '') : ` ${sign} `}${figure(Math.abs(residual))}·${factor(inputs[i]!)}`;
  });
  return text === '' ? '0' : `${text} ${equals(total)}`;
}

/** `0 + 2 + 7 − 1 = 8` */
export function plainSum(values: readonly number[], total: number): string {
  const text = values.filter((value) => value !== 0).map((value, i) => (i === 0 ? figure(value) : `${value < 0 ? '\u2212' : '+'} ${figure(Math.abs(value))}`)).join(' ');
  return `${text === '' ? '0' : text} ${equals(total)}`;
}
