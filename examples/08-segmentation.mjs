// A fully convolutional net says for every pixel what it belongs to: ground, disc or square. Cross-entropy per pixel, on drawn shapes.
import { compile, layers, losses, optimizers, schedules } from 'convasm';

const { BatchNorm2d, Conv2d, ConvTranspose2d, MaxPool2d, ReLU, Sequential } = layers;
const SIZE = 24;
const model = new Sequential({
  conv1: new Conv2d(1, 8, 3, { padding: 'same' }), bn1: new BatchNorm2d(8), relu1: new ReLU(), pool: new MaxPool2d(2),
  conv2: new Conv2d(8, 16, 5, { padding: 'same' }), bn2: new BatchNorm2d(16), relu2: new ReLU(),
  up: new ConvTranspose2d(16, 8, 2, { stride: 2 }), relu3: new ReLU(), classes: new Conv2d(8, 3, 3, { padding: 'same' }),
});
const net = await compile(model, { input: [1, SIZE, SIZE], batchSize: 16, loss: losses.crossEntropy(), optimizer: optimizers.adam({ lr: 0.03 }), seed: 1 });

let state = 1;
const random = (below) => (state = (state * 48271) % 2147483647) % below;      // Lehmer's generator

/** An image and the class of each of its pixels: a disc and a square of random places and shades over noise. */
function draw() {
  const image = Float32Array.from({ length: SIZE * SIZE }, () => random(100) / 500);
  const classes = new Int32Array(SIZE * SIZE);
  for (const kind of [1, 2]) {
    const [radius, shade] = [3 + random(3), 0.6 + random(5) / 10];
    const [x, y] = [radius + random(SIZE - 2 * radius), radius + random(SIZE - 2 * radius)];
    for (let i = y - radius; i <= y + radius; i++) {
      for (let j = x - radius; j <= x + radius; j++) {
        if (kind === 1 && (i - y) ** 2 + (j - x) ** 2 > radius ** 2) continue;
        image[i * SIZE + j] = shade;
        classes[i * SIZE + j] = kind;
      }
    }
  }
  return { image, classes };
}

const batch = (drawn) => [Float32Array.from(drawn.flatMap(({ image }) => [...image])), Int32Array.from(drawn.flatMap(({ classes }) => [...classes]))];
const some = (n) => Array.from({ length: n }, draw);

const rate = schedules.cosine({ lr: 0.03, tMax: 250 });
for (let step = 1; step <= 250; step++) {
  net.learningRate = rate(net.steps);
  const { loss } = await net.step(...batch(some(16)));
  if (step === 1 || step % 50 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
}

const [images, truth] = batch(some(32));
const { data: scores, shape: [n, classes] } = await net.predict(images);        // [n, classes, height, width]
const pixels = SIZE * SIZE;
const said = Int32Array.from({ length: n * pixels }, (_, at) => {
  const [image, pixel] = [Math.floor(at / pixels), at % pixels];
  const of = (c) => scores[(image * classes + c) * pixels + pixel];
  return of(1) > of(0) ? (of(2) > of(1) ? 2 : 1) : (of(2) > of(0) ? 2 : 0);
});
console.log(`pixels right: ${(100 * said.filter((c, at) => c === truth[at]).length / said.length).toFixed(1)} %`);
const line = (of, row) => [...of.subarray(row * SIZE, (row + 1) * SIZE)].map((c) => '.o#'[c]).join('');
for (let row = 0; row < SIZE; row += 2) console.log(line(truth, row), line(said, row));
net.dispose();
