import { COMMANDS, GLOBAL, type CommandSpec, type OptionSpec } from './commands.js';
import { UsageError } from './failure.js';
import { suggestion } from './nearest.js';

/** A command line taken apart. */
export interface Argv {
  readonly command: CommandSpec | null;
  readonly options: ReadonlyMap<string, string>;
  /** The same with every value joined to its option, so that cac cannot take `-1` for an option or `007` for 7. */
  readonly joined: readonly string[];
}

const BUILT_IN: readonly OptionSpec[] = [
  { name: 'help', value: null, help: '' },
  { name: 'version', value: null, help: '' },
];

const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--version' };

/** Takes a command line apart; throws UsageError for unknown commands and options, and for options without their value. */
export function parseArgv(argv: readonly string[]): Argv {
  const name = argv.find((arg) => !arg.startsWith('-'));
  const command = COMMANDS.find((spec) => spec.name === name) ?? null;
  const first = argv.findIndex((arg) => !arg.startsWith('-') || knownOption(command, arg) === undefined);
  if (name !== undefined && command === null && argv[first] === name) {
    throw new UsageError(`unknown command ${name}${suggestion(name, COMMANDS.map((spec) => spec.name))}`);
  }
  const options = new Map<string, string>();
  const joined: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--') {
      joined.push(...argv.slice(i + 1).map(asPath));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') joined.push(arg);
    else i += takeOption(arg, argv[i + 1], command, options, joined);
  }
  return { command, options, joined };
}

/** A file name that cannot be taken for an option. */
function asPath(arg: string): string {
  return arg.startsWith('-') ? `./${arg}` : arg;
}

function optionsOf(command: CommandSpec | null): readonly OptionSpec[] {
  return [...(command?.options ?? []), ...GLOBAL, ...BUILT_IN];
}

function nameOf(arg: string): string {
  return (SHORT[arg] ?? arg).replace(/=.*$/s, '');
}

function knownOption(command: CommandSpec | null, arg: string): OptionSpec | undefined {
  return optionsOf(command).find((spec) => `--${spec.name}` === nameOf(arg));
}

/** Notes one option; returns how many of the following arguments it took. */
function takeOption(arg: string, next: string | undefined, command: CommandSpec | null, options: Map<string, string>, joined: string[]): 0 | 1 {
  const flag = nameOf(arg);
  const spec = knownOption(command, arg);
  if (spec === undefined) {
    const where = command === null ? '' : ` of ${command.name}`;
    throw new UsageError(`unknown option ${flag}${where}${suggestion(flag, optionsOf(command).map((each) => `--${each.name}`))}`);
  }
  if (options.has(spec.name)) throw new UsageError(`${flag} is given twice`);
  const inline = arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : undefined;
  if (spec.value === null) {
    if (inline !== undefined) throw new UsageError(`${flag} takes no value`);
    options.set(spec.name, 'true');
    joined.push(`${flag}=true`);
    return 0;
  }
  const value = inline ?? (next?.startsWith('--') ? undefined : next);
  if (value === undefined || value === '') throw new UsageError(`${flag} needs a value: ${flag} ${spec.value}`);
  options.set(spec.name, value);
  joined.push(`${flag}=${value}`);
  return inline === undefined ? 1 : 0;
}
