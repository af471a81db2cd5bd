export { C3_TABLE, lenet5, lenet5Modern, type LeNet5Options } from './lenet.js';
export { digitCodes } from './digitcodes.js';
export * as filters from './filters.js';
