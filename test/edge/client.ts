import { encode } from 'fast-png';
import { digits } from '../../src/data/digits.js';

// The other side of the load test, a process of its own: `client.js URL REQUESTS CONCURRENCY` prints one line of JSON.

const [url, requests, concurrency] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const IMAGES = 50;

/** Drawn digits, half of them as PNG, half as JSON. */
function bodies(): { type: string; body: Uint8Array<ArrayBuffer> | string }[] {
  const { test } = digits({ train: 1, test: IMAGES, seed: 7 });
  const image = new Float32Array(1024);
  return Array.from({ length: IMAGES }, (_, i) => {
    test.read(i, image, 0);
    const data = Uint8Array.from(image, (ink) => Math.round(255 * ink));
    if (i % 2 === 1) return { type: 'application/json', body: JSON.stringify({ width: 32, height: 32, pixels: [...data] }) };
    return { type: 'image/png', body: encode({ width: 32, height: 32, channels: 1, data }) as Uint8Array<ArrayBuffer> };
  });
}

const all = bodies();
const times: number[] = [];
const answers = new Map<number, string>();
let [next, failed, memoryBytes] = [0, 0, 0];

/** Asks until all is asked; the same picture must get the same answer every time. */
async function ask(): Promise<void> {
  for (let i = next++; i < requests; i = next++) {
    const { type, body } = all[i % IMAGES]!;
    const start = performance.now();
    try {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
      const text = await response.text();
      if (!response.ok || (answers.get(i % IMAGES) ?? text) !== text) failed++;
      answers.set(i % IMAGES, text);
      memoryBytes = (JSON.parse(text) as { memoryBytes: number }).memoryBytes;
    } catch {
      failed++;
    }
    times.push(performance.now() - start);
  }
}

const start = performance.now();
await Promise.all(Array.from({ length: concurrency }, ask));
const seconds = (performance.now() - start) / 1000;
times.sort((a, b) => a - b);
const quantile = (share: number): number => Number(times[Math.min(times.length - 1, Math.floor(share * times.length))]!.toFixed(2));
console.log(JSON.stringify({ requests: times.length, failed, perSecond: Math.round(requests / seconds), p50: quantile(0.5), p99: quantile(0.99), memoryBytes }));
