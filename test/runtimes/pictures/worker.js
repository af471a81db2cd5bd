import { classesOf, drawOn, HEIGHT, WIDTH } from './classes.js';

addEventListener('message', async ({ data: { bitmap, file, pixels } }) => {
  try {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    drawOn(canvas.getContext('2d'));
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    postMessage(await classesOf({ canvas, bitmap, file, pixels, frame }));
    frame.close();
  } catch (error) {
    postMessage({ error: String(error?.stack ?? error) });
  }
});
