export { cifar10 } from './cifar.js';
export type { Dataset, Split } from './dataset.js';
export { digits } from './digits.js';
export { folder, type FolderOptions } from './folder.js';
export { idx, type IdxOptions, type IdxSplit } from './idx.js';
export { openData, type OpenOptions, type OpenedData, type Preprocessing } from './open.js';
export { optdigits } from './optdigits.js';
export { shapes, type ShapesOptions } from './shapes.js';
export type { SplitOptions } from './split.js';
