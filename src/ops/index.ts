export type { OpResult } from './run.js';
export { avgPool2d, conv2d, linear, logSoftmax, maxPool2d, relu, sigmoid, softmax, tanh } from './layers.js';
export { addmm, matmul, type AddmmOptions } from './products.js';
export { crossEntropy } from './losses.js';
export { optimize, type Optimization } from './optimize.js';
export { batchNorm, groupNorm, instanceNorm, layerNorm, localResponseNorm, type BatchNormOpOptions, type BatchNormResult } from './norms.js';
