// ConvNetJS: plain JavaScript in float64, one image after another; it has relu and max pooling, so the modern LeNet-5 only.
import { createRequire } from 'node:module';
import { CannotDo, numbers } from '../numbers.mjs';

const LENET5 = [
  { type: 'input', out_sx: 32, out_sy: 32, out_depth: 1 },
  { type: 'conv', sx: 5, filters: 6, stride: 1, pad: 0, activation: 'relu' }, { type: 'pool', sx: 2, stride: 2 },
  { type: 'conv', sx: 5, filters: 16, stride: 1, pad: 0, activation: 'relu' }, { type: 'pool', sx: 2, stride: 2 },
  { type: 'fc', num_neurons: 120, activation: 'relu' }, { type: 'fc', num_neurons: 84, activation: 'relu' },
  { type: 'softmax', num_classes: 10 },
];

export async function open() {
  const { Net, SGDTrainer, Vol } = createRequire(import.meta.url)('convnetjs');
  return {
    version: 'convnetjs 0.3.0',
    prepare(w) {
      if (w.net !== 'lenet5') throw new CannotDo('only LeNet-5 with relu and max pooling');
      const net = new Net();
      net.makeLayers(LENET5);
      const images = Array.from({ length: w.N }, (_, i) => {
        const image = new Vol(32, 32, 1, 0);
        numbers(1024, i + 1).forEach((value, at) => (image.w[at] = value));
        return image;
      });
      if (w.kind === 'infer') return { run: () => void net.forward(images[0]) };
      const trainer = new SGDTrainer(net, { learning_rate: w.lr, momentum: w.momentum, batch_size: w.N, l2_decay: 0 });
      return { run: () => images.forEach((image, i) => trainer.train(image, i % 10)) };
    },
  };
}
