import { PRESETS, type PresetName } from './lesson/presets.js';
import { LIMITS, type Setting } from './lesson/convolution.js';
import { typed } from './numbers.js';
import { readInk, writeInk, type Stroke } from './view/strokes.js';

// The page's state in its address, behind the hash: never sent to a server. A field that cannot be read is left out and named.

export const MODELS = ['lenet5', 'lenet5_modern'] as const;
export type ModelName = (typeof MODELS)[number];
export const STORIES = ['train', 'draw', 'lesson'] as const;
export type Story = (typeof STORIES)[number];
export const HIDEABLE = ['curves', 'kernels', 'mistakes', 'files', 'layers', 'questions'] as const;

/** What a run depends on: the same numbers give the same bits. */
export interface RunOptions {
  readonly model: ModelName;
  readonly seed: number;
  readonly lr: number;
  readonly batch: number;
  readonly momentum: number;
}

export const DEFAULT_RUN: RunOptions = { model: 'lenet5', seed: 1, lr: 0.05, batch: 32, momentum: 0.9 };

export interface Address {
  readonly story: Story;
  readonly lang: 'en' | 'zh' | null;
  readonly run: RunOptions;
  /** What the link promises: the digest of the weights after that many steps. */
  readonly promise: { readonly step: number; readonly digest: string } | null;
  readonly setting: Setting;
  /** The step of the lesson, as `dx.6`. */
  readonly at: string;
  readonly hide: readonly string[];
  /** A drawing for the pad. */
  readonly ink: readonly Stroke[];
  /** Names of the fields that could not be read. */
  readonly ignored: readonly string[];
}

type Fields = Map<string, string>;

/** Takes a field out of `fields`; undefined where it is absent or not what `read` takes, which `ignored` then hears of. */
function take<T>(fields: Fields, ignored: string[], name: string, read: (text: string) => T | undefined): T | undefined {
  const text = fields.get(name);
  fields.delete(name);
  if (text === undefined) return undefined;
  const value = read(text);
  if (value === undefined) ignored.push(name);
  return value;
}

const oneOf = <T extends string>(values: readonly T[]) => (text: string): T | undefined => values.find((value) => value === text);
const within = (least: number, most: number, whole = false) => (text: string): number | undefined => {
  const value = typed(text);
  return value >= least && value <= most && (!whole || Number.isInteger(value)) ? value : undefined;
};
const numbers = (length: number) => (text: string): number[] | undefined => {
  const values = text.split(',').map(typed);
  return values.length === length && values.every(Number.isFinite) ? values : undefined;
};

function runOf(fields: Fields, ignored: string[]): RunOptions {
  return {
    model: take(fields, ignored, 'model', oneOf(MODELS)) ?? DEFAULT_RUN.model,
    seed: take(fields, ignored, 'seed', within(0, 2 ** 53 - 1, true)) ?? DEFAULT_RUN.seed,
    lr: take(fields, ignored, 'lr', within(0, 100)) ?? DEFAULT_RUN.lr,
    batch: take(fields, ignored, 'batch', within(1, 256, true)) ?? DEFAULT_RUN.batch,
    momentum: take(fields, ignored, 'momentum', within(0, 0.999)) ?? DEFAULT_RUN.momentum,
  };
}

function promiseOf(fields: Fields, ignored: string[]): Address['promise'] {
  const step = take(fields, ignored, 'step', within(1, 1e9, true));
  const digest = take(fields, ignored, 'digest', (text) => (/^[0-9a-f]{8,64}$/.test(text) ? text : undefined));
  return step !== undefined && digest !== undefined ? { step, digest } : null;
}

function settingOf(fields: Fields, ignored: string[]): Setting {
  const preset = take(fields, ignored, 'preset', oneOf(Object.keys(PRESETS) as PresetName[]));
  const start = PRESETS[preset ?? 'start'];
  const size = (name: keyof typeof LIMITS): number => take(fields, ignored, name, within(LIMITS[name][0], LIMITS[name][1], true)) ?? start[name];
  const sizes = { n: size('n'), k: size('k'), s: size('s'), p: size('p'), d: size('d') };
  const x = take(fields, ignored, 'x', numbers(sizes.n ** 2)) ?? start.x;
  const w = take(fields, ignored, 'w', numbers(sizes.k ** 2)) ?? start.w;
  const t = take(fields, ignored, 't', (text) => { const values = text.split(',').map(typed); return values.every(Number.isFinite) ? values : undefined; }) ?? start.t;
  const b = take(fields, ignored, 'b', within(-1e6, 1e6)) ?? start.b;
  return { ...sizes, x, w, b, t };
}

/** Reads what stands behind the hash. */
export function readAddress(hash: string): Address {
  const fields: Fields = new Map(new URLSearchParams(hash.replace(/^#/, '')));
  const ignored: string[] = [];
  take(fields, ignored, 'v', oneOf(['1']));
  const address = {
    story: take(fields, ignored, 'story', oneOf(STORIES)) ?? 'train',
    lang: take(fields, ignored, 'lang', oneOf(['en', 'zh'] as const)) ?? null,
    run: runOf(fields, ignored), promise: promiseOf(fields, ignored), setting: settingOf(fields, ignored),
    at: take(fields, ignored, 'at', (text) => (/^[a-z]+(\.\d+)?$/.test(text) ? text : undefined)) ?? 'y.1',
    ink: take(fields, ignored, 'ink', readInk) ?? [],
    hide: (take(fields, ignored, 'hide', (text) => text.split(',').filter(Boolean)) ?? []).filter((name) => (HIDEABLE as readonly string[]).includes(name) || !ignored.push(`hide=${name}`)),
  };
  return { ...address, ignored: [...ignored, ...fields.keys()] };
}

const list = (values: readonly number[]): string => values.map(String).join(',');

/** A link to a run, to what its weights are after `promise.step` steps, and to a drawing. */
export function runAddress(run: RunOptions, promise: Address['promise'], lang: string, ink: readonly Stroke[] = []): string {
  const { model, seed, lr, batch, momentum } = run;
  const promised = promise ? `&step=${promise.step}&digest=${promise.digest}` : '';
  const drawn = ink.length > 0 ? `&ink=${writeInk(ink)}` : '';
  return `v=1&story=train&lang=${lang}&model=${model}&seed=${seed}&lr=${lr}&batch=${batch}&momentum=${momentum}${promised}${drawn}`;
}

/** A link to a step of the lesson. */
export function lessonAddress({ n, k, s, p, d, x, w, b, t }: Setting, at: string, lang: string): string {
  return `v=1&story=lesson&lang=${lang}&n=${n}&k=${k}&s=${s}&p=${p}&d=${d}&x=${list(x)}&w=${list(w)}&b=${b}&t=${list(t)}&at=${at}`;
}
