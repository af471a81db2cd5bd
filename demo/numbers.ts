// Numbers as the page writes them: U+2212 for minus, digits in groups, never a false last digit.

const MINUS = '\u2212';

const signed = (text: string): string => text.replace('-', MINUS);

/** Without the zeros that end a decimal fraction, and without the sign of a zero. */
const trimmed = (text: string): string => (text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text).replace(/^-0$/, '0');

/** For a cell of a grid: at most two decimals and five characters. */
export function cell(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : signed(value < 0 ? '-∞' : '∞');
  for (const decimals of [2, 1, 0]) {
    const text = trimmed(value.toFixed(decimals));
    if (text.length <= 5) return signed(text);
  }
  return signed(value.toExponential(0).replace('+', ''));
}

/** The shortest decimal that reads back as the same float32. */
export function exact(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === single) return signed(String(short));
  }
  return signed(String(Number(value.toPrecision(9))));
}

/** For a sentence: four significant digits, and whether that is all of it. */
function four(value: number): { text: string; whole: boolean } {
  const rounded = Number(value.toPrecision(4));
  const whole = Math.abs(value) < 1e6 && Number.isInteger(value) ? value : rounded;
  return { text: signed(String(whole === 0 ? 0 : whole)), whole: Math.fround(whole) === Math.fround(value) };
}

export const figure = (value: number): string => four(value).text;

/** Four significant digits after = or, where rounded, after ≈. */
export function equals(value: number): string {
  const { text, whole } = four(value);
  return `${whole ? '=' : '≈'} ${text}`;
}

/** As a factor or summand: negative ones stand in parentheses. */
export const factor = (value: number): string => (value < 0 ? `(${figure(value)})` : figure(value));

export function percent(part: number): string {
  if (part > 0 && part < 0.001) return '< 0.1 %';
  if (part < 1 && part > 0.999) return '> 99.9 %';
  return `${(part * 100).toFixed(1)} %`;
}

export const loss = (value: number): string => (Number.isFinite(value) ? signed(value.toFixed(4)) : String(value));

export const rate = (value: number): string => String(Number(value.toPrecision(3)));

/** 12,345 */
export const count = (value: number): string => value.toLocaleString('en');

/** 980 or 10.4k */
export const speed = (value: number): string => (value < 1000 ? String(Math.round(value)) : `${(value / 1000).toFixed(1)}k`);

/** A number as people type it, with any minus; NaN where it is none. */
export function typed(text: string): number {
  const plain = text.trim().replaceAll(MINUS, '-').replace(',', '.');
  return plain === '' ? NaN : Number(plain);
}
