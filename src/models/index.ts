export { alexnet, vgg11, vgg16, type AlexNetOptions, type DropoutOptions } from './alexnet.js';
export { mobilenetV2, squeezenet1_1 } from './compact.js';
export { googlenet, inceptionBlock, type AuxiliaryOptions } from './googlenet.js';
export { inceptionResnetA, inceptionResnetB, inceptionResnetC, inceptionV3, inceptionV4, type ScaledOptions } from './inception.js';
export { C3_TABLE, lenet5, lenet5Modern, type LeNet5Options } from './lenet.js';
export { digitCodes } from './digitcodes.js';
export * as filters from './filters.js';
export type { ModelOptions } from './options.js';
export {
  basicBlock, bottleneck, resnet101, resnet110, resnet152, resnet18, resnet20, resnet32, resnet34, resnet44, resnet50, resnet56, type BlockOptions,
} from './resnet.js';
