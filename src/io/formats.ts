export { readPth } from './pth.js';
export { readSafetensors, toBigInt64, toFloat32, writeSafetensors, type Dtype, type Safetensors, type SafetensorsEntry, type StoredTensor } from './safetensors.js';
export type { StateDict } from './weights.js';
