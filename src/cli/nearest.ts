/** Number of letters to insert, delete or replace to turn `a` into `b` (Levenshtein, 1966). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The name that `given` was most likely meant to be; null where none is near. */
export function nearest(given: string, names: readonly string[]): string | null {
  const ranked = names
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const within = Math.max(2, Math.floor(given.length / 3));
  return best !== undefined && best.distance <= within && best.distance < best.name.length ? best.name : null;
}

/** `, did you mean lenet5?`, or the names there are. */
export function suggestion(given: string, names: readonly string[]): string {
  const name = nearest(given, names);
  return name === null ? `, expected one of ${names.join(', ')}` : `, did you mean ${name}?`;
}
