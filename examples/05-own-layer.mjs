// A layer of one's own, out of existing steps: "squeeze", a 1x1 convolution and a tanh that are saved and trained under one name.
import { compile, layers, losses, optimizers } from 'convasm';

const { Conv2d, Flatten, Linear, Sequential, Tanh } = layers;

class Squeeze {
  type = 'Squeeze';
  #reduce;
  #tanh = new Tanh();
  constructor(inChannels, outChannels) {
    this.#reduce = new Conv2d(inChannels, outChannels, 1);
  }
  plan(p, x) {
    return p.layer('tanh', this.#tanh, p.layer('reduce', this.#reduce, x));
  }
}

const model = new Sequential({ stem: new Conv2d(1, 8, 3), squeeze: new Squeeze(8, 2), flatten: new Flatten(), out: new Linear(2 * 6 * 6, 2) });
const net = await compile(model, { input: [1, 8, 8], batchSize: 4, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.5 }), seed: 3 });
console.log(String(net.summary()));
console.log([...net.parameters].map(({ name }) => name).join(' '));

const images = Float32Array.from({ length: 4 * 64 }, (_, i) => (i >> 6) % 2 ^ (i & 1));   // upright stripes, in two phases
for (let step = 1; step <= 20; step++) {
  const { loss } = await net.step(images, [0, 1, 0, 1]);
  if (step % 10 === 0) console.log(`step ${step}: loss ${loss.toFixed(4)}`);
}
net.dispose();
