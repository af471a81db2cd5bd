import { MAX_WORKERS } from '../assembly/abi.js';
import { OptionError, ShapeError, TooSmallError } from './core/errors.js';
import { elements, show, type Shape } from './core/shape.js';
import { known, whole } from './core/options.js';
import type { Layer } from './layers/layer.js';
import { matches, showPattern, type Pattern } from './core/pattern.js';
import { layOut, type Arena } from './plan/arena.js';
import { fuse } from './plan/fuse.js';
import { Plan, type Range } from './plan/plan.js';
import type { recompute } from './plan/recompute.js';
import { ParameterStore } from './plan/store.js';
import { Buffer, type PlanTensor } from './plan/tensor.js';
import { hasThreadsBuild } from './runtime/builds.js';
import { cores, threadsMissing } from './runtime/cores.js';
import { checkClip, planClip, type Clip } from './training/clip.js';
import type { Loss, LossTensors } from './training/losses.js';
import type { Optimizer } from './training/optimizer.js';

export interface CompileOptions {
  /** One image: [channels, height, width]. */
  readonly input: Shape;
  /** Most images in one call of the program; default 1. */
  readonly batchSize?: number;
  /** What training minimises. Without it `forward`, `backward` and `update` take the gradient from outside. */
  readonly loss?: Loss;
  /** How `update` changes the weights. Without loss and optimizer the network only predicts, and activations share memory. */
  readonly optimizer?: Optimizer;
  /** Parameters that training leaves as they are, by name: 'c1.*' or several patterns. Neither their gradients nor those that only they need are
   *  computed, and batch normalisation whose weight and bias are among them keeps and uses its running statistics. */
  readonly freeze?: Pattern | readonly Pattern[];
  /** Limits the gradients at every update: `{ norm }` that of all together, `{ value }` each number. */
  readonly clip?: Clip;
  /** Draws the start weights; default 1. */
  readonly seed?: number;
  /** Threads; the results have the same bits for any number. 'auto': as many as there are cores. Default 1. */
  readonly workers?: number | 'auto';
  /** Runs the steps beside the calling thread even with one worker, so that a page stays free while it trains. With several, a page's always do. Default false. */
  readonly inWorker?: boolean;
  /** For pages whose Content-Security-Policy refuses blobs as workers: the address of the package's `convasm/worker.js`. */
  readonly workerFile?: string | URL;
  /** 'relaxed': fused multiply-adds where the engine has them, with one worker; not the same bits on every machine. Default 'simd'. */
  readonly build?: 'simd' | 'relaxed';
  /** Computes the gradient of the images too (`net.inputGradient()`). Default false. */
  readonly inputGradient?: boolean;
  /** Layers by their paths, as 'layer4' or 'c1': `net.output(path)` and `net.outputGradient(path)` read what the last `forward` and `backward` left
   *  there. Without loss and optimizer these two run as predicting does, with running statistics and without dropout: for explanations. */
  readonly watch?: readonly string[];
  /** `false` keeps the output of every layer readable, and predicts layer by layer. Default true: norms, sums, relus and concats become a part of
   *  the products before them, with the same bits. */
  readonly fuse?: boolean;
  /** How 3x3 convolutions save products: by Winograd's transforms over tiles of 4x4 outputs (default), of 2x2 (half the gain, smaller errors), or not (false:
   *  least memory; an image's infinities and NaN reach only the outputs that see them). */
  readonly winograd?: 4 | 2 | false;
  /** 'low': training keeps only what parts of the network hand to one another, and computes their insides again in the backward pass: less memory, more time, the
   *  same bits. Default 'full'. */
  readonly memory?: 'full' | 'low';
  /** Free bytes after each tensor, a multiple of 64, for tests that watch them; default 0. */
  readonly canary?: number;
}

/** The steps of predicting: images in, outputs in row-major order out. */
export interface PredictPlan {
  readonly plan: Plan;
  readonly images: PlanTensor;
  readonly output: PlanTensor;
  /** What derives weights for `all`; to be run once after weights changed. Empty while training. */
  readonly prepare: Range;
  readonly all: Range;
}

