// `node bench/peers/run.mjs [--only PEER,..] [--match REGEX] [--rounds N] [--json]`: times convasm and the libraries found here on
// ../workloads.json. All peers take turns at every workload, so that they share the machine's good and bad minutes; with several rounds a
// figure is the median of the rounds' medians.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);
const LIMIT_MS = 60_000;
/** What peers are compared on: kinds that other libraries have too. */
const KINDS = ['gemm', 'conv', 'conv_grad_input', 'conv_grad_weight', 'maxpool', 'maxpool_fwd_bwd', 'infer', 'train'];

const NPM = 'npm ci --prefix bench/peers';
const node = (adapter, threads = 1) => [process.execPath, ['child.mjs', adapter, String(threads)]];
const hasPackage = (name) => {
  try {
    return Boolean(require.resolve(name));
  } catch {
    return false;
  }
};

/** A Python that has PyTorch: the one on the path, or the system's. */
const python = ['python3', '/usr/bin/python3'].find((one) => spawnSync(one, ['-c', 'import torch']).status === 0);

const built = () => existsSync(new URL('../../build/js/bench/ops.js', import.meta.url));
const trainsLenet = ({ kind, net }) => kind === 'train' && net.startsWith('lenet5');
const infers = ({ kind }) => kind === 'infer';

/** Command, whether it can run here, and what to do where it cannot. `takes`: the workloads that it is asked for, where not all. */
const PEERS = {
  ours: { command: node('ours'), found: built, install: 'npm run build' },
  'ours-2t': { command: node('ours', 2), found: built, install: 'npm run build', takes: infers },
  'tfjs-wasm': { command: node('tfjs-wasm'), found: () => hasPackage('@tensorflow/tfjs-backend-wasm'), install: NPM },
  'ort-web': { command: node('ort-web'), found: () => hasPackage('onnxruntime-web'), install: NPM },
  'ort-web-2t': { command: node('ort-web', 2), found: () => hasPackage('onnxruntime-web'), install: NPM, takes: infers },
  'jax-js': { command: node('jax-js'), found: () => existsSync(`${here}node_modules/@jax-js/jax`), install: NPM, takes: trainsLenet },
  'tfjs-cpu': { command: node('tfjs-cpu'), found: () => hasPackage('@tensorflow/tfjs'), install: NPM, takes: trainsLenet },
  convnetjs: { command: node('convnetjs'), found: () => hasPackage('convnetjs'), install: NPM },
  'ort-node': { command: node('ort-node'), found: () => hasPackage('onnxruntime-node'), install: NPM },
  torch: {
    command: [python, ['adapters/torch_peer.py']], found: () => python !== undefined,
    install: 'a Python 3 with PyTorch: apt-get install python3-torch libopenblas0-pthread, or pip install torch',
  },
};

/** A peer's process; asks are answered in turn. A process that takes too long is ended and started anew. */
class Peer {
  constructor(name) {
    this.name = name;
    this.version = name;
  }

  #start() {
    const [command, args] = PEERS[this.name].command;
    this.child = spawn(command, args, { cwd: here, stdio: ['pipe', 'pipe', 'pipe'] });
    this.complaint = '';
    this.child.stderr.on('data', (text) => (this.complaint = `${this.complaint}${text}`.slice(-2000)));
    this.child.stdin.on('error', () => {});
    this.child.on('close', () => this.#settle({ error: this.complaint.trim().split('\n').at(-1) || 'the process ended' }));
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      if (!line.startsWith('@')) return;
      const said = JSON.parse(line.slice(1));
      if (said.version) this.version = said.version;
      else this.#settle(said);
    });
  }

  #settle(result) {
    if (result.error && this.child?.exitCode !== null) this.child = undefined;
    this.waiting?.(result);
    this.waiting = undefined;
  }

  async ask(id) {
    if (!this.child) this.#start();
    const { child } = this;
    const limit = setTimeout(() => {
      child.removeAllListeners('close');
      child.kill('SIGKILL');
      this.child = undefined;
      this.#settle({ error: `more than ${LIMIT_MS / 1000} s` });
    }, LIMIT_MS);
    const result = await new Promise((resolve) => {
      this.waiting = resolve;
      child.stdin.write(`${id}\n`);
    });
    clearTimeout(limit);
    return result;
  }

  stop() {
    this.child?.stdin.end();
  }
}

