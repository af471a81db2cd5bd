// Strict types without those of Node, nothing skipped.
import { compile, fit, type Network, type Tensor } from 'convasm';
import { Conv2d, Sequential } from 'convasm/layers';
import { lenet5 } from 'convasm/models';
import { sgd } from 'convasm/optimizers';
import { useKernels, type Kernels } from 'convasm/slim';

export const start = (simd: Kernels): void => useKernels({ simd });

export async function train(images: Float32Array, labels: Int32Array): Promise<Tensor> {
  const net: Network = await compile(lenet5(), { input: [1, 32, 32], optimizer: sgd({ lr: 0.1 }) });
  // @ts-expect-error: a kernel's size is a number
  new Sequential({ c1: new Conv2d(1, 6, 'five') });
  await net.step(images, labels);
  return net.predict(images);
}

export { fit };