/** The steps of training, in their order in the program; `step` is all of them. */
export interface TrainPlan extends PredictPlan {
  readonly forward: Range;
  /** The loss and its gradient; empty without a loss. */
  readonly loss: Range;
  readonly backward: Range;
  readonly update: Range;
  /** The network's loss: that of its output, with what auxiliary outputs add to `loss`. */
  readonly lossTensors: LossTensors | null;
  /** The losses of the output and of the auxiliary ones, and how much each counts. */
  readonly losses: readonly (LossTensors & { readonly weight: number })[];
  /** Norm of the gradients at the last update, before clipping: an f64, where `clip.norm` was given. */
  readonly gradientNorm: Buffer | null;
  /** The gradient of `output`, in row-major order: written by the loss, or from outside. */
  readonly outputGradient: Buffer;
}

/** All that is known of a network before any memory is asked for. */
export interface Blueprint {
  readonly store: ParameterStore;
  readonly predict: PredictPlan;
  readonly train: TrainPlan | null;
  readonly arena: Arena;
  readonly options: Omit<CompileOptions, 'workers'> & { readonly batchSize: number; readonly seed: number; readonly workers: number };
}

/** Rewrites training for `memory: 'low'`: loaded on demand, because few ask for it. */
export type LowMemory = typeof recompute;

/** Plans the model and lays it out; allocates nothing. */
export function planNetwork(model: Layer, options: CompileOptions, low?: LowMemory): Blueprint {
  const checked = check(options);
  if (checked.memory === 'low' && !low) throw new OptionError("memory: 'low' is planned by compile alone: await it and take net.summary()");
  const frozen = patternsOf(checked.freeze);
  const store = new ParameterStore((name) => frozen.some((pattern) => matches(pattern, name)));
  const { train, predict } = planBoth(model, checked, store, low);
  checkPatterns('compile: freeze', frozen, store);
  checkPatterns(`${checked.optimizer?.type}: groups`, checked.optimizer?.groups ?? [], store);
  if (checked.fuse === false) for (const plan of [predict.plan, ...(train ? [train.plan] : [])]) for (const { output } of plan.layers) output.buffer.kept = true;
  const plans = train ? [train, predict] : [predict];
  const inputs = plans.map((one) => inputsOf(one));
  const arena = layOut(plans.map((one) => one.plan), store, inputs, checked.canary ?? 0);
  return { store, predict, train, arena, options: checked };
}

function planBoth(model: Layer, options: Blueprint['options'], store: ParameterStore, low?: LowMemory): Pick<Blueprint, 'train' | 'predict'> {
  try {
    const train = options.loss || options.optimizer || options.watch ? planTraining(model, options, store, low) : null;
    return { train, predict: planPrediction(model, options, store) };
  } catch (error) {
    throw error instanceof TooSmallError ? withSmallest(error, model, options) : error;
  }
}

/** The error with the smallest input that every layer can take, sides enlarged alike where they are smaller; as it is where none of up to 1024 is found. */
function withSmallest(error: TooSmallError, model: Layer, options: Blueprint['options']): TooSmallError {
  const [channels, ...sides] = options.input;
  const enlarged = (side: number): Shape => [channels!, ...sides.map((one) => Math.max(one, side))];
  const failure = (side: number): unknown => {
    try {
      planPrediction(model, { ...options, input: enlarged(side) }, new ParameterStore());
      return null;
    } catch (cause) {
      return cause;
    }
  };
  let [low, high] = [Math.min(...sides), 1024];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (failure(middle) instanceof TooSmallError) low = middle;
    else high = middle;
  }
  // A dense layer may ask for one size and no larger one.
  const found = [high, high + 1, high + 2, high + 3].find((side) => failure(side) === null);
  return found === undefined ? error : new TooSmallError(`${error.message}. The smallest input that every layer takes: ${show(enlarged(found))}`);
}

/** One pattern or several, as a list. */
function patternsOf(given: Pattern | readonly Pattern[] = []): readonly Pattern[] {
  return typeof given === 'string' || typeof given === 'function' || given instanceof RegExp ? [given] : given;
}

