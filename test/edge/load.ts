import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/sources.js';
import { startService } from './service.js';

/** What the load came to: milliseconds, bytes. */
export interface Load {
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** The network's memory. */
  readonly memoryBytes: number;
  readonly heap: number;
  readonly resident: number;
}

/** Sends `requests` requests from a second process, 8 at a time. */
export async function load(requests: number): Promise<Load> {
  const service = await startService();
  try {
    const client = path.join(root, 'build/js/test/edge/client.js');
    const { stdout } = await promisify(execFile)(process.execPath, [client, service.url, String(requests), '8']);
    return { ...(JSON.parse(stdout) as Omit<Load, 'heap' | 'resident'>), ...(await service.memory()) };
  } finally {
    await service.close();
  }
}

/** The limit of Cloudflare's isolates, wasm and JavaScript heap together. */
export const MOST_BYTES = 128e6;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export function described({ requests, failed, perSecond, p50, p99, memoryBytes, heap, resident }: Load): string {
  return `${requests} requests, ${failed} failed, ${perSecond}/s, p50 ${p50} ms, p99 ${p99} ms; isolate ${megabytes(memoryBytes + heap)} (wasm ${megabytes(memoryBytes)}, heap ${megabytes(heap)}), workerd ${megabytes(resident)} resident`;
}
