export { adagrad, type AdagradOptions } from './adagrad.js';
export { adam, adamw, type AdamOptions } from './adam.js';
export type { Group, Optimizer } from './optimizer.js';
export { rmsprop, type RmspropOptions } from './rmsprop.js';
export { sgd, type SgdOptions } from './sgd.js';
