// A small U-Net says for every pixel what it belongs to: ground, disc or square. What was halved comes up again and meets what was there before.
import { compile, layers, losses, optimizers } from 'convasm';

const { BatchNorm2d, Conv2d, ConvTranspose2d, Graph, MaxPool2d, ReLU, Sequential } = layers;
const [SIZE, PIXELS, KINDS, STEPS, BATCH] = [32, 32 * 32, 3, 120, 8];
const double = (from, to) => new Sequential({
  conv1: new Conv2d(from, to, 3, { padding: 1, bias: false }), bn1: new BatchNorm2d(to), relu1: new ReLU(),
  conv2: new Conv2d(to, to, 3, { padding: 1, bias: false }), bn2: new BatchNorm2d(to), relu2: new ReLU(),
});
const unet = (c) => new Graph({
  down1: double(1, c), down2: double(c, 2 * c), bottom: double(2 * c, 4 * c), pool: new MaxPool2d(2),
  up2: new ConvTranspose2d(4 * c, 2 * c, 2, { stride: 2 }), merge2: double(4 * c, 2 * c),
  up1: new ConvTranspose2d(2 * c, c, 2, { stride: 2 }), merge1: double(2 * c, c), classes: new Conv2d(c, KINDS, 1),
}, (m, x, { concat }) => {
  const fine = m.down1(x);
  const coarse = m.down2(m.pool(fine));
  const wide = m.merge2(concat(coarse, m.up2(m.bottom(m.pool(coarse)))));
  return m.classes(m.merge1(concat(fine, m.up1(wide))));
}, 'UNet');
const net = await compile(unet(8), { input: [1, SIZE, SIZE], batchSize: BATCH, loss: losses.crossEntropy(), optimizer: optimizers.adam({ lr: 0.01 }), seed: 1 });

let state = 1;
const random = (below) => (state = (state * 48271) % 2147483647) % below;      // Lehmer's generator

/** `n` images of a disc and a square of random places, sizes and shades over noise, and the class of each of their pixels. */
function draw(n) {
  const [images, truth] = [Float32Array.from({ length: n * PIXELS }, () => random(100) / 300), new Int32Array(n * PIXELS)];
  for (let shape = 0; shape < 2 * n; shape++) {
    const [kind, radius, shade] = [1 + (shape % 2), 3 + random(5), 0.5 + random(5) / 10];
    const middle = (shape >> 1) * PIXELS + (radius + random(SIZE - 2 * radius)) * SIZE + radius + random(SIZE - 2 * radius);
    for (let i = -radius; i <= radius; i++) {
      for (let j = -radius; j <= radius; j++) {
        if (kind === 1 && i * i + j * j > radius * radius) continue;
        images[middle + i * SIZE + j] = shade + random(100) / 500;
        truth[middle + i * SIZE + j] = kind;
      }
    }
  }
  return [images, truth];
}

/** Prints the share of right pixels of drawn images, and the mean over classes of overlap / union. */
async function judge(when, images, truth) {
  const { data } = await net.predict(images);                                  // [n, kinds, height, width]
  const score = (at, kind) => data[(Math.floor(at / PIXELS) * KINDS + kind) * PIXELS + (at % PIXELS)];
  const said = truth.map((_, at) => [0, 1, 2].reduce((best, kind) => (score(at, kind) > score(at, best) ? kind : best)));
  const count = (fits) => said.reduce((sum, one, at) => sum + Number(fits(one, truth[at])), 0);
  const overlaps = [0, 1, 2].map((kind) => count((a, b) => a === kind && b === kind) / count((a, b) => a === kind || b === kind));
  const right = (100 * count((a, b) => a === b)) / truth.length;
  console.log(`${when}: ${right.toFixed(1)} % of pixels right, mean IoU ${(overlaps.reduce((a, b) => a + b) / KINDS).toFixed(3)}`);
}

const test = draw(32);
await judge('before', ...test);
for (let step = 1; step <= STEPS; step++) {
  const { loss } = await net.step(...draw(BATCH));
  if (step === 1 || step % 40 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
}
await judge('after', ...test);
net.dispose();
