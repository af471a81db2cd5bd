/** The command was used wrongly: status 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Stopped by Ctrl-C after saving what there is to save: status 130. The message says how to go on. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** One line for people, and the status to leave with. */
export interface Failure {
  readonly line: string;
  readonly status: 1 | 2 | 130;
}

/** Errors that convasm throws on purpose: their messages say what to do, and need no stack. */
const OURS = ['ShapeError', 'OptionError', 'FormatError', 'MemoryError', 'UnsupportedError', 'DivergedError'];

/** What the terminal says about an error, and the exit status. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { line: `Error: ${String(error)}`, status: 1 };
  const message = error.message.replaceAll(/\s*\n\s*/g, ' ');
  if (error.name === 'Interrupted') return { line: message, status: 130 };
  if (error.name === 'DivergedError') return { line: message, status: 1 };
  if (error.name === 'UsageError') return { line: `convasm: ${message}`, status: 2 };
  if (error.name === 'CACError') return { line: `convasm: ${message.replaceAll('`', '"')}`, status: 2 };
  if (OURS.includes(error.name)) return { line: `${error.name}: ${message}`, status: error.name === 'OptionError' ? 2 : 1 };
  return { line: `${error.name}: ${message} (--debug shows where)`, status: 1 };
}