/** Refuses a pattern that no parameter's name fits: most likely a slip. */
function checkPatterns(who: string, patterns: readonly Pattern[], store: ParameterStore): void {
  const names = [...store.parameters.keys()];
  const idle = patterns.find((pattern) => !names.some((name) => matches(pattern, name)));
  if (idle !== undefined) throw new OptionError(`${who}: ${showPattern(idle)} fits no parameter, expected a pattern for some of ${names.join(', ')}`);
}

function checkBuild({ build = 'simd', workers = 1, winograd = 4, inWorker = false }: CompileOptions): void {
  if (winograd !== 4 && winograd !== 2 && winograd !== false) throw new OptionError(`compile: winograd is ${String(winograd)}, expected 4, 2 or false`);
  if (build !== 'simd' && build !== 'relaxed') throw new OptionError(`compile: build is '${String(build)}', expected 'simd' or 'relaxed'`);
  if (build === 'relaxed' && workers !== 1) throw new OptionError(`compile: workers is ${workers}, expected 1 with build: 'relaxed'`);
  if (build === 'relaxed' && inWorker) throw new OptionError("compile: inWorker needs the build with atomics, expected it to be left out with build: 'relaxed'");
}

const OPTIONS = ['input', 'batchSize', 'loss', 'optimizer', 'freeze', 'clip', 'seed', 'workers', 'inWorker', 'workerFile', 'build', 'inputGradient', 'watch', 'fuse', 'winograd', 'memory', 'canary'] as const satisfies readonly (keyof CompileOptions)[];

function check(options: CompileOptions): Blueprint['options'] {
  if (!Array.isArray(options?.input) || options.input.length === 0) throw new OptionError(`compile: input is ${String(options?.input)}, expected the shape of one image, as [1, 32, 32]`);
  for (const size of options.input) {
    if (!Number.isInteger(size) || size < 1) throw new ShapeError(`compile: input is ${show(options.input)}, expected sizes of at least 1`);
  }
  known('compile', options, OPTIONS);
  checkBuild(options);
  if (options.clip) checkClip(options.clip);
  const { memory = 'full' } = options;
  if (memory !== 'full' && memory !== 'low') throw new OptionError(`compile: memory is '${String(memory)}', expected 'full' or 'low'`);
  if (memory === 'low' && options.fuse === false) throw new OptionError("compile: fuse: false keeps every output, which memory: 'low' is not to; expected one of them");
  const canary = options.canary ?? 0;
  if (canary % 64 !== 0) throw new OptionError(`compile: canary is ${canary}, expected a multiple of 64`);
  return {
    ...options,
    batchSize: whole('compile', 'batchSize', options.batchSize ?? 1, 1),
    seed: whole('compile', 'seed', options.seed ?? 1, 0),
    workers: workersOf(options.workers ?? 1),
  };
}

function workersOf(workers: number | 'auto'): number {
  const count = workers === 'auto' ? (threadsMissing() === null && hasThreadsBuild() ? Math.min(cores(), MAX_WORKERS) : 1) : whole('compile', 'workers', workers, 1);
  if (count > MAX_WORKERS) throw new OptionError(`compile: workers is ${count}, expected at most ${MAX_WORKERS}`);
  return count;
}

function planPrediction(model: Layer, options: Blueprint['options'], store: ParameterStore): PredictPlan {
  const plan = new Plan({ batchSize: options.batchSize, training: false, workers: options.workers, winograd: options.winograd }, store);
  const images = plan.input('images', options.input);
  const output = plan.plain(plan.layer('', model, images));
  output.buffer.kept = true;
  if (options.fuse !== false) plan.steps.splice(0, Infinity, ...fuse(plan.steps));
  const prepare = plan.putPreparationFirst();
  return { plan, images, output, prepare, all: { first: prepare.last, last: plan.steps.length } };
}

