// `node child.mjs ADAPTER [THREADS]`: says its version, then answers every workload id on stdin with one line of JSON.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CannotDo } from './numbers.mjs';
import { time } from './timing.mjs';

const [adapter, threads = '1'] = process.argv.slice(2);
const { workloads, nets } = JSON.parse(readFileSync(new URL('../workloads.json', import.meta.url)));
const answer = (line) => process.stdout.write(`@${JSON.stringify(line)}\n`);
for (const name of ['log', 'info', 'warn']) console[name] = () => {};

const { open } = await import(`./adapters/${adapter}.mjs`);
const peer = await open(Number(threads));
answer({ version: peer.version });
for await (const id of createInterface({ input: process.stdin })) {
  let prepared;
  try {
    prepared = await peer.prepare(workloads.find((one) => one.id === id), nets);
    answer({ id, ...(await time(prepared.run)) });
  } catch (error) {
    answer({ id, [error instanceof CannotDo ? 'cannot' : 'error']: String(error?.message ?? error).split('\n')[0] });
  }
  await prepared?.dispose?.();
}
process.exit(0);
