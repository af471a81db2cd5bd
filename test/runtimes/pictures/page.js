// Every kind of picture that a page has, all of the same pixels but the JPEG and the video.
import { classesOf, drawOn, HEIGHT, WIDTH } from './classes.js';

function drawn() {
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  drawOn(canvas.getContext('2d'));
  return canvas;
}

const fileOf = (canvas, type) => new Promise((resolve) => canvas.toBlob((blob) => resolve(new File([blob], `one.${type}`)), `image/${type}`, 0.95));

async function imageOf(file) {
  const image = Object.assign(new Image(), { src: URL.createObjectURL(file) });
  await image.decode();
  return image;
}

/** A video that plays what is on the canvas. */
async function videoOf(canvas) {
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream(30) });
  const again = setInterval(() => drawOn(canvas.getContext('2d')), 30);
  await video.play();
  clearInterval(again);
  return video;
}

function inWorker(message, transfer) {
  const worker = new Worker('pictures-worker.js');
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message: said }) => reject(new Error(said));
    worker.postMessage(message, transfer);
  });
}

async function run() {
  const canvas = drawn();
  const pixels = canvas.getContext('2d').getImageData(0, 0, WIDTH, HEIGHT);
  const file = await fileOf(canvas, 'png');
  const bitmap = await createImageBitmap(canvas);
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  const page = await classesOf({ canvas, bitmap, pixels, file, image: await imageOf(file), bytes: new Uint8Array(await file.arrayBuffer()), frame });
  const { jpeg, video } = await classesOf({ jpeg: await fileOf(canvas, 'jpeg'), video: await videoOf(drawn()) });
  const worker = await inWorker({ bitmap, file, pixels }, [bitmap]);
  frame.close();
  return JSON.stringify({ page, worker, jpeg: jpeg.class, video: video.class, rgba: [...pixels.data] });
}

globalThis.result = run().catch((error) => JSON.stringify({ error: String(error?.stack ?? error) }));
