/** Picks names: a glob whose `*` stands for any characters, dots too ('c1.*'), a regular expression, or a function. */
export type Pattern = string | RegExp | ((name: string) => boolean);

/** Whether `pattern` picks `name`. */
export function matches(pattern: Pattern, name: string): boolean {
  if (typeof pattern === 'function') return pattern(name);
  // search, unlike test, pays no heed to lastIndex: a pattern with the flag g answers the same at every call.
  if (pattern instanceof RegExp) return name.search(pattern) >= 0;
  const literal = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's').test(name);
}

/** As an error message shows it. */
export function showPattern(pattern: Pattern): string {
  return typeof pattern === 'string' ? `'${pattern}'` : String(pattern);
}
