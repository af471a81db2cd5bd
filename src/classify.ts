import { OptionError } from './core/errors.js';
import { known } from './core/options.js';
import { show } from './core/shape.js';
import type { Network } from './network.js';
import { recipeOf, tensorOf, type Recipe } from './pixels/recipe.js';
import { readPixels, type ImageSource } from './pixels/source.js';
import { softmax } from './probabilities.js';

export { recipeOf, tensorOf, type Recipe } from './pixels/recipe.js';
export { readPixels, type ImageSource } from './pixels/source.js';
export type { Pixels } from './pixels/pixels.js';

export interface ClassifyOptions {
  /** How many classes are returned; default: all. */
  readonly top?: number;
  /** How the picture is prepared and what the classes are called; default: what the loaded weights say. */
  readonly recipe?: Recipe;
  /** A picture of more pixels is refused before it is decoded; default: 2^25. */
  readonly mostPixels?: number;
  /** What errors call the picture; default: a file's name, or `image`. */
  readonly name?: string;
}

/** A class and its probability, 0 to 1. */
export interface Classified {
  readonly class: string;
  readonly probability: number;
}

/**
 * What a picture shows, most likely first: softmax over the network's outputs. The same call in a page, a worker, Node and the edge.
 * Throws OptionError where the weights say nothing of preprocessing, FormatError for what is no picture.
 */
export async function classify(net: Network, picture: ImageSource, options: ClassifyOptions = {}): Promise<Classified[]> {
  known('classify', options, ['top', 'recipe', 'name', 'mostPixels']);
  const [outputs, ...more] = net.outputShape;
  if (outputs === undefined || more.length > 0) throw new OptionError(`classify: the network's output is ${show(net.outputShape)}, expected one number per class`);
  const { top = outputs, recipe = recipeOf(net.metadata, net.inputShape, outputs) } = options;
  if (!(Number.isInteger(top) && top >= 1)) throw new OptionError(`classify: top is ${top}, expected an integer of at least 1`);
  if (recipe.classes.length !== outputs) throw new OptionError(`classify: ${recipe.classes.length} classes named, the network has ${outputs} outputs`);
  const logits = await net.predict(tensorOf(await readPixels(picture, options.name, options.mostPixels), recipe, options.name));
  const all = softmax(logits, 0).map((probability, i) => ({ class: recipe.classes[i]!, probability }));
  return all.sort((a, b) => b.probability - a.probability).slice(0, top);
}
