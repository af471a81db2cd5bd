import { modelNamed, type Model } from './models.js';
import type { Call } from './commands.js';
import { UsageError } from './failure.js';
import { existingFile, folder, integer, positive, required, writableFile } from './values.js';
import { readPosition, type Saved } from './resume.js';

const MOMENTUM = 0.9;
const MAX_COUNT = 1_000_000_000;
const MAX_BATCH = 65_536;
const MAX_WORKERS = 256;

/** Everything that a training run depends on, checked. */
export interface Settings {
  readonly model: Model;
  readonly dir: string | null;
  readonly holdout: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly momentum: number;
  readonly seed: number;
  readonly workers: number;
  /** Whether the learning rate falls to 0 over the run, as `start` has it; else it stays as it is. */
  readonly decays: boolean;
  readonly out: string;
  readonly checkpoint: string | null;
  /** Where the training curve goes. */
  readonly curve: string | null;
  readonly resume: Saved | null;
  readonly json: boolean;
  /** The command as typed, to be repeated or gone on with. */
  readonly command: string;
}

/** `--seed` as every command takes it. */
export function seedOf(call: Call, fallback = 1): number {
  return integer(call, 'seed', fallback, 0, Number.MAX_SAFE_INTEGER);
}

export function holdoutOf(call: Call, fallback = 0): number {
  return integer(call, 'holdout', fallback, 0, MAX_COUNT);
}

export function workersOf(call: Call): number {
  return integer(call, 'workers', 1, 1, MAX_WORKERS);
}

/** The options of `start` and `train`; what a resumed run does not name comes from its checkpoint, what it names must agree. */
export async function settingsOf(call: Call, command: 'start' | 'train'): Promise<Settings> {
  const resumeFile = call.options.get('resume');
  const saved = resumeFile === undefined ? null : await readPosition(existingFile(resumeFile, '--resume'));
  const name = command === 'start' ? 'lenet5' : (call.options.get('model') ?? saved?.model ?? required(call, 'model', 'NAME'));
  const model = modelNamed(name);
  const settings: Settings = {
    model,
    dir: folder(call, 'data'),
    holdout: holdoutOf(call, saved?.holdout),
    epochs: integer(call, 'epochs', 5, 1, MAX_COUNT),
    batchSize: integer(call, 'batch-size', saved?.batchSize ?? 32, 1, MAX_BATCH),
    lr: positive(call, 'lr', saved?.lr ?? 0.05),
    momentum: MOMENTUM,
    seed: seedOf(call, saved?.seed),
    workers: workersOf(call),
    decays: command === 'start' || (saved !== null && saved.decay > 0),
    out: writableFile(call.options.get('out') ?? `${model.name}.safetensors`, 'out'),
    checkpoint: call.options.has('checkpoint') ? writableFile(call.options.get('checkpoint')!, 'checkpoint') : null,
    curve: call.options.has('curve') ? writableFile(call.options.get('curve')!, 'curve') : null,
    resume: saved,
    json: call.options.has('json'),
    command: commandText(call, command),
  };
  if (saved !== null) checkAgrees(settings, saved);
  return settings;
}

function commandText({ options }: Call, command: string): string {
  const shown = [...options].filter(([name]) => name !== 'resume' && name !== 'debug');
  return [command, ...shown.map(([name, value]) => (name === 'json' ? '--json' : `--${name} ${quoted(value)}`))].join(' ');
}

function quoted(value: string): string {
  return /^[\w./:@%+,=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

function checkAgrees(settings: Settings, saved: Saved): void {
  const pairs = [
    ['model', settings.model.name, saved.model],
    ['holdout', settings.holdout, saved.holdout],
    ['batch-size', settings.batchSize, saved.batchSize],
    ['lr', settings.lr, saved.lr],
    ['seed', settings.seed, saved.seed],
  ] as const;
  for (const [name, given, was] of pairs) {
    if (given !== was) throw new UsageError(`--${name} is ${given}, but ${saved.file} was trained with --${name} ${was}`);
  }
  if (settings.momentum !== saved.momentum) throw new UsageError(`momentum is ${settings.momentum}, but ${saved.file} was trained with ${saved.momentum}`);
  const done = saved.position.epoch + (saved.position.batch > 0 ? 1 : 0);
  if (settings.epochs < done) throw new UsageError(`--epochs is ${settings.epochs}, but ${saved.file} is already in epoch ${done}; --epochs counts all of them`);
}
