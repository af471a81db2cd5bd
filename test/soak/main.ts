// `npm run -s soak [-- NAME...]`: the long forms of tests whose short forms run in `npm test`.
import { described, load, MOST_BYTES } from '../edge/load.js';
import { installTools } from '../runtimes/engines/engine.js';
import { barriers } from './barriers.js';
import { kills } from './kills.js';

const RUNS = 50;
const REQUESTS = 10_000;
const STEPS = 100_000;

/** Each returns the line that says how it went, and whether all was well. */
const SOAKS: Readonly<Record<string, { readonly what: string; run(): Promise<readonly [line: string, well: boolean]> }>> = {
  http: {
    what: `${REQUESTS} requests to the edge service in workerd, from a second process`,
    async run() {
      const found = await load(REQUESTS);
      return [described(found), found.failed === 0 && found.requests === REQUESTS && found.memoryBytes + found.heap < MOST_BYTES];
    },
  },
  barriers: {
    what: `${STEPS} steps of training by 1 to 4 workers in Node 20, 22, 24 and Chromium, beside busy processes`,
    async run() {
      await installTools();
      const { runs, barriers: met, failures } = await barriers(['Node', 'Chromium'], STEPS, (line) => process.stderr.write(`${line}\n`));
      return [`${runs} runs, ${met} barriers, ${failures} failures`, failures === 0];
    },
  },
  kills: {
    what: `${RUNS} training runs killed at random moments and resumed`,
    async run() {
      let done = 0;
      const { whole, runs } = await kills(RUNS, ({ digest, kills: count }) => process.stderr.write(`run ${++done}: killed ${count} times, ${digest.slice(0, 8)}\n`));
      const equal = runs.filter(({ digest }) => digest === whole).length;
      const killed = runs.reduce((sum, { kills: count }) => sum + count, 0);
      return [`${runs.length} runs, ${killed} kills, ${equal} digests equal to the unbroken run's`, equal === RUNS];
    },
  },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => SOAKS[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`soak: unknown ${unknown}, expected one of:\n${Object.entries(SOAKS).map(([name, { what }]) => `  ${name}  ${what}\n`).join('')}`);
  process.exitCode = 2;
} else {
  for (const name of asked.length > 0 ? asked : Object.keys(SOAKS)) {
    const [line, well] = await SOAKS[name]!.run();
    process.stdout.write(`${name}: ${line}\n`);
    if (!well) process.exitCode = 1;
  }
}