function planTraining(model: Layer, options: Blueprint['options'], store: ParameterStore, low?: LowMemory): TrainPlan {
  const training = Boolean(options.loss || options.optimizer);
  const plan = new Plan({ batchSize: options.batchSize, training, workers: options.workers, watch: options.watch, winograd: options.winograd }, store);
  const images = plan.input('images', options.input, options.inputGradient);
  let output = images;
  const forward = plan.range(() => {
    output = plan.plain(plan.layer('', model, images));
    output.buffer.kept = true;
  });
  const mark = plan.backwardMark;
  let losses: TrainPlan['losses'] = [];
  let lossTensors: LossTensors | null = null;
  const loss = plan.range(() => {
    if (!options.loss) return;
    losses = planLosses(plan, options.loss, output);
    lossTensors = { ...losses[0]!, loss: planTotal(plan, losses) };
    plan.within('loss', () => plan.step('guardFinite', { x: lossTensors!.loss }));
    plan.emitBackward(mark);
  });
  if (!plan.gradientOf(output)) plan.seedGradient(output, new Buffer('d output', 'input', options.batchSize * elements(output.shape)));
  const outputGradient = plan.gradientOf(output)!;
  const backward = plan.range(() => {
    plan.emitBackward();
    if (options.memory === 'low') low?.(plan.steps, forward.last, loss.last);
  });
  let gradientNorm: Buffer | null = null;
  const update = plan.range(() => {
    gradientNorm = planUpdate(plan, store, options);
  });
  for (const x of [images, ...(options.watch ?? []).map((path) => watched(plan, path))]) {
    const gradient = plan.gradientOf(x);
    if (gradient) gradient.kept = true;
  }
  return { plan, images, output, forward, loss, backward, update, prepare: { first: 0, last: 0 }, all: { first: 0, last: update.last }, lossTensors, losses, gradientNorm, outputGradient };
}

/** The loss of the output, and that of every auxiliary output. */
function planLosses(plan: Plan, loss: Loss, output: PlanTensor): TrainPlan['losses'] {
  return [{ name: '', x: output, weight: 1 }, ...plan.auxiliary].map(({ name, x, weight }) => {
    const tensors = plan.within(name === '' ? 'loss' : `loss ${name}`, () => loss.plan(plan, x));
    plan.seedGradient({ buffer: tensors.loss }, tensors.gradient);
    return { ...tensors, weight };
  });
}

/** Σ weight · loss. */
function planTotal(plan: Plan, losses: TrainPlan['losses']): Buffer {
  return plan.within('loss', () => losses.slice(1).reduce((x, { loss: z, weight }) => {
    const y = plan.workspace('total', 1);
    y.kept = true;
    plan.step('axpby', { x, z, y, rows: 1, columns: 1, zRow: 1, zColumn: 1, alpha: 1, beta: weight });
    return y;
  }, losses[0]!.loss));
}

/** The output of a layer that is to be watched. */
function watched({ outputs }: Plan, path: string): PlanTensor {
  const output = outputs.get(path);
  if (!output) throw new OptionError(`compile: watch names '${path}', expected some of ${[...outputs.keys()].filter((name) => name !== '').join(', ')}`);
  return output;
}

/** Clips the gradients and changes the parameters, in the order of the state_dict. Returns where the gradients' norm will be. */
function planUpdate(plan: Plan, store: ParameterStore, { optimizer, clip }: CompileOptions): Buffer | null {
  const trained = [...store.parameters.values()].flatMap((parameter) => {
    const gradient = store.gradients.get(parameter);
    return gradient ? [{ parameter, gradient }] : [];
  });
  const norm = clip ? plan.within('clip', () => planClip(plan, trained.map(({ gradient }) => gradient), clip)) : null;
  for (const { parameter, gradient } of trained) plan.within(`update ${parameter.name}`, () => optimizer?.plan(plan, parameter, gradient));
  return norm;
}

/** What is written from outside: it has an address even where no step reads it. */
function inputsOf(one: PredictPlan | TrainPlan): Buffer[] {
  const inputs = [one.images.buffer];
  if (!('update' in one)) return inputs;
  for (const { target, gradient } of one.losses) inputs.push(target, gradient);
  if (one.outputGradient.role === 'input') inputs.push(one.outputGradient);
  return inputs;
}
