import * as abi from '../../assembly/abi.js';

/**
 * What a field of a step's record is. Addresses say how the step uses the tensor there, from which lifetimes and the
 * declared-writes check follow: `read`; `write` (also where it adds to what is there); `scratch`, private to the step.
 */
export type FieldKind = 'read' | 'write' | 'scratch' | 'i32' | 'f32';

export interface OpRecord {
  readonly code: number;
  readonly fields: Readonly<Record<string, FieldKind>>;
}

const CONV = 'ci hi wi co ho wo kh kw strideH strideW padTop padLeft padBottom padRight dilationH dilationW groups';
const POOL = 'c hi wi ho wo kh kw strideH strideW padTop padLeft dilationH dilationW adaptive';
const AVG_POOL = `${POOL} padBottom padRight countIncludePad divisor`;
const UPSAMPLE = 'c hi wi ho wo';
const WINOGRAD = 'm ci hi wi co ho wo padTop padLeft blockTiles blockColumns';
/** How a forward product's record ends (assembly/gemm/epilogue.ts). */
const EPILOGUE = '<statistics <addend clamp ~low ~high yRow yFrom';

/** Every op's code and the fields of its record, one by one those of the class in assembly/steps/<family>.ts after its `op`:
 *  <read, >write, *scratch, ~f32, the others i32. */
