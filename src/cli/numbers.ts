/** `12,000` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A fraction with one decimal: `98.6 %`; the ends are kept for exactly none and all. */
export function percent(fraction: number): string {
  if (Number.isNaN(fraction)) return '-';
  const value = 100 * fraction;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  if (value > 99.9 && value < 100) return '> 99.9 %';
  return `${value.toFixed(1)} %`;
}

/** A loss with four decimals, as `1.16e+3` from 1,000 on. */
export function lossText(loss: number): string {
  return loss < 1000 ? loss.toFixed(4) : loss.toExponential(2);
}

/** Images per second, three digits that mean something: `10,400`. */
export function rate(imagesPerSecond: number): string {
  return Number.isFinite(imagesPerSecond) ? count(Number(imagesPerSecond.toPrecision(3))) : '-';
}

/** `4 s left`, `3 min 05 s left`, `2 h 07 min left`; empty while unknown. */
export function timeLeft(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s left`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s left`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min left`;
}

/** Bytes as kB of 1000: `247 kB` */
export function kilobytes(bytes: number): string {
  return `${count(Math.round(bytes / 1000))} kB`;
}
