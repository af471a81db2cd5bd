// A loss of one's own: forward, the gradient by hand, backward, update. Here a hinge loss, max(0, 1 − margin), on two moons of points.
import { compile, layers, optimizers } from 'convasm';

const { Linear, Sequential, Tanh } = layers;
const model = new Sequential({ hidden: new Linear(2, 16), tanh: new Tanh(), out: new Linear(16, 1) });
const net = await compile(model, { input: [2], batchSize: 64, optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }), seed: 1 });

const points = new Float32Array(64 * 2);
const signs = new Float32Array(64);
for (let i = 0; i < 64; i++) {
  const side = i % 2;
  const t = (Math.floor(i / 2) / 31) * 2 - 1;                   // along the moon, −1 to 1
  points.set(side ? [t - 0.5, t * t - 0.7] : [t + 0.5, 0.7 - t * t], i * 2);
  signs[i] = side ? 1 : -1;
}

for (let step = 0; step <= 200; step++) {
  const { data: scores } = await net.forward(points);
  let loss = 0;
  const gradient = scores.map((score, i) => {
    const slack = 1 - signs[i] * score;
    loss += Math.max(0, slack) / 64;
    return slack > 0 ? -signs[i] / 64 : 0;
  });
  if (step % 50 === 0) console.log(`step ${step}: hinge loss ${loss.toFixed(4)}`);
  await net.backward(gradient);                                // adds up until update
  await net.update();
}
net.dispose();
