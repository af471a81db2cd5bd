import { OptionError } from '../core/errors.js';
import { cos, power } from '../core/math.js';

// Learning rates over training. Names and formulas are those of torch.optim.lr_scheduler; what PyTorch counts in calls of
// scheduler.step() is counted in updates here, so an epoch is ⌈images / batchSize⌉ of them.

/** Learning rate of the next update when `updates` are done: a pure function, so it goes on wherever a resumed run stands. */
export type Schedule = (updates: number) => number;

interface Base {
  /** Rate that the schedule starts from. */
  readonly lr: number;
}

/** Refuses what is not a finite number in [least, most]. */
function within(name: string, value: number, least: number, most = Infinity): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new OptionError(`schedules.${name} is ${value}, expected a number of at least ${least}${most === Infinity ? '' : ` and at most ${most}`}`);
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError(`schedules.${name} is ${value}, expected an integer of at least ${least}`);
}

/** Always lr. */
export function constant({ lr }: Base): Schedule {
  within('constant: lr', lr, 0);
  return () => lr;
}

/** lr · gamma^⌊updates / stepSize⌋ (StepLR). */
export function step({ lr, stepSize, gamma = 0.1 }: Base & { readonly stepSize: number; readonly gamma?: number }): Schedule {
  within('step: lr', lr, 0);
  within('step: gamma', gamma, 0);
  whole('step: stepSize', stepSize, 1);
  return (updates) => lr * power(gamma, Math.floor(updates / stepSize));
}

/** lr · gamma^(milestones reached) (MultiStepLR); a milestone that is named twice counts twice. */
export function multiStep({ lr, milestones, gamma = 0.1 }: Base & { readonly milestones: readonly number[]; readonly gamma?: number }): Schedule {
  within('multiStep: lr', lr, 0);
  within('multiStep: gamma', gamma, 0);
  milestones.forEach((milestone, i) => whole(`multiStep: milestones[${i}]`, milestone, 0));
  return (updates) => lr * power(gamma, milestones.filter((milestone) => updates >= milestone).length);
}

/** lr · gamma^updates (ExponentialLR). */
export function exponential({ lr, gamma }: Base & { readonly gamma: number }): Schedule {
  within('exponential: lr', lr, 0);
  within('exponential: gamma', gamma, 0);
  return (updates) => lr * power(gamma, updates);
}

/** lr times a factor that goes from startFactor to endFactor on a straight line over totalIters updates, and stays there (LinearLR): a warm-up. */
export function linear(
  { lr, startFactor = 1 / 3, endFactor = 1, totalIters = 5 }: Base & { readonly startFactor?: number; readonly endFactor?: number; readonly totalIters?: number },
): Schedule {
  within('linear: lr', lr, 0);
  within('linear: startFactor', startFactor, 0);
  within('linear: endFactor', endFactor, 0);
  whole('linear: totalIters', totalIters, 1);
  return (updates) => lr * (startFactor + (endFactor - startFactor) * (Math.min(updates, totalIters) / totalIters));
}

/** From `from` to `to` along half a cosine, as `part` goes from 0 to 1. */
function alongCosine(from: number, to: number, part: number): number {
  return to + ((from - to) / 2) * (1 + cos(Math.PI * part));
}

export interface CosineOptions extends Base {
  /** Updates from lr down to etaMin; with restarts, of the first cycle. */
  readonly tMax: number;
  /** Default 0. */
  readonly etaMin?: number;
  /** Jumps back to lr after each cycle instead of staying at etaMin. */
  readonly restarts?: boolean;
  /** Each cycle is this many times as long as the one before; default 1. */
  readonly tMult?: number;
}

/** From lr to etaMin along half a cosine (CosineAnnealingLR; with `restarts` CosineAnnealingWarmRestarts, Loshchilov and Hutter 2017). */
export function cosine({ lr, tMax, etaMin = 0, restarts = false, tMult = 1 }: CosineOptions): Schedule {
  within('cosine: lr', lr, 0);
  within('cosine: etaMin', etaMin, 0);
  whole('cosine: tMax', tMax, 1);
  whole('cosine: tMult', tMult, 1);
  if (!restarts && tMult !== 1) throw new OptionError(`schedules.cosine: tMult is ${tMult} without restarts, expected restarts: true`);
  return (updates) => {
    if (!restarts) return alongCosine(lr, etaMin, Math.min(updates, tMax) / tMax);
    let [length, at] = [tMax, tMult === 1 ? updates % tMax : updates];
    for (; at >= length; length *= tMult) at -= length;
    return alongCosine(lr, etaMin, at / length);
  };
}

export interface OneCycleOptions {
  /** Rate at the top. */
  readonly maxLr: number;
  /** Updates of the whole cycle; later ones keep the last rate. */
  readonly totalSteps: number;
  /** Part of the cycle that climbs; default 0.3. */
  readonly pctStart?: number;
  /** The start is maxLr / divFactor; default 25. */
  readonly divFactor?: number;
  /** The end is the start / finalDivFactor; default 10000. */
  readonly finalDivFactor?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** Comes down to the start as long as it climbed, and only then to the end. */
  readonly threePhase?: boolean;
}

/** Up to maxLr and down again, far below the start (OneCycleLR; Smith and Topin 2018). Momentum stays as it is. */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { maxLr, totalSteps, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4, annealStrategy = 'cos', threePhase = false } = options;
  within('oneCycle: maxLr', maxLr, 0);
  whole('oneCycle: totalSteps', totalSteps, 1);
  within('oneCycle: pctStart', pctStart, 0, threePhase ? 0.5 : 1);
  within('oneCycle: divFactor', divFactor, Number.MIN_VALUE);
  within('oneCycle: finalDivFactor', finalDivFactor, Number.MIN_VALUE);
  if (annealStrategy !== 'cos' && annealStrategy !== 'linear') throw new OptionError(`schedules.oneCycle: annealStrategy is '${String(annealStrategy)}', expected 'cos' or 'linear'`);
  const first = maxLr / divFactor;
  const last = totalSteps - 1;
  const top = pctStart * totalSteps - 1;
  const corners = [{ at: 0, lr: first }, { at: top, lr: maxLr }, ...(threePhase ? [{ at: 2 * pctStart * totalSteps - 2, lr: first }] : []), { at: last, lr: first / finalDivFactor }];
  return (updates) => {
    const now = Math.min(updates, last);
    const next = Math.max(1, corners.findIndex(({ at }, i) => i > 0 && (now <= at || i === corners.length - 1)));
    const [from, to] = [corners[next - 1]!, corners[next]!];
    const part = to.at > from.at ? (now - from.at) / (to.at - from.at) : 1;
    return annealStrategy === 'cos' ? alongCosine(from.lr, to.lr, part) : from.lr + (to.lr - from.lr) * part;
  };
}

/** One schedule after another (SequentialLR): `milestones[i]` is the update at which schedule i + 1 begins, counting from 0 again. */
export function sequential(schedules: readonly Schedule[], { milestones }: { readonly milestones: readonly number[] }): Schedule {
  if (schedules.length === 0 || milestones.length !== schedules.length - 1) {
    throw new OptionError(`schedules.sequential: ${schedules.length} schedules with ${milestones.length} milestones, expected one milestone between each two`);
  }
  milestones.forEach((milestone, i) => whole(`sequential: milestones[${i}]`, milestone, i === 0 ? 0 : milestones[i - 1]!));
  return (updates) => {
    const reached = milestones.filter((milestone) => updates >= milestone).length;
    return schedules[reached]!(updates - (reached === 0 ? 0 : milestones[reached - 1]!));
  };
}
