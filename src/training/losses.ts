export type { Loss, LossTensors, Reduction } from './loss.js';
export { crossEntropy, type CrossEntropyOptions } from './crossentropy.js';
export { nll, type NllOptions } from './nll.js';
export { huber, l1, mse, smoothL1, type HuberOptions, type PairLossOptions, type SmoothL1Options } from './regression.js';
export { bceWithLogits, type BceWithLogitsOptions } from './bcewithlogits.js';
export { rbf, type RbfLossOptions } from './rbf.js';
