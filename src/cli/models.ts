import type { Shape } from '../core/shape.js';
import { UsageError } from './failure.js';
import { suggestion } from './nearest.js';
import type { Layer } from '../layers/layer.js';

/** A network that commands know by name. */
export interface Model {
  readonly name: string;
  readonly title: string;
  /** One image, [channels, height, width]. */
  readonly input: Shape;
  /** Number of classes it tells apart. */
  readonly classes: number;
  build(): Promise<Layer>;
}

const MODELS: readonly Model[] = [
  { name: 'lenet5', title: 'LeNet-5', input: [1, 32, 32], classes: 10, build: async () => (await import('../models/index.js')).lenet5() },
  {
    name: 'lenet5_modern',
    title: 'LeNet-5, modern (relu, max pooling)',
    input: [1, 32, 32],
    classes: 10,
    build: async () => (await import('../models/index.js')).lenet5Modern(),
  },
];

/** The network of that name; throws UsageError with the nearest name there is. */
export function modelNamed(name: string): Model {
  const model = MODELS.find((each) => each.name === name);
  if (model === undefined) throw new UsageError(`unknown model ${name}${suggestion(name, MODELS.map((each) => each.name))}`);
  return model;
}
