import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installed } from '../consumers/tools.js';
import { load, MOST_BYTES } from './load.js';
import { startService, type Service } from './service.js';

// The edge example in workerd, by real HTTP requests.

let service: Service;
beforeAll(async () => {
  installed('test/runtimes');
  service = await startService();
});
afterAll(() => service.close());

const WIDTH = 40;
const grey = Array.from({ length: WIDTH * WIDTH }, (_, i) => (i % WIDTH > 17 && i % WIDTH < 22 && i > 5 * WIDTH && i < 35 * WIDTH ? 0 : 255));
const png = encode({ width: WIDTH, height: WIDTH, channels: 1, data: Uint8Array.from(grey) }) as Uint8Array<ArrayBuffer>;
const json = JSON.stringify({ width: WIDTH, height: WIDTH, pixels: grey });

async function post(body: BodyInit, type: string, more: RequestInit & { duplex?: string } = {}): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(service.url, { method: 'POST', headers: { 'content-type': type }, body, ...more });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}

describe('a digit', () => {
  test('as PNG and as JSON gets the same answer', async () => {
    const [first, second] = [await post(png, 'image/png'), await post(json, 'application/json; charset=utf-8')];
    expect(first).toMatchObject({ status: 200, body: { class: '1', probability: expect.any(Number) } });
    expect(second.body).toEqual(first.body);
    expect(first.body['classes']).toHaveLength(3);
  });
});

describe('refused', () => {
  const bomb = encode({ width: 3000, height: 3000, channels: 1, data: new Uint8Array(9e6) }) as Uint8Array<ArrayBuffer>;

  test.each([
    ['an empty body', '', 'image/png', 400, 'body: empty, expected a picture'],
    ['no JSON', '{', 'application/json', 400, 'body: no JSON'],
    ['JSON of another kind', 'null', 'application/json', 400, 'body: expected { width, height, pixels } with width x height numbers from 0 to 255'],
    ['too few pixels', '{"width":2,"height":2,"pixels":[0,1,2]}', 'application/json', 400, /^body: expected/],
    ['pixels that are no numbers', '{"width":1,"height":1,"pixels":["x"]}', 'application/json', 400, /^body: expected/],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'content-type: application/x-www-form-urlencoded, expected image/png or application/json'],
    ['a property of all objects', 'x', 'toString', 415, 'content-type: tostring, expected image/png or application/json'],
    ['no PNG', 'GIF89a', 'image/png', 422, /^body: starts with 0x474946383961/],
    ['a cut PNG', png.slice(0, 50), 'image/png', 422, /^body: ends at byte 50/],
    ['a small file of many pixels', bomb, 'image/png', 422, /^body: header at byte 16 says 3000x3000 pixels, expected .* 262,144 pixels$/],
    ['a blank picture', JSON.stringify({ width: 40, height: 40, pixels: Array(1600).fill(255) }), 'application/json', 422, /^body: no ink found/],
    ['a long body', new Uint8Array(256 * 1024 + 1), 'image/png', 413, 'body: more than 262144 bytes'],
  ])('%s', async (_, body, type, status, message) => {
    const answer = await post(body, type);
    expect(answer.status).toBe(status);
    expect(answer.body['error']).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  test('a long body that does not say how long it is', async () => {
    let parts = 0;
    const long = new ReadableStream({ pull: (controller) => (parts++ < 8 ? controller.enqueue(new Uint8Array(65536)) : controller.close()) });
    expect(await post(long, 'image/png', { duplex: 'half' })).toMatchObject({ status: 413, body: { error: 'body: more than 262144 bytes' } });
    expect((await post(png, 'image/png')).status).toBe(200);
  });

  test('other methods and places', async () => {
    const got = await fetch(service.url);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const elsewhere = await fetch(new URL('/admin', service.url), { method: 'POST', body: 'x' });
    expect([elsewhere.status, await elsewhere.json()]).toEqual([404, { error: '/admin: not found, POST to /' }]);
  });
});

test('the bundle with kernels and weights is small', () => {
  expect(service.size).toBeLessThan(1_000_000);
});

test('under load from another process no request fails, and memory stays within the limit', async () => {
  const { requests, failed, p99, memoryBytes, heap } = await load(500);
  expect({ requests, failed }).toEqual({ requests: 500, failed: 0 });
  expect(p99).toBeLessThan(5000);
  expect(memoryBytes + heap).toBeLessThan(MOST_BYTES);
});
