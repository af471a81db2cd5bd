import * as abi from "./abi";
import { adagrad } from "./ops/adagrad";
import { adam } from "./ops/adam";
import { activationBackward, activationForward } from "./ops/activation";
import { avgPool2dBackward, avgPool2dForward } from "./ops/avgpool2d";
import { biasBackward } from "./ops/bias";
import { clipScale, clipValue, gradientNorm, squareSum } from "./ops/clip";
import { conv2dBackwardWeight, conv2dForward } from "./ops/conv2d";
import { conv2dBackwardInput, conv2dRotateWeight } from "./ops/conv2dbackwardinput";
import { crossEntropyBackward, crossEntropyForward, crossEntropyReduce } from "./ops/crossentropy";
import { depthwise2dBackwardInput, depthwise2dBackwardWeight, depthwise2dForward } from "./ops/depthwise2d";
import {
  axpby, channelAffineBackwardInput, channelAffineBackwardWeight, channelAffineForward, multiplyElements, sumTo, transpose,
} from "./ops/elementwise";
import {
  channelNormBackwardInput, channelNormBackwardSums, channelNormBackwardWeight, channelNormForward, channelNormStatistics, channelNormTrack,
} from "./ops/channelnorm";
import { lrnBackward, lrnForward } from "./ops/lrn";
import { rowNormBackward, rowNormForward } from "./ops/rownorm";
import { dropout, dropout2d } from "./ops/dropout";
import { add, copyColumns } from "./ops/join";
import { linearBackwardInput, linearBackwardWeight, linearForward } from "./ops/linear";
import { nllBackward, nllForward } from "./ops/nll";
import { pairLossBackward, pairLossForward, pairLossReduce } from "./ops/pairloss";
import { preluBackwardInput, preluBackwardWeight, preluForward } from "./ops/prelu";
import { rbfBackwardInput, rbfBackwardWeight, rbfForward, rbfLossBackward, rbfLossForward } from "./ops/rbf";
import { maxPool2dBackward, maxPool2dForward } from "./ops/maxpool2d";
import { maxUnpool2dBackward, maxUnpool2dForward } from "./ops/maxunpool2d";
import { rmsprop } from "./ops/rmsprop";
import { sgd } from "./ops/sgd";
import { softmaxBackward, softmaxForward } from "./ops/softmax";
import { winogradForward } from "./ops/winograd";
import { winogradBackwardWeight } from "./ops/winogradbackwardweight";
import { winogradWeights } from "./ops/winogradweights";
import { layConstants } from "./constants";
import { aborted, meet } from "./barrier";
import { upsample2dBackward, upsample2dForward } from "./ops/upsample2d";
import { gemm } from "./gemm/gemm";
import { packPanels } from "./gemm/pack";
import * as s from "./steps";

/**
 * Runs the steps `first` to `last` (exclusive) as worker `worker` of `workers`.
 * Returns RUN_DONE; RUN_NOT_FINITE when a guard stopped the run; RUN_ABORTED when another worker failed; or the next step, when
 * this worker's barrier before it is still pending. Direct calls: a step costs about a nanosecond to reach.
 */
