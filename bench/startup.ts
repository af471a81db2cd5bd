import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { summarizeTimes } from './measure.js';
import { errorRow, timedRow, type Emit, type Setting } from './row.js';

const RUNS = 9;
const READY = 'ready';
const library = new URL('../../dist/index.js', import.meta.url).href;
const say = `process.stdout.write('${READY}')`;

const PROGRAMS: Readonly<Record<string, string>> = {
  startup_bare_node: say,
  startup_lenet5: `
    const { compile, models } = await import(${JSON.stringify(library)});
    const net = await compile(models.lenet5Modern(), { input: [1, 32, 32] });
    net.predictSync(new Float32Array(1024));
    ${say}`,
};

/** Milliseconds from starting Node until the program says that it is ready. */
function startOf(program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: fileURLToPath(new URL('.', import.meta.url)) });
    let [complaint, ready] = ['', 0];
    child.stdout.once('data', () => {
      ready = performance.now() - start;
    });
    child.stderr.on('data', (text) => {
      complaint += String(text);
    });
    child.on('error', reject);
    child.on('close', () => (ready > 0 ? resolve(ready) : reject(new Error(complaint.trim().split('\n').at(-1) ?? 'the program said nothing'))));
  });
}

/** From starting Node to the first LeNet-5 output, beside a Node that does nothing. The two take turns. */
export async function startupRows(setting: Setting, emit: Emit): Promise<void> {
  const times = new Map(Object.keys(PROGRAMS).map((id) => [id, [] as number[]]));
  try {
    for (let i = 0; i < RUNS; i++) for (const [id, program] of Object.entries(PROGRAMS)) times.get(id)!.push(await startOf(program));
    for (const [id, all] of times) emit(timedRow(id, 'startup', summarizeTimes(all), { flops: 0, bytes: 0 }, setting));
  } catch (error) {
    emit(errorRow('startup_lenet5', 'startup', error));
  }
}
