export type { OpResult } from './run.js';
export { avgPool2d, conv2d, linear, logSoftmax, maxPool2d, relu, sigmoid, softmax, tanh } from './layers.js';
export { addmm, matmul, type AddmmOptions } from './products.js';
export { crossEntropy, nll, rbfLoss } from './losses.js';
export { optimize, type Optimization } from './optimize.js';
export { elu, gelu, hardsigmoid, hardswish, hardtanh, leakyRelu, prelu, relu6, selu, silu, softplus } from './activations.js';
export { dropout, type DropoutOptions } from './dropout.js';
export { bceWithLogits, huber, l1, mse, smoothL1 } from './pairlosses.js';
export { rbf } from './rbf.js';