export function run(first: i32, last: i32, control: usize, worker: i32, workers: i32): i32 {
  const table = load<usize>(control, abi.CONTROL_STEPS);
  const live = load<i32>(control, abi.CONTROL_LIVE), adding = load<i32>(control, abi.CONTROL_ACCUMULATE);
  const current = control + abi.CONTROL_WORKERS + worker * abi.WORKER_LINE;
  layConstants();
  for (let i = first; i < last; i++) {
    const at = load<usize>(table + (<usize>i << 2));
    store<i32>(current, i);
    switch (changetype<s.Step>(at).op) {
      case abi.OP_GEMM: gemm(changetype<s.GemmStep>(at), worker, workers); break;
      case abi.OP_PACK_PANELS: packPanels(changetype<s.PackPanelsStep>(at), worker, workers); break;
      case abi.OP_LINEAR_FORWARD: linearForward(changetype<s.LinearForwardStep>(at), live, worker, workers); break;
      case abi.OP_LINEAR_BACKWARD_INPUT: linearBackwardInput(changetype<s.LinearBackwardInputStep>(at), live, worker, workers); break;
      case abi.OP_LINEAR_BACKWARD_WEIGHT: linearBackwardWeight(changetype<s.LinearBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_CONV2D_FORWARD: conv2dForward(changetype<s.Conv2dForwardStep>(at), live, worker, workers); break;
      case abi.OP_CONV2D_ROTATE_WEIGHT: conv2dRotateWeight(changetype<s.Conv2dRotateWeightStep>(at), worker, workers); break;
      case abi.OP_CONV2D_BACKWARD_INPUT: conv2dBackwardInput(changetype<s.Conv2dBackwardInputStep>(at), live, worker, workers); break;
      case abi.OP_CONV2D_BACKWARD_WEIGHT: conv2dBackwardWeight(changetype<s.Conv2dBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_WINOGRAD_WEIGHTS: winogradWeights(changetype<s.WinogradWeightsStep>(at), worker, workers); break;
      case abi.OP_WINOGRAD_FORWARD: winogradForward(changetype<s.WinogradForwardStep>(at), live, worker, workers); break;
      case abi.OP_WINOGRAD_BACKWARD_WEIGHT: winogradBackwardWeight(changetype<s.WinogradBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_DEPTHWISE2D_FORWARD: depthwise2dForward(changetype<s.Depthwise2dForwardStep>(at), live, worker, workers); break;
      case abi.OP_DEPTHWISE2D_BACKWARD_INPUT: depthwise2dBackwardInput(changetype<s.Depthwise2dBackwardInputStep>(at), live, worker, workers); break;
      case abi.OP_DEPTHWISE2D_BACKWARD_WEIGHT: depthwise2dBackwardWeight(changetype<s.Depthwise2dBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_BIAS_BACKWARD: biasBackward(changetype<s.BiasBackwardStep>(at), live, adding, worker, workers); break;
      case abi.OP_MAX_POOL2D_FORWARD: maxPool2dForward(changetype<s.MaxPool2dForwardStep>(at), live, worker, workers); break;
      case abi.OP_MAX_POOL2D_BACKWARD: maxPool2dBackward(changetype<s.MaxPool2dBackwardStep>(at), live, worker, workers); break;
      case abi.OP_AVG_POOL2D_FORWARD: avgPool2dForward(changetype<s.AvgPool2dForwardStep>(at), live, worker, workers); break;
      case abi.OP_AVG_POOL2D_BACKWARD: avgPool2dBackward(changetype<s.AvgPool2dBackwardStep>(at), live, worker, workers); break;
      case abi.OP_ACTIVATION_FORWARD: activationForward(changetype<s.ActivationForwardStep>(at), live, worker, workers); break;
      case abi.OP_ACTIVATION_BACKWARD: activationBackward(changetype<s.ActivationBackwardStep>(at), live, worker, workers); break;
      case abi.OP_SOFTMAX_FORWARD: softmaxForward(changetype<s.SoftmaxForwardStep>(at), live, worker, workers); break;
      case abi.OP_SOFTMAX_BACKWARD: softmaxBackward(changetype<s.SoftmaxBackwardStep>(at), live, worker, workers); break;
      case abi.OP_CROSS_ENTROPY_FORWARD: crossEntropyForward(changetype<s.CrossEntropyForwardStep>(at), live, worker, workers); break;
      case abi.OP_CROSS_ENTROPY_REDUCE: crossEntropyReduce(changetype<s.CrossEntropyReduceStep>(at), live, worker); break;
      case abi.OP_CROSS_ENTROPY_BACKWARD: crossEntropyBackward(changetype<s.CrossEntropyBackwardStep>(at), live, worker, workers); break;
      case abi.OP_GUARD_FINITE: if (!(abs(load<f32>(changetype<s.GuardFiniteStep>(at).x)) < Infinity)) return abi.RUN_NOT_FINITE; break;
      case abi.OP_SGD: sgd(changetype<s.SgdStep>(at), control, worker, workers); break;
      case abi.OP_AXPBY: axpby(changetype<s.AxpbyStep>(at), worker, workers); break;
      case abi.OP_SUM_TO: sumTo(changetype<s.SumToStep>(at), worker, workers); break;
      case abi.OP_TRANSPOSE: transpose(changetype<s.TransposeStep>(at), live, worker, workers); break;
      case abi.OP_MULTIPLY: multiplyElements(changetype<s.MultiplyStep>(at), worker, workers); break;
      case abi.OP_CHANNEL_AFFINE_FORWARD: channelAffineForward(changetype<s.ChannelAffineForwardStep>(at), live, worker, workers); break;
      case abi.OP_CHANNEL_AFFINE_BACKWARD_INPUT: channelAffineBackwardInput(changetype<s.ChannelAffineBackwardInputStep>(at), live, worker, workers); break;
      case abi.OP_CHANNEL_AFFINE_BACKWARD_WEIGHT: channelAffineBackwardWeight(changetype<s.ChannelAffineBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_PRELU_FORWARD: preluForward(changetype<s.PreluForwardStep>(at), live, worker, workers); break;
      case abi.OP_PRELU_BACKWARD_INPUT: preluBackwardInput(changetype<s.PreluBackwardInputStep>(at), live, worker, workers); break;
      case abi.OP_PRELU_BACKWARD_WEIGHT: preluBackwardWeight(changetype<s.PreluBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_DROPOUT: dropout(changetype<s.DropoutStep>(at), control, worker, workers); break;
      case abi.OP_DROPOUT2D: dropout2d(changetype<s.Dropout2dStep>(at), control, worker, workers); break;
      case abi.OP_PAIR_LOSS_FORWARD: pairLossForward(changetype<s.PairLossForwardStep>(at), live, worker, workers); break;
      case abi.OP_PAIR_LOSS_REDUCE: pairLossReduce(changetype<s.PairLossReduceStep>(at), live, worker); break;
      case abi.OP_PAIR_LOSS_BACKWARD: pairLossBackward(changetype<s.PairLossBackwardStep>(at), live, worker, workers); break;
      case abi.OP_NLL_FORWARD: nllForward(changetype<s.NllForwardStep>(at), live, worker, workers); break;
      case abi.OP_NLL_BACKWARD: nllBackward(changetype<s.NllBackwardStep>(at), live, worker, workers); break;
      case abi.OP_RBF_FORWARD: rbfForward(changetype<s.RbfForwardStep>(at), live, worker, workers); break;
      case abi.OP_RBF_BACKWARD_INPUT: rbfBackwardInput(changetype<s.RbfBackwardInputStep>(at), live, worker, workers); break;
      case abi.OP_RBF_BACKWARD_WEIGHT: rbfBackwardWeight(changetype<s.RbfBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_RBF_LOSS_FORWARD: rbfLossForward(changetype<s.RbfLossForwardStep>(at), live, worker, workers); break;
      case abi.OP_RBF_LOSS_BACKWARD: rbfLossBackward(changetype<s.RbfLossBackwardStep>(at), live, worker, workers); break;
      case abi.OP_UPSAMPLE2D_FORWARD: upsample2dForward(changetype<s.Upsample2dForwardStep>(at), live, worker, workers); break;
      case abi.OP_UPSAMPLE2D_BACKWARD: upsample2dBackward(changetype<s.Upsample2dBackwardStep>(at), live, worker, workers); break;
      case abi.OP_MAX_UNPOOL2D_FORWARD: maxUnpool2dForward(changetype<s.MaxUnpool2dForwardStep>(at), live, worker, workers); break;
      case abi.OP_MAX_UNPOOL2D_BACKWARD: maxUnpool2dBackward(changetype<s.MaxUnpool2dBackwardStep>(at), live, worker, workers); break;
      case abi.OP_ADAM: adam(changetype<s.AdamStep>(at), control, worker, workers); break;
      case abi.OP_RMSPROP: rmsprop(changetype<s.RmspropStep>(at), control, worker, workers); break;
      case abi.OP_ADAGRAD: adagrad(changetype<s.AdagradStep>(at), control, worker, workers); break;
      case abi.OP_SQUARE_SUM: squareSum(changetype<s.SquareSumStep>(at), worker, workers); break;
      case abi.OP_GRADIENT_NORM: gradientNorm(changetype<s.GradientNormStep>(at), worker); break;
      case abi.OP_CLIP_SCALE: clipScale(changetype<s.ClipScaleStep>(at), worker, workers); break;
      case abi.OP_CLIP_VALUE: clipValue(changetype<s.ClipValueStep>(at), worker, workers); break;
      case abi.OP_CHANNEL_NORM_STATISTICS: channelNormStatistics(changetype<s.ChannelNormStatisticsStep>(at), live, worker, workers); break;
      case abi.OP_CHANNEL_NORM_TRACK: channelNormTrack(changetype<s.ChannelNormTrackStep>(at), live, worker); break;
      case abi.OP_CHANNEL_NORM_FORWARD: channelNormForward(changetype<s.ChannelNormForwardStep>(at), live, worker, workers); break;
      case abi.OP_CHANNEL_NORM_BACKWARD_SUMS: channelNormBackwardSums(changetype<s.ChannelNormBackwardSumsStep>(at), live, worker, workers); break;
      case abi.OP_CHANNEL_NORM_BACKWARD_INPUT: channelNormBackwardInput(changetype<s.ChannelNormBackwardInputStep>(at), live, worker, workers); break;
      case abi.OP_CHANNEL_NORM_BACKWARD_WEIGHT: channelNormBackwardWeight(changetype<s.ChannelNormBackwardWeightStep>(at), live, adding, worker, workers); break;
      case abi.OP_LRN_FORWARD: lrnForward(changetype<s.LrnForwardStep>(at), live, worker, workers); break;
      case abi.OP_LRN_BACKWARD: lrnBackward(changetype<s.LrnBackwardStep>(at), live, worker, workers); break;
      case abi.OP_ROW_NORM_FORWARD: rowNormForward(changetype<s.RowNormForwardStep>(at), live, worker, workers); break;
      case abi.OP_ROW_NORM_BACKWARD: rowNormBackward(changetype<s.RowNormBackwardStep>(at), live, worker, workers); break;
      case abi.OP_ADD: add(changetype<s.AddStep>(at), live, worker, workers); break;
      case abi.OP_COPY_COLUMNS: copyColumns(changetype<s.CopyColumnsStep>(at), live, worker, workers); break;
      default: unreachable();
    }
    if (workers > 1) {
      if (!meet(control, worker, workers)) return i + 1;
      if (aborted(control)) return abi.RUN_ABORTED;
    }
  }
  return abi.RUN_DONE;
}
