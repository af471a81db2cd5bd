/** erf by its series below 3, by the continued fraction of erfc above: both to about 1e-15. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const a = Math.abs(x);
  return Math.sign(x) * (a < 3 ? series(a) : 1 - tail(a));
}

/** 2/√π Σ (−1)^n a^(2n+1) / (n! (2n + 1)), in the form without cancellation: 2/√π e^(−a²) Σ 2^n a^(2n+1) / (2n + 1)!!. */
function series(a: number): number {
  let [term, sum] = [a, a];
  for (let n = 1; n < 200; n++) {
    term *= (2 * a * a) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
}

/** erfc(a) = e^(−a²)/√π · 1/(a + (1/2)/(a + 1/(a + (3/2)/(a + ...)))). */
function tail(a: number): number {
  if (a > 30) return 0;
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction);
}
