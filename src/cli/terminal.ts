/** What a stream can show; colour, motion and characters are decided separately. */
export interface Terminal {
  /** People look at it, not a file or a pipe. */
  readonly tty: boolean;
  /** A line may be drawn over. */
  readonly moving: boolean;
  readonly colour: boolean;
  /** Characters beyond ASCII. */
  readonly unicode: boolean;
  /** Characters per line now; Infinity for files and pipes. */
  columns(): number;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const isSet = (value: string | undefined) => value !== undefined && value !== '';
const isOn = (value: string | undefined) => isSet(value) && value !== '0' && value !== 'false';

/**
 * Motion: a terminal that is not dumb, outside CI. Colour: any terminal that is not dumb, unless NO_COLOR; FORCE_COLOR
 * adds colour, never motion. Characters: those of the locale (LC_ALL, LC_CTYPE, LANG); Windows' terminals take UTF-8.
 */
export function terminalOf(stream: Output, env: Environment, platform: string): Terminal {
  const tty = stream.isTTY === true;
  const capable = tty && env.TERM !== 'dumb';
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find(isSet) ?? '';
  return {
    tty,
    moving: capable && !isOn(env.CI),
    colour: !isSet(env.NO_COLOR) && (capable || isOn(env.FORCE_COLOR)),
    unicode: platform === 'win32' || /utf-?8/i.test(locale),
    columns: () => (tty ? (stream.columns ?? 80) : Infinity),
  };
}

/** Select Graphic Rendition codes (ECMA-48). */
const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], cyan: [36, 39] } as const;

/** `text` in a style where the terminal shows colour. */
export function paint(terminal: Terminal, style: keyof typeof CODES, text: string): string {
  const [on, off] = CODES[style];
  return terminal.colour && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** Parts joined by a middle dot, broken into lines between parts where a line would be wider than the terminal. */
export function sentence(terminal: Terminal, parts: readonly string[]): string {
  const dot = terminal.unicode ? ' · ' : ' - ';
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + dot.length + part.length < terminal.columns()) lines[lines.length - 1] = last + dot + part;
    else lines.push(part);
  }
  return lines.join('\n');
}

export const progressTerminal = terminalOf(process.stderr, process.env, process.platform);
export const resultTerminal = terminalOf(process.stdout, process.env, process.platform);
