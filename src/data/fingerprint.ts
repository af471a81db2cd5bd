import { elements } from '../core/shape.js';
import type { Dataset } from './dataset.js';

const SAMPLES = 256;

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}

/**
 * 32 hexadecimal digits of a SHA-256 over a data set's shape, class names, labels and up to 256 images spread over it: tells data
 * sets apart without reading all of one.
 */
export async function fingerprint(dataset: Dataset): Promise<string> {
  const head = JSON.stringify([dataset.length, dataset.shape, dataset.classes]);
  const parts = [await sha256(new TextEncoder().encode(head)), await sha256(new Uint8Array(Int32Array.from(dataset.labels).buffer))];
  const image = new Float32Array(elements(dataset.shape));
  for (let i = 0; i < dataset.length; i += Math.ceil(dataset.length / SAMPLES)) {
    await dataset.prepare?.([i]);
    dataset.read(i, image, 0);
    parts.push(await sha256(new Uint8Array(image.buffer)));
  }
  const all = new Uint8Array(parts.length * 32);
  parts.forEach((part, i) => all.set(part, i * 32));
  return Array.from((await sha256(all)).subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
