export type { OpResult } from './run.js';
export { conv1d, conv2d, convTranspose1d, convTranspose2d } from './convolution.js';
export {
  adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveMaxPool1d, adaptiveMaxPool2d, avgPool1d, avgPool2d, maxPool1d, maxPool2d, upsample, type MaxPoolResult,
} from './pooling.js';
export { maxUnpool1d, maxUnpool2d, type UnpoolOptions } from './unpooling.js';
export { linear, logSoftmax, relu, sigmoid, softmax, tanh } from './layers.js';
export { addmm, matmul, type AddmmOptions } from './products.js';
export { crossEntropy, nll, rbfLoss } from './losses.js';
export { optimize, type Optimization } from './optimize.js';
export { batchNorm, groupNorm, instanceNorm, layerNorm, localResponseNorm, type BatchNormOpOptions, type BatchNormResult } from './norms.js';
export { elu, gelu, hardsigmoid, hardswish, hardtanh, leakyRelu, mish, prelu, relu6, selu, silu, softplus, softsign } from './activations.js';
export { dropout, type DropoutOptions } from './dropout.js';
export { bceWithLogits, huber, l1, mse, smoothL1 } from './pairlosses.js';
export { rbf } from './rbf.js';
