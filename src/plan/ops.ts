import * as abi from '../../assembly/abi.js';
import { epilogue } from './epilogue.js';
import { POOL_OPS } from './poolops.js';
import { WINOGRAD_OPS } from './winogradops.js';

/**
 * What a field of a step's record is. Addresses say how the step uses the tensor there, from which lifetimes and the
 * declared-writes check follow: `read`; `write` (also where it adds to what is there); `scratch`, private to the step.
 */
export type FieldKind = 'read' | 'write' | 'scratch' | 'i32' | 'f32';

export interface OpRecord {
  readonly code: number;
  readonly fields: Readonly<Record<string, FieldKind>>;
}

const conv2d = {
  ci: 'i32', hi: 'i32', wi: 'i32', co: 'i32', ho: 'i32', wo: 'i32',
  kh: 'i32', kw: 'i32', strideH: 'i32', strideW: 'i32',
  padTop: 'i32', padLeft: 'i32', padBottom: 'i32', padRight: 'i32',
  dilationH: 'i32', dilationW: 'i32', groups: 'i32',
} as const;

/** Every op's record, field for field the class in assembly/steps.ts after its `op`. */
export const OPS = {
  ...POOL_OPS,
  ...WINOGRAD_OPS,
  gemm: {
    code: abi.OP_GEMM,
    fields: {
      a: 'read', b: 'read', c: 'write', scratch: 'scratch', batch: 'i32', m: 'i32', n: 'i32', k: 'i32',
      aRow: 'i32', aTerm: 'i32', aBatch: 'i32', bBatch: 'i32', scratchBytes: 'i32', accumulate: 'i32',
    },
  },
  packPanels: {
    code: abi.OP_PACK_PANELS,
    fields: { b: 'read', panels: 'write', batch: 'i32', k: 'i32', n: 'i32', bTerm: 'i32', bColumn: 'i32', bBatch: 'i32' },
  },
  linearForward: {
    code: abi.OP_LINEAR_FORWARD,
    fields: { x: 'read', w: 'read', b: 'read', y: 'write', scratch: 'scratch', rows: 'i32', ci: 'i32', co: 'i32', scratchBytes: 'i32', ...epilogue },
  },
  linearBackwardInput: {
    code: abi.OP_LINEAR_BACKWARD_INPUT,
    fields: { dy: 'read', w: 'read', dx: 'write', rows: 'i32', ci: 'i32', co: 'i32', accumulate: 'i32' },
  },
  linearBackwardWeight: {
    code: abi.OP_LINEAR_BACKWARD_WEIGHT,
    fields: { x: 'read', dy: 'read', dw: 'write', scratch: 'scratch', rows: 'i32', ci: 'i32', co: 'i32', scratchBytes: 'i32', accumulate: 'i32' },
  },
  conv2dForward: {
    code: abi.OP_CONV2D_FORWARD,
    fields: { ...conv2d, x: 'read', w: 'read', b: 'read', y: 'write', scratch: 'scratch', scratchBytes: 'i32', groupImages: 'i32', accumulate: 'i32', ...epilogue },
  },
  conv2dRotateWeight: { code: abi.OP_CONV2D_ROTATE_WEIGHT, fields: { ...conv2d, w: 'read', rotated: 'write' } },
  conv2dBackwardInput: {
    code: abi.OP_CONV2D_BACKWARD_INPUT,
    fields: { ...conv2d, dy: 'read', rotated: 'read', b: 'read', dx: 'write', scratch: 'scratch', scratchBytes: 'i32', accumulate: 'i32' },
  },
  conv2dBackwardWeight: {
    code: abi.OP_CONV2D_BACKWARD_WEIGHT,
    fields: { ...conv2d, x: 'read', dy: 'read', dw: 'write', scratch: 'scratch', scratchBytes: 'i32', groupImages: 'i32', accumulate: 'i32' },
  },
  depthwise2dForward: {
    code: abi.OP_DEPTHWISE2D_FORWARD,
    fields: { ...conv2d, x: 'read', w: 'read', b: 'read', y: 'write', scratch: 'scratch', scratchBytes: 'i32', accumulate: 'i32', ...epilogue },
  },
  depthwise2dBackwardInput: {
    code: abi.OP_DEPTHWISE2D_BACKWARD_INPUT,
    fields: { ...conv2d, dy: 'read', w: 'read', b: 'read', dx: 'write', scratch: 'scratch', scratchBytes: 'i32', accumulate: 'i32' },
  },
  depthwise2dBackwardWeight: {
    code: abi.OP_DEPTHWISE2D_BACKWARD_WEIGHT,
    fields: { ...conv2d, x: 'read', dy: 'read', dw: 'write', scratch: 'scratch', scratchBytes: 'i32', accumulate: 'i32' },
  },
  biasBackward: { code: abi.OP_BIAS_BACKWARD, fields: { dy: 'read', db: 'write', rows: 'i32', c: 'i32', accumulate: 'i32' } },
  activationForward: {
    code: abi.OP_ACTIVATION_FORWARD,
    fields: { x: 'read', y: 'write', length: 'i32', kind: 'i32', alpha: 'f32', beta: 'f32' },
  },
  activationBackward: {
    code: abi.OP_ACTIVATION_BACKWARD,
    fields: { from: 'read', dy: 'read', dx: 'write', length: 'i32', kind: 'i32', alpha: 'f32', beta: 'f32', accumulate: 'i32' },
  },
  softmaxForward: { code: abi.OP_SOFTMAX_FORWARD, fields: { x: 'read', y: 'write', outer: 'i32', length: 'i32', inner: 'i32', log: 'i32' } },
  softmaxBackward: {
    code: abi.OP_SOFTMAX_BACKWARD,
    fields: { y: 'read', dy: 'read', dx: 'write', outer: 'i32', length: 'i32', inner: 'i32', log: 'i32', accumulate: 'i32' },
  },
  crossEntropyForward: {
    code: abi.OP_CROSS_ENTROPY_FORWARD,
    fields: {
      x: 'read', target: 'read', weight: 'read', rowLoss: 'write', rowWeight: 'write', logSum: 'write',
      rows: 'i32', classes: 'i32', dense: 'i32', ignoreIndex: 'i32', smoothing: 'f32',
    },
  },
  crossEntropyReduce: {
    code: abi.OP_CROSS_ENTROPY_REDUCE,
    fields: { rowLoss: 'read', rowWeight: 'read', loss: 'write', rows: 'i32', reduction: 'i32' },
  },
  crossEntropyBackward: {
    code: abi.OP_CROSS_ENTROPY_BACKWARD,
    fields: {
      x: 'read', target: 'read', weight: 'read', logSum: 'read', loss: 'read', dloss: 'read', dx: 'write',
      rows: 'i32', classes: 'i32', dense: 'i32', ignoreIndex: 'i32', smoothing: 'f32', reduction: 'i32', accumulate: 'i32',
    },
  },
  guardFinite: { code: abi.OP_GUARD_FINITE, fields: { x: 'read' } },
  sgd: {
    code: abi.OP_SGD,
    fields: {
      w: 'write', dw: 'read', velocity: 'write', length: 'i32', rateFactor: 'f32',
      momentum: 'f32', fresh: 'f32', weightDecay: 'f32', nesterov: 'i32', maximize: 'i32',
    },
  },
  axpby: {
    code: abi.OP_AXPBY,
    fields: { x: 'read', z: 'read', y: 'write', rows: 'i32', columns: 'i32', zRow: 'i32', zColumn: 'i32', alpha: 'f32', beta: 'f32' },
  },
  sumTo: {
    code: abi.OP_SUM_TO,
    fields: {
      x: 'read', y: 'write', s0: 'i32', s1: 'i32', s2: 'i32', s3: 'i32',
      keep0: 'i32', keep1: 'i32', keep2: 'i32', keep3: 'i32', alpha: 'f32', accumulate: 'i32',
    },
  },
  transpose: { code: abi.OP_TRANSPOSE, fields: { x: 'read', y: 'write', rows: 'i32', columns: 'i32', accumulate: 'i32' } },
  multiply: { code: abi.OP_MULTIPLY, fields: { x: 'read', by: 'read', y: 'write', length: 'i32' } },
  channelAffineForward: { code: abi.OP_CHANNEL_AFFINE_FORWARD, fields: { x: 'read', w: 'read', b: 'read', y: 'write', rows: 'i32', c: 'i32' } },
  channelAffineBackwardInput: {
    code: abi.OP_CHANNEL_AFFINE_BACKWARD_INPUT,
    fields: { dy: 'read', w: 'read', dx: 'write', rows: 'i32', c: 'i32', accumulate: 'i32' },
  },
  channelAffineBackwardWeight: {
    code: abi.OP_CHANNEL_AFFINE_BACKWARD_WEIGHT,
    fields: { x: 'read', dy: 'read', dw: 'write', rows: 'i32', c: 'i32', accumulate: 'i32' },
  },
  preluForward: { code: abi.OP_PRELU_FORWARD, fields: { x: 'read', w: 'read', y: 'write', rows: 'i32', c: 'i32', shared: 'i32' } },
  preluBackwardInput: {
    code: abi.OP_PRELU_BACKWARD_INPUT,
    fields: { x: 'read', w: 'read', dy: 'read', dx: 'write', rows: 'i32', c: 'i32', shared: 'i32', accumulate: 'i32' },
  },
  preluBackwardWeight: {
    code: abi.OP_PRELU_BACKWARD_WEIGHT,
    fields: { x: 'read', dy: 'read', dw: 'write', rows: 'i32', c: 'i32', shared: 'i32', accumulate: 'i32' },
  },
  dropout: {
    code: abi.OP_DROPOUT,
    fields: { x: 'read', y: 'write', length: 'i32', stream: 'i32', threshold: 'i32', scale: 'f32', accumulate: 'i32' },
  },
  dropout2d: {
    code: abi.OP_DROPOUT2D,
    fields: { x: 'read', y: 'write', pixels: 'i32', c: 'i32', stream: 'i32', threshold: 'i32', scale: 'f32', accumulate: 'i32' },
  },
  pairLossForward: {
    code: abi.OP_PAIR_LOSS_FORWARD,
    fields: {
      x: 'read', target: 'read', weight: 'read', positive: 'read', each: 'write', sums: 'write',
      length: 'i32', kind: 'i32', parameter: 'f32',
    },
  },
  pairLossReduce: { code: abi.OP_PAIR_LOSS_REDUCE, fields: { sums: 'read', loss: 'write', length: 'i32', reduction: 'i32' } },
  pairLossBackward: {
    code: abi.OP_PAIR_LOSS_BACKWARD,
    fields: {
      x: 'read', target: 'read', weight: 'read', positive: 'read', loss: 'read', dloss: 'read', dx: 'write',
      length: 'i32', kind: 'i32', parameter: 'f32', reduction: 'i32', accumulate: 'i32',
    },
  },
  nllForward: {
    code: abi.OP_NLL_FORWARD,
    fields: { x: 'read', target: 'read', weight: 'read', rowLoss: 'write', rowWeight: 'write', rows: 'i32', classes: 'i32', ignoreIndex: 'i32' },
  },
  nllBackward: {
    code: abi.OP_NLL_BACKWARD,
    fields: {
      target: 'read', weight: 'read', loss: 'read', dloss: 'read', dx: 'write',
      rows: 'i32', classes: 'i32', ignoreIndex: 'i32', reduction: 'i32', accumulate: 'i32',
    },
  },
  rbfForward: { code: abi.OP_RBF_FORWARD, fields: { x: 'read', w: 'read', y: 'write', rows: 'i32', ci: 'i32', co: 'i32' } },
  rbfBackwardInput: {
    code: abi.OP_RBF_BACKWARD_INPUT,
    fields: { x: 'read', w: 'read', dy: 'read', dx: 'write', rows: 'i32', ci: 'i32', co: 'i32', accumulate: 'i32' },
  },
  rbfBackwardWeight: {
    code: abi.OP_RBF_BACKWARD_WEIGHT,
    fields: { x: 'read', w: 'read', dy: 'read', dw: 'write', rows: 'i32', ci: 'i32', co: 'i32', accumulate: 'i32' },
  },
  rbfLossForward: {
    code: abi.OP_RBF_LOSS_FORWARD,
    fields: {
      x: 'read', target: 'read', rowLoss: 'write', rowWeight: 'write', logSum: 'write',
      rows: 'i32', classes: 'i32', competitive: 'i32', j: 'f32',
    },
  },
  rbfLossBackward: {
    code: abi.OP_RBF_LOSS_BACKWARD,
    fields: {
      x: 'read', target: 'read', logSum: 'read', loss: 'read', dloss: 'read', dx: 'write',
      rows: 'i32', classes: 'i32', competitive: 'i32', reduction: 'i32', accumulate: 'i32',
    },
  },
  adam: {
    code: abi.OP_ADAM,
    fields: {
      w: 'write', dw: 'read', expAvg: 'write', expAvgSq: 'write', maxExpAvgSq: 'write', length: 'i32', rateFactor: 'f32',
      beta1: 'f32', fresh1: 'f32', beta2: 'f32', fresh2: 'f32', eps: 'f32', weightDecay: 'f32', decoupled: 'i32', maximize: 'i32',
    },
  },
  rmsprop: {
    code: abi.OP_RMSPROP,
    fields: {
      w: 'write', dw: 'read', squareAvg: 'write', gradAvg: 'write', velocity: 'write', length: 'i32', rateFactor: 'f32',
      alpha: 'f32', fresh: 'f32', eps: 'f32', momentum: 'f32', weightDecay: 'f32', maximize: 'i32',
    },
  },
  adagrad: {
    code: abi.OP_ADAGRAD,
    fields: {
      w: 'write', dw: 'read', sum: 'write', length: 'i32', rateFactor: 'f32',
      lrDecay: 'f32', initial: 'f32', eps: 'f32', weightDecay: 'f32', maximize: 'i32',
    },
  },
  squareSum: { code: abi.OP_SQUARE_SUM, fields: { dw: 'read', sums: 'write', length: 'i32' } },
  gradientNorm: { code: abi.OP_GRADIENT_NORM, fields: { sums: 'read', norm: 'write', count: 'i32', limit: 'f32', accumulate: 'i32' } },
  clipScale: { code: abi.OP_CLIP_SCALE, fields: { norm: 'read', dw: 'write', length: 'i32' } },
  clipValue: { code: abi.OP_CLIP_VALUE, fields: { dw: 'write', length: 'i32', limit: 'f32' } },
  channelNormStatistics: {
    code: abi.OP_CHANNEL_NORM_STATISTICS,
    fields: {
      x: 'read', w: 'read', b: 'read', runningMean: 'read', runningVar: 'read', statistics: 'write', scratch: 'scratch',
      rows: 'i32', c: 'i32', groups: 'i32', perImage: 'i32', eps: 'f32', scratchBytes: 'i32',
    },
  },
  channelNormTrack: {
    code: abi.OP_CHANNEL_NORM_TRACK,
    fields: { statistics: 'read', runningMean: 'write', runningVar: 'write', batches: 'write', rows: 'i32', c: 'i32', momentum: 'f32' },
  },
  channelNormForward: { code: abi.OP_CHANNEL_NORM_FORWARD, fields: { x: 'read', statistics: 'read', y: 'write', rows: 'i32', c: 'i32', perImage: 'i32' } },
  channelNormBackwardSums: {
    code: abi.OP_CHANNEL_NORM_BACKWARD_SUMS,
    fields: {
      x: 'read', dy: 'read', w: 'read', statistics: 'read', sums: 'write', scratch: 'scratch',
      rows: 'i32', c: 'i32', groups: 'i32', perImage: 'i32', fixed: 'i32', scratchBytes: 'i32',
    },
  },
  channelNormBackwardInput: {
    code: abi.OP_CHANNEL_NORM_BACKWARD_INPUT,
    fields: { x: 'read', dy: 'read', statistics: 'read', sums: 'read', dx: 'write', rows: 'i32', c: 'i32', perImage: 'i32', fixed: 'i32', accumulate: 'i32' },
  },
  channelNormBackwardWeight: {
    code: abi.OP_CHANNEL_NORM_BACKWARD_WEIGHT,
    fields: { sums: 'read', dw: 'write', row: 'i32', c: 'i32', perImage: 'i32', accumulate: 'i32' },
  },
  lrnForward: {
    code: abi.OP_LRN_FORWARD,
    fields: {
      x: 'read', y: 'write', scratch: 'scratch', rows: 'i32', c: 'i32', before: 'i32', after: 'i32',
      alpha: 'f32', betaHigh: 'f32', betaLow: 'f32', k: 'f32', scratchBytes: 'i32',
    },
  },
  lrnBackward: {
    code: abi.OP_LRN_BACKWARD,
    fields: {
      x: 'read', dy: 'read', dx: 'write', scratch: 'scratch', rows: 'i32', c: 'i32', before: 'i32', after: 'i32',
      alpha: 'f32', betaHigh: 'f32', betaLow: 'f32', k: 'f32', scratchBytes: 'i32', accumulate: 'i32',
    },
  },
  rowNormForward: { code: abi.OP_ROW_NORM_FORWARD, fields: { x: 'read', y: 'write', rstd: 'write', rows: 'i32', length: 'i32', eps: 'f32' } },
  rowNormBackward: {
    code: abi.OP_ROW_NORM_BACKWARD,
    fields: { y: 'read', dy: 'read', rstd: 'read', dx: 'write', rows: 'i32', length: 'i32', accumulate: 'i32' },
  },
  add: { code: abi.OP_ADD, fields: { x: 'read', z: 'read', y: 'write', length: 'i32' } },
  copyColumns: {
    code: abi.OP_COPY_COLUMNS,
    fields: { x: 'read', y: 'write', rows: 'i32', columns: 'i32', xRow: 'i32', xFrom: 'i32', yRow: 'i32', yFrom: 'i32', accumulate: 'i32' },
  },
} as const satisfies Record<string, OpRecord>;

export type OpName = keyof typeof OPS;
