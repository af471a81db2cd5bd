import { parseArgs } from 'node:util';
import { engines } from './engines/index.js';
import { installTools } from './engines/engine.js';
import { digestOf } from './programs/program.js';
import { agreed, differences, examine, nameOf, ways, type Report } from './suite.js';

// `npm run -s identity [-- ENGINE...] [--steps N] [--slip]`: trains and predicts in every engine found; all digests must be equal.

const { values, positionals } = parseArgs({ allowPositionals: true, options: { steps: { type: 'string', default: '500' }, slip: { type: 'boolean', default: false } } });
const wanted = engines.filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.toLowerCase().includes(word.toLowerCase())));
const columns = ways.map(nameOf);
const required = process.env['CI'] === 'true';

const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padEnd(i === 0 ? 26 : 9)).join(' ').trimEnd();

/** One digest over all parts, shortened: people compare eight digits. */
async function short(found: Report['found'], way: string): Promise<string> {
  const digests = found.get(way);
  return digests ? (await digestOf(...Object.values(digests))).slice(0, 8) : '·';
}

async function lineOf({ engine, version, found, missing, failed }: Report): Promise<string> {
  if (missing) return line([engine, `missing: ${missing} installs it`]);
  const cells = await Promise.all(columns.map((way) => short(found, way)));
  return line([`${engine.replace(/ \d+$/, '')} ${version ?? ''}`, ...cells]) + (failed ? `\n  failed: ${failed}` : '');
}

await installTools();
console.log(line(['', ...columns]));
const reports: Report[] = [];
for (const engine of wanted) {
  const report = await examine(engine, { steps: Number(values.steps), slip: values.slip });
  reports.push(report);
  console.log(await lineOf(report));
}

const expected = agreed(reports);
console.log('\n' + Object.entries(expected).map(([part, digest]) => `${part.padEnd(26)} ${digest}`).join('\n') + '\n');
const found = differences(reports, expected);
for (const { engine, way, part, digest } of found) console.log(`${engine}, ${way}: ${part} is ${digest.slice(0, 8)}, elsewhere ${expected[part]!.slice(0, 8)}`);
const broken = reports.filter(({ failed, missing }) => failed !== null || (missing !== null && required));
if (wanted.length === 0) console.log(`no engine of that name, expected some of ${engines.map(({ name }) => name).join(', ')}`);
console.log(`${reports.filter((one) => one.found.size > 0).length} runtimes, ${found.length + broken.length} differences`);
process.exitCode = found.length + broken.length > 0 || wanted.length === 0 ? 1 : 0;
