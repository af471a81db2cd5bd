// What both the page and its worker do with pictures: every class of two networks, to the last bit.
import { compile } from 'convasm';
import { classify } from 'convasm/images';
import { lenet5, resnet20 } from 'convasm/models';
import { lenet5Weights } from 'convasm/weights/lenet5';

export const [WIDTH, HEIGHT] = [90, 70];

const photograph = { input: [3, 32, 32], side: 40, mean: [0.49, 0.48, 0.45], deviation: [0.25, 0.24, 0.26], classes: [...'abcdefghij'] };

/** A one of ink on a slope of colours, opaque. */
export function drawOn(context) {
  const slope = context.createLinearGradient(0, 0, WIDTH, HEIGHT);
  slope.addColorStop(0, '#fff');
  slope.addColorStop(1, '#f0e2c8');
  context.fillStyle = slope;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.strokeStyle = '#102040';
  context.lineWidth = 6;
  context.lineCap = 'round';
  context.moveTo(44, 10);
  context.lineTo(46, 60);
  context.stroke();
}

/** For each picture by name, what it shows: `class` by the digits' network, `bits` of all probabilities of both. */
export async function classesOf(pictures) {
  const digits = await compile(lenet5(), { input: [1, 32, 32] });
  digits.load(lenet5Weights());
  const photos = await compile(resnet20(), { input: [3, 32, 32], seed: 2 });
  const found = {};
  for (const [name, picture] of Object.entries(pictures)) {
    const [ink, colours] = [await classify(digits, picture), await classify(photos, picture, { recipe: photograph })];
    found[name] = { class: ink[0].class, bits: JSON.stringify([ink, colours]) };
  }
  return found;
}
