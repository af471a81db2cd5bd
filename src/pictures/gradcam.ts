import { OptionError, ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import { classActivation } from './cam.js';

/** What Grad-CAM asks of a network: one that compile was told to watch the layer of. */
export interface Explainable {
  forwardSync(images: Tensor): Tensor;
  backwardSync(gradOutput: Float32Array): void;
  output(layer: string): Tensor;
  outputGradient(layer: string): Tensor;
}

export interface GradCamResult {
  /** Where the class is seen, [h, w] of the layer's maps, at least 0. */
  readonly map: Tensor;
  /** The class that it is about. */
  readonly label: number;
  /** The network's outputs for the image. */
  readonly scores: Float32Array;
}

/**
 * Where the network sees a class in one image [c, h, w] (Grad-CAM, Selvaraju et al. 2017): of `layer`, best the last with maps; `label` unless
 * given is the class of the highest score. Compile with `watch: [layer]`, without loss and optimizer.
 * Throws ShapeError for a batch, OptionError for a label that is no output.
 */
export function gradCam(net: Explainable, image: Tensor, { layer, label }: { readonly layer: string; readonly label?: number }): GradCamResult {
  if (image.shape.length !== 3) throw new ShapeError(`gradCam: image is ${show(image.shape)}, expected [channels, height, width] of one image`);
  const scores = net.forwardSync(image).data;
  const best = label ?? scores.reduce((at, score, i) => (score > scores[at]! ? i : at), 0);
  if (!Number.isInteger(best) || best < 0 || best >= scores.length) throw new OptionError(`gradCam: label is ${best}, expected 0 to ${scores.length - 1}`);
  const features = net.output(layer);
  net.backwardSync(Float32Array.from(scores, (_, i) => Number(i === best)));
  const of = ({ data, shape }: Tensor): Tensor => ({ data, shape: shape.slice(1) });
  return { map: classActivation(of(features), of(net.outputGradient(layer))), label: best, scores };
}
