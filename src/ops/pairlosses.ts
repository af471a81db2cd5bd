import { broadcast, broadcastShape, sumTo } from '../core/broadcast.js';
import { ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import { bceWithLogits as bceLoss, type BceWithLogitsOptions } from '../training/bcewithlogits.js';
import type { Loss } from '../training/loss.js';
import { huber as huberLoss, l1 as l1Loss, mse as mseLoss, smoothL1 as smoothL1Loss, type HuberOptions, type PairLossOptions, type SmoothL1Options } from '../training/regression.js';
import { checkSize } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

// Losses that compare number with number, as torch.nn.functional has them. x and `target` have one shape, or broadcast to one. The result is a
// scalar, or of that shape with reduction 'none'.

function pairLoss(name: string, loss: Loss, x: Tensor, target: Tensor, options: PairLossOptions): OpResult<'input'> {
  checkSize(name, 'input', x);
  checkSize(name, 'target', target);
  const shape = broadcastShape(x.shape, target.shape);
  if (shape === null) throw new ShapeError(`${name}: target is ${show(target.shape)}, expected ${show(x.shape)} like the input, or a shape that broadcasts with it`);
  const none = options.reduction === 'none';
  // All of x is one image: factors may then broadcast along the batch too.
  const plan = planned(name, [shape, options], 1, (p) => {
    const input = p.input('x', shape, true);
    const { target: slot, loss: scalar, rowLoss, gradient } = loss.plan(p, input);
    p.seedGradient({ buffer: scalar }, gradient);
    return {
      inputs: { input, target: { shape, buffer: slot } },
      output: { shape: none ? shape : [], buffer: none ? rowLoss : scalar }, gradOutput: gradient,
    };
  });
  const values = { input: broadcast(x, shape)!, target: broadcast(target, shape)! };
  const { result } = operate<'input'>(plan, values, none ? shape : [], { input: shape });
  return { ...result, backward: (gradOutput) => ({ input: sumTo(result.backward(gradOutput).input, x.shape) }) };
}

/** (x − target)². */
export const mse = (x: Tensor, target: Tensor, options: PairLossOptions = {}): OpResult<'input'> => pairLoss('mse', mseLoss(options), x, target, options);

/** |x − target|. */
export const l1 = (x: Tensor, target: Tensor, options: PairLossOptions = {}): OpResult<'input'> => pairLoss('l1', l1Loss(options), x, target, options);

/** d² / 2beta where d = |x − target| is below beta, else d − beta/2. */
export const smoothL1 = (x: Tensor, target: Tensor, options: SmoothL1Options = {}): OpResult<'input'> => pairLoss('smoothL1', smoothL1Loss(options), x, target, options);

/** d² / 2 where d = |x − target| is below delta, else delta (d − delta/2). */
export const huber = (x: Tensor, target: Tensor, options: HuberOptions = {}): OpResult<'input'> => pairLoss('huber', huberLoss(options), x, target, options);

/** Binary cross-entropy of logits; `weight` and `posWeight` broadcast to x, its batch axis included. */
export const bceWithLogits = (x: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): OpResult<'input'> => pairLoss('bceWithLogits', bceLoss(options), x, target, options);
