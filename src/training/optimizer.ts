import { OptionError } from '../core/errors.js';
import { matches, type Pattern } from '../core/pattern.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, Parameter } from '../plan/tensor.js';

/** An optimiser states one step per parameter. */
export interface Optimizer {
  readonly type: string;
  /** Learning rate that training starts with. */
  readonly lr: number;
  /** What picks the parameters of each group; a pattern that picks none of a network's is refused. */
  readonly groups: readonly Pattern[];
  /** PyTorch's state_dict has `step` beside the tensors kept per parameter. */
  readonly countsSteps: boolean;
  /** States the update. What it keeps it asks for under PyTorch's names: `p.store.stateOf(parameter, 'exp_avg')`. */
  plan(p: Plan, parameter: Parameter, gradient: Buffer): void;
}

/** Options of the parameters that `match` picks, instead of the optimizer's own; the first group that fits a name counts. */
export type Group<O> = { readonly match: Pattern } & Partial<O>;

/** An optimizer's options as users give them. */
export type Grouped<O, Needed extends keyof O = never> = Partial<O> & Pick<O, Needed> & {
  /** A group's `lr` stays in the same proportion to the network's learning rate when that changes. */
  readonly groups?: readonly Group<O>[];
};

/** What one kind of optimizer knows. */
export interface Rule<O extends { readonly lr: number }> {
  readonly type: string;
  readonly countsSteps: boolean;
  readonly defaults: O;
  /** Throws OptionError, in the name of `who`, where an option is out of its range. */
  check(who: string, options: O): void;
  /** One step for one parameter. `fields`: what the records of all optimizers share. */
  plan(p: Plan, w: Parameter, options: O, fields: CommonFields): void;
}

/** Fields that the records of all optimizers share. */
export interface CommonFields {
  readonly w: Parameter;
  readonly dw: Buffer;
  readonly length: number;
  readonly rateFactor: number;
}

/** A finite number >= 0. */
export function atLeastZero<O>(who: string, options: O, ...names: (keyof O & string)[]): void {
  for (const name of names) {
    const value = options[name];
    if (!(Number.isFinite(value) && (value as number) >= 0)) throw new OptionError(`${who}: ${name} is ${String(value)}, expected a number of at least 0`);
  }
}

/** A number from 0 up to, but not, 1. */
export function belowOne(who: string, name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new OptionError(`${who}: ${name} is ${value}, expected a number of at least 0 and below 1`);
}

/** eps as a kernel adds it: at least the smallest float32, so that 0/0 in the zeros that fill up a tensor's last vector stays 0. */
export function epsilon(eps: number): number {
  return Math.max(eps, 2 ** -149);
}

/** The optimizer that `rule` describes, with these options. Throws OptionError where one is unknown or out of its range. */
export function optimizerOf<O extends { readonly lr: number }>(rule: Rule<O>, given: Grouped<O>): Optimizer {
  const { groups = [], ...own } = given;
  const who = rule.type;
  const complete = (name: string, defaults: O, changes: object): O => {
    for (const option of Object.keys(changes)) {
      if (!(option in rule.defaults)) throw new OptionError(`${name}: unknown option ${option}, expected one of ${Object.keys(rule.defaults).join(', ')}`);
    }
    const options = { ...defaults, ...changes };
    rule.check(name, options);
    return options;
  };
  const base = complete(who, rule.defaults, own);
  const members = groups.map(({ match, ...changes }, i) => ({ match, options: complete(`${who}: groups[${i}]`, base, changes) }));
  const apart = members.find(({ options }) => options.lr !== base.lr);
  if (base.lr === 0 && apart) throw new OptionError(`${who}: lr is 0 and that of a group ${apart.options.lr}: rates of groups are kept in proportion to lr, expected an lr above 0`);
  return {
    type: rule.type,
    lr: base.lr,
    groups: members.map(({ match }) => match),
    countsSteps: rule.countsSteps,
    plan(p, w, dw) {
      const options = members.find(({ match }) => matches(match, w.name))?.options ?? base;
      const rateFactor = options.lr === base.lr ? 1 : options.lr / base.lr;
      rule.plan(p, w, options, { w, dw, length: w.buffer.words, rateFactor });
    },
  };
}
