export { C3_TABLE, lenet5, lenet5Modern, type LeNet5Options } from './lenet.js';
export { basicBlock, bottleneck, resnet101, resnet152, resnet18, resnet34, resnet50, type BlockOptions, type ModelOptions } from './resnet.js';
export { digitCodes } from './digitcodes.js';
export * as filters from './filters.js';
