import * as abi from '../../assembly/abi.js';
import { epilogue } from './epilogue.js';

const winograd = {
  m: 'i32', ci: 'i32', hi: 'i32', wi: 'i32', co: 'i32', ho: 'i32', wo: 'i32', padTop: 'i32', padLeft: 'i32', blockTiles: 'i32', blockColumns: 'i32',
} as const;

/** The records of convolutions by Winograd's transforms, as assembly/steps/winograd.ts has them. */
export const WINOGRAD_OPS = {
  winogradWeights: { code: abi.OP_WINOGRAD_WEIGHTS, fields: { ...winograd, w: 'read', u: 'write', scratch: 'scratch', scratchBytes: 'i32', turned: 'i32' } },
  winogradForward: {
    code: abi.OP_WINOGRAD_FORWARD,
    fields: {
      ...winograd, x: 'read', w: 'read', u: 'read', b: 'read', y: 'write', scratch: 'scratch', scratchBytes: 'i32', turned: 'i32', accumulate: 'i32',
      ...epilogue,
    },
  },
  winogradBackwardWeight: {
    code: abi.OP_WINOGRAD_BACKWARD_WEIGHT,
    fields: { ...winograd, x: 'read', dy: 'read', dw: 'write', scratch: 'scratch', scratchBytes: 'i32', accumulate: 'i32' },
  },
} as const;