const RECORDS = {
  gemm: [abi.OP_GEMM, '<a <b >c *scratch batch m n k aRow aTerm aBatch bBatch scratchBytes accumulate'],
  packPanels: [abi.OP_PACK_PANELS, '<b >panels batch k n bTerm bColumn bBatch'],
  linearForward: [abi.OP_LINEAR_FORWARD, `<x <w <b >y *scratch rows ci co scratchBytes ${EPILOGUE}`],
  linearBackwardInput: [abi.OP_LINEAR_BACKWARD_INPUT, '<dy <w >dx rows ci co accumulate'],
  linearBackwardWeight: [abi.OP_LINEAR_BACKWARD_WEIGHT, '<x <dy >dw *scratch rows ci co scratchBytes accumulate'],
  conv2dForward: [abi.OP_CONV2D_FORWARD, `${CONV} <x <w <b >y *scratch scratchBytes groupImages accumulate ${EPILOGUE}`],
  conv2dRotateWeight: [abi.OP_CONV2D_ROTATE_WEIGHT, `${CONV} <w >rotated`],
  conv2dBackwardInput: [abi.OP_CONV2D_BACKWARD_INPUT, `${CONV} <dy <rotated <b >dx *scratch scratchBytes accumulate`],
  conv2dBackwardWeight: [abi.OP_CONV2D_BACKWARD_WEIGHT, `${CONV} <x <dy >dw *scratch scratchBytes groupImages accumulate`],
  depthwise2dForward: [abi.OP_DEPTHWISE2D_FORWARD, `${CONV} <x <w <b >y *scratch scratchBytes accumulate ${EPILOGUE}`],
  depthwise2dBackwardInput: [abi.OP_DEPTHWISE2D_BACKWARD_INPUT, `${CONV} <dy <w <b >dx *scratch scratchBytes accumulate`],
  depthwise2dBackwardWeight: [abi.OP_DEPTHWISE2D_BACKWARD_WEIGHT, `${CONV} <x <dy >dw *scratch scratchBytes accumulate`],
  biasBackward: [abi.OP_BIAS_BACKWARD, '<dy >db rows c accumulate'],
  activationForward: [abi.OP_ACTIVATION_FORWARD, '<x >y length kind ~alpha ~beta'],
  activationBackward: [abi.OP_ACTIVATION_BACKWARD, '<from <dy >dx length kind ~alpha ~beta accumulate'],
  softmaxForward: [abi.OP_SOFTMAX_FORWARD, '<x >y outer length inner log'],
  softmaxBackward: [abi.OP_SOFTMAX_BACKWARD, '<y <dy >dx outer length inner log accumulate'],
  crossEntropyForward: [abi.OP_CROSS_ENTROPY_FORWARD, '<x <target <weight >rowLoss >rowWeight >logSum rows classes dense ignoreIndex ~smoothing'],
  crossEntropyReduce: [abi.OP_CROSS_ENTROPY_REDUCE, '<rowLoss <rowWeight >loss rows reduction'],
  crossEntropyBackward: [abi.OP_CROSS_ENTROPY_BACKWARD, '<x <target <weight <logSum <loss <dloss >dx rows classes dense ignoreIndex ~smoothing reduction accumulate'],
  guardFinite: [abi.OP_GUARD_FINITE, '<x'],
  sgd: [abi.OP_SGD, '>w <dw >velocity length ~rateFactor ~momentum ~fresh ~weightDecay nesterov maximize'],
  axpby: [abi.OP_AXPBY, '<x <z >y rows columns zRow zColumn ~alpha ~beta'],
  sumTo: [abi.OP_SUM_TO, '<x >y s0 s1 s2 s3 keep0 keep1 keep2 keep3 ~alpha accumulate'],
  transpose: [abi.OP_TRANSPOSE, '<x >y rows columns accumulate'],
  multiply: [abi.OP_MULTIPLY, '<x <by >y length'],
  channelAffineForward: [abi.OP_CHANNEL_AFFINE_FORWARD, '<x <w <b >y rows c'],
  channelAffineBackwardInput: [abi.OP_CHANNEL_AFFINE_BACKWARD_INPUT, '<dy <w >dx rows c accumulate'],
  channelAffineBackwardWeight: [abi.OP_CHANNEL_AFFINE_BACKWARD_WEIGHT, '<x <dy >dw rows c accumulate'],
  preluForward: [abi.OP_PRELU_FORWARD, '<x <w >y rows c shared'],
  preluBackwardInput: [abi.OP_PRELU_BACKWARD_INPUT, '<x <w <dy >dx rows c shared accumulate'],
  preluBackwardWeight: [abi.OP_PRELU_BACKWARD_WEIGHT, '<x <dy >dw rows c shared accumulate'],
  dropout: [abi.OP_DROPOUT, '<x >y length stream threshold ~scale accumulate'],
  dropout2d: [abi.OP_DROPOUT2D, '<x >y pixels c stream threshold ~scale accumulate'],
  pairLossForward: [abi.OP_PAIR_LOSS_FORWARD, '<x <target <weight <positive >each >sums length kind ~parameter'],
  pairLossReduce: [abi.OP_PAIR_LOSS_REDUCE, '<sums >loss length reduction'],
  pairLossBackward: [abi.OP_PAIR_LOSS_BACKWARD, '<x <target <weight <positive <loss <dloss >dx length kind ~parameter reduction accumulate'],
  nllForward: [abi.OP_NLL_FORWARD, '<x <target <weight >rowLoss >rowWeight rows classes ignoreIndex'],
  nllBackward: [abi.OP_NLL_BACKWARD, '<target <weight <loss <dloss >dx rows classes ignoreIndex reduction accumulate'],
  rbfForward: [abi.OP_RBF_FORWARD, '<x <w >y rows ci co'],
  rbfBackwardInput: [abi.OP_RBF_BACKWARD_INPUT, '<x <w <dy >dx rows ci co accumulate'],
  rbfBackwardWeight: [abi.OP_RBF_BACKWARD_WEIGHT, '<x <w <dy >dw rows ci co accumulate'],
  rbfLossForward: [abi.OP_RBF_LOSS_FORWARD, '<x <target >rowLoss >rowWeight >logSum rows classes competitive ~j'],
  rbfLossBackward: [abi.OP_RBF_LOSS_BACKWARD, '<x <target <logSum <loss <dloss >dx rows classes competitive reduction accumulate'],
  adam: [abi.OP_ADAM, '>w <dw >expAvg >expAvgSq >maxExpAvgSq length ~rateFactor ~beta1 ~fresh1 ~beta2 ~fresh2 ~eps ~weightDecay decoupled maximize'],
  rmsprop: [abi.OP_RMSPROP, '>w <dw >squareAvg >gradAvg >velocity length ~rateFactor ~alpha ~fresh ~eps ~momentum ~weightDecay maximize'],
  adagrad: [abi.OP_ADAGRAD, '>w <dw >sum length ~rateFactor ~lrDecay ~initial ~eps ~weightDecay maximize'],
  squareSum: [abi.OP_SQUARE_SUM, '<dw >sums length'],
  gradientNorm: [abi.OP_GRADIENT_NORM, '<sums >norm count ~limit accumulate'],
  clipScale: [abi.OP_CLIP_SCALE, '<norm >dw length'],
  clipValue: [abi.OP_CLIP_VALUE, '>dw length ~limit'],
  channelNormStatistics: [abi.OP_CHANNEL_NORM_STATISTICS, '<x <w <b <runningMean <runningVar >statistics *scratch rows c groups perImage ~eps scratchBytes'],
  channelNormTrack: [abi.OP_CHANNEL_NORM_TRACK, '<statistics >runningMean >runningVar >batches rows c ~momentum'],
  channelNormForward: [abi.OP_CHANNEL_NORM_FORWARD, '<x <statistics >y rows c perImage'],
  channelNormBackwardSums: [abi.OP_CHANNEL_NORM_BACKWARD_SUMS, '<x <dy <w <statistics >sums *scratch rows c groups perImage fixed scratchBytes'],
  channelNormBackwardInput: [abi.OP_CHANNEL_NORM_BACKWARD_INPUT, '<x <dy <statistics <sums >dx rows c perImage fixed accumulate'],
  channelNormBackwardWeight: [abi.OP_CHANNEL_NORM_BACKWARD_WEIGHT, '<sums >dw row c perImage accumulate'],
  lrnForward: [abi.OP_LRN_FORWARD, '<x >y *scratch rows c before after ~alpha ~betaHigh ~betaLow ~k scratchBytes'],
  lrnBackward: [abi.OP_LRN_BACKWARD, '<x <dy >dx *scratch rows c before after ~alpha ~betaHigh ~betaLow ~k scratchBytes accumulate'],
  rowNormForward: [abi.OP_ROW_NORM_FORWARD, '<x >y >rstd rows length ~eps'],
  rowNormBackward: [abi.OP_ROW_NORM_BACKWARD, '<y <dy <rstd >dx rows length accumulate'],
  add: [abi.OP_ADD, '<x <z >y length'],
  copyColumns: [abi.OP_COPY_COLUMNS, '<x >y rows columns xRow xFrom yRow yFrom accumulate'],
  maxPool2dForward: [abi.OP_MAX_POOL2D_FORWARD, `${POOL} <x >y >argmax yRow yFrom`],
  maxPool2dBackward: [abi.OP_MAX_POOL2D_BACKWARD, `${POOL} <dy <argmax >dx accumulate`],
  maxUnpool2dForward: [abi.OP_MAX_UNPOOL2D_FORWARD, '<x <argmax >y pixels places c'],
  maxUnpool2dBackward: [abi.OP_MAX_UNPOOL2D_BACKWARD, '<dy <argmax >dx pixels places c accumulate'],
  avgPool2dForward: [abi.OP_AVG_POOL2D_FORWARD, `${AVG_POOL} <x >y yRow yFrom`],
  avgPool2dBackward: [abi.OP_AVG_POOL2D_BACKWARD, `${AVG_POOL} <dy >dx accumulate`],
  upsample2dForward: [abi.OP_UPSAMPLE2D_FORWARD, `${UPSAMPLE} <rows <columns <x >y bilinear`],
  upsample2dBackward: [abi.OP_UPSAMPLE2D_BACKWARD, `${UPSAMPLE} <rowWindows <columnWindows <rowWeights <columnWeights <dy >dx accumulate`],
  winogradWeights: [abi.OP_WINOGRAD_WEIGHTS, `${WINOGRAD} <w >u *scratch scratchBytes turned`],
  winogradForward: [abi.OP_WINOGRAD_FORWARD, `${WINOGRAD} <x <w <u <b >y *scratch scratchBytes turned accumulate ${EPILOGUE}`],
  winogradBackwardWeight: [abi.OP_WINOGRAD_BACKWARD_WEIGHT, `${WINOGRAD} <x <dy >dw *scratch scratchBytes accumulate`],
} as const satisfies Record<string, readonly [code: number, fields: string]>;

export type OpName = keyof typeof RECORDS;

const KINDS: Readonly<Record<string, FieldKind>> = { '<': 'read', '>': 'write', '*': 'scratch', '~': 'f32' };

/** A record as it is written above, read. */
function recordOf([code, fields]: readonly [number, string]): OpRecord {
  return { code, fields: Object.fromEntries(fields.split(' ').map((field) => (KINDS[field[0]!] ? [field.slice(1), KINDS[field[0]!]!] : [field, 'i32']))) };
}

/** Every op's record. */
export const OPS = Object.fromEntries(Object.entries(RECORDS).map(([op, record]) => [op, recordOf(record)])) as Readonly<Record<OpName, OpRecord>>;
