import { FormatError, OptionError } from '../core/errors.js';
import { show, type Shape, type Tensor } from '../core/shape.js';
import { toInk, type Input } from './ink.js';
import { toGrey, type Pixels } from './pixels.js';
import { toRaster } from './raster.js';
import { toPlanes } from './resize.js';

/** How a picture becomes what a network takes, and what its outputs are called. */
export interface Recipe {
  /** One image, [channels, height, width]. */
  readonly input: Shape;
  /** Names of the outputs, in order. */
  readonly classes: readonly string[];
  /** Photographs: the shorter side is scaled to `side`, the centre is cut out, then (x − mean) / deviation by channel, x from 0 to 1. */
  readonly side?: number;
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

const MOST = 8192;

function parsed(text: string | undefined, what: string): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`the weights' ${what} is no JSON (${String(cause)})`, { cause });
  }
}

function numbers(value: unknown, length: number, what: string): number[] | undefined {
  if (value === undefined) return undefined;
  const fits = Array.isArray(value) && value.length === length && value.every((one) => Number.isFinite(one)) && !(what === 'deviation' && value.includes(0));
  if (!fits) throw new FormatError(`the weights' preprocessing: ${what} is ${JSON.stringify(value)}, expected ${length} numbers`);
  return value as number[];
}

function classNames(value: unknown, count: number): string[] {
  if (value === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (Array.isArray(value) && value.length === count && value.every((name) => typeof name === 'string')) return value as string[];
  throw new FormatError(`the weights' classes are ${JSON.stringify(value).slice(0, 80)}, expected ${count} names`);
}

/** The recipe in the metadata of a weights file. `input` and `outputs` are the network's; throws FormatError where the two disagree. */
export function recipeOf(metadata: Readonly<Record<string, string>>, input: Shape, outputs: number): Recipe {
  const given = parsed(metadata['preprocessing'], 'preprocessing');
  if (typeof given !== 'object' || given === null) {
    throw new OptionError('the weights say nothing of preprocessing: load weights that do (convasm train writes it), or give { recipe }');
  }
  const { input: shape, side, mean, deviation } = given as Record<string, unknown>;
  if (JSON.stringify(shape) !== JSON.stringify(input)) throw new FormatError(`the weights' preprocessing is for images ${JSON.stringify(shape)}, expected ${show(input)}`);
  const least = Math.max(...input.slice(1));
  if (side !== undefined && !(Number.isInteger(side) && (side as number) >= least && (side as number) <= MOST)) {
    throw new FormatError(`the weights' preprocessing: side is ${JSON.stringify(side)}, expected an integer from ${least} to ${MOST}`);
  }
  const [means, deviations] = [numbers(mean, input[0]!, 'mean'), numbers(deviation, input[0]!, 'deviation')];
  return {
    input, classes: classNames(parsed(metadata['classes'], 'classes'), outputs),
    ...(side === undefined ? {} : { side: side as number }), ...(means ? { mean: means } : {}), ...(deviations ? { deviation: deviations } : {}),
  };
}

/**
 * A picture as the network's input [c, h, w], in the one way that training, the command line and pages have. One channel without side and mean is
 * ink: the character is cropped, scaled and centred as MNIST's are, 0 paper and 1 ink. `name` is what errors call the picture.
 */
export function prepared(picture: Pixels, { input, side: wanted, mean, deviation }: Omit<Recipe, 'classes'>, name: string): Input {
  const [channels, height, width] = input as [number, number, number];
  if (channels === 1 && wanted === undefined && mean === undefined) return toInk(toGrey(picture), width, name);
  if (channels !== 1 && channels !== 3) throw new OptionError(`images have 1 or 3 channels, the network takes ${channels}`);
  const least = Math.max(height, width);
  const side = wanted ?? least;
  if (!(Number.isInteger(side) && side >= least && side <= MOST)) throw new OptionError(`recipe: side is ${side}, expected an integer from ${least} to ${MOST}`);
  const plane = height * width;
  const pixels = Float32Array.from(toPlanes(toRaster(picture), input, side), (value) => value / 255);
  const of = (list: readonly number[] | undefined, i: number, none: number): number => list?.[Math.floor(i / plane)] ?? none;
  pixels.forEach((value, i) => (pixels[i] = (value - of(mean, i, 0)) / of(deviation, i, 1)));
  return { pixels, steps: `shorter side to ${side}, ${width}x${height} from the centre` };
}

/** A picture as the network's input, [1, c, h, w], as the recipe has it. Throws FormatError where ink is expected and none is found. */
export function tensorOf(pixels: Pixels, recipe: Recipe, name = 'image'): Tensor {
  return { data: prepared(pixels, recipe, name).pixels, shape: [1, ...recipe.input] };
}