function options() {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, match: { type: 'string' }, rounds: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
  });
  const names = values.only ? ['ours', ...values.only.split(',').filter((name) => name !== 'ours')] : Object.keys(PEERS);
  const unknown = names.find((name) => !PEERS[name]);
  if (unknown) throw new Error(`unknown peer ${unknown}, expected some of ${Object.keys(PEERS).join(', ')}`);
  if (!/^[1-9]\d*$/.test(values.rounds)) throw new Error(`--rounds is ${values.rounds}, expected an integer of at least 1`);
  return { names, match: new RegExp(values.match ?? ''), rounds: Number(values.rounds), json: values.json };
}

const wanted = (name, workload) => PEERS[name].takes?.(workload) ?? true;
const milliseconds = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3));

/** A cell: the time, and how it relates to ours: below 1, we take that part of the peer's time. */
function cell(result, ours) {
  if (!result || result.cannot) return '-';
  if (result.error) return 'error';
  const ratio = ours?.medianMs ? ` (${(ours.medianMs / result.medianMs).toFixed(2)})` : '';
  return `${milliseconds(result.medianMs)}${ratio}`;
}

/** The results of all rounds as one: the median of the medians, and how far these lie apart. A round without figures decides. */
function together(results) {
  const failed = results.find(({ medianMs }) => medianMs === undefined);
  if (failed) return failed;
  const medians = results.map(({ medianMs }) => medianMs).sort((a, b) => a - b);
  const half = medians.length >> 1;
  const medianMs = medians.length % 2 ? medians[half] : (medians[half - 1] + medians[half]) / 2;
  return { medianMs, minMs: Math.min(...results.map(({ minMs }) => minMs)), medians, spread: (medians.at(-1) - medians[0]) / medianMs };
}

/** Every workload, every peer in turn, `rounds` times. What failed once is not asked again. */
async function rowsOf(workloads, peers, rounds, peak) {
  const asked = new Map(workloads.map(({ id }) => [id, new Map()]));
  for (let round = 0; round < rounds; round++) {
    for (const workload of workloads) {
      const results = asked.get(workload.id);
      for (const peer of peers) {
        const before = results.get(peer.name) ?? [];
        if (!wanted(peer.name, workload) || before.at(-1)?.error || before.at(-1)?.cannot) continue;
        results.set(peer.name, [...before, await peer.ask(workload.id)]);
      }
      if (rounds > 1) console.error(`round ${round + 1}: ${workload.id}`);
    }
    peak.measure();
  }
  return workloads.map(({ id, flops }) => ({ id, flops: flops || null, ...Object.fromEntries([...asked.get(id)].map(([name, results]) => [name, together(results)])) }));
}

/** The peak of the same minutes: the best of the measurements before, between and after the rounds. */
async function peakMeter() {
  const { peakGflops } = await import('../../build/js/bench/peak.js');
  const meter = { gflops: 0, measure: () => (meter.gflops = Math.max(meter.gflops, peakGflops())) };
  meter.measure();
  return meter;
}

async function main() {
  const { names, match, rounds, json } = options();
  const found = names.filter((name) => PEERS[name].found());
  for (const name of names) if (!found.includes(name)) console.error(`${name} is not here; to install it: ${PEERS[name].install}`);
  if (!found.includes('ours')) throw new Error('convasm is not built: npm run build');
  const { workloads } = JSON.parse(readFileSync(new URL('../workloads.json', import.meta.url)));
  const peers = found.map((name) => new Peer(name));
  const peak = await peakMeter();
  const rows = await rowsOf(workloads.filter(({ id, kind }) => KINDS.includes(kind) && match.test(id)), peers, rounds, peak);
  for (const peer of peers) peer.stop();
  for (const { id, ...row } of rows) for (const name of found) if (row[name]?.error) console.error(`${id}: ${name}: ${row[name].error}`);
  const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`;
  const versions = Object.fromEntries(peers.map(({ name, version }) => [name, version]));
  const peakGflops = Number(peak.gflops.toPrecision(4));
  if (json) return console.log(JSON.stringify({ machine, peakGflops, rounds, versions, rows }));
  console.log(`median ms (ours / theirs), one thread\n| workload | ${found.join(' | ')} |\n|---|${'---:|'.repeat(found.length)}`);
  for (const row of rows) console.log(`| ${row.id} | ${found.map((name) => (name === 'ours' ? cell(row.ours) : cell(row[name], row.ours))).join(' | ')} |`);
  console.log(`\n${machine}, peak ${peakGflops} GFLOP/s\n${Object.entries(versions).map(([name, version]) => `${name}: ${version}`).join('\n')}`);
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
