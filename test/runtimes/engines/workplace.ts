import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packed } from '../../support/packed.js';
import { root } from '../../support/sources.js';

/** A folder beside the installed package in which one engine runs the programs. */
export interface Workplace {
  /** The consumer's folder: its node_modules holds the package, installed from the tarball. */
  readonly consumer: string;
  readonly folder: string;
  close(): void;
}

/** Runs a program by the command line and prints its result as the last line. */
const COMMAND = `import * as convasm from 'convasm';
import * as datasets from 'convasm/datasets';
import * as transforms from 'convasm/transforms';
import { programs } from './programs/index.js';
const { program, options } = JSON.parse(globalThis.process.argv[2]);
console.log(JSON.stringify(await programs[program]({ convasm, datasets, transforms }, options)));
`;

/** One request, one program: `?program=NAME&options=JSON`. */
const SERVICE = `import * as convasm from 'convasm';
import * as datasets from 'convasm/datasets';
import * as transforms from 'convasm/transforms';
import { programs } from './programs/index.js';
export default {
  async fetch(request) {
    const query = new URL(request.url).searchParams;
    try {
      return Response.json(await programs[query.get('program')]({ convasm, datasets, transforms }, JSON.parse(query.get('options'))));
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
`;

/** The same, as a function of a script's global object. */
const GLOBAL = `import * as convasm from 'convasm';
import * as datasets from 'convasm/datasets';
import * as transforms from 'convasm/transforms';
import { programs } from './programs/index.js';
globalThis.runProgram = async (program, options) => JSON.stringify(await programs[program]({ convasm, datasets, transforms }, JSON.parse(options)));
`;

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly unpkg: string;
}

/** A page that runs the program its address names; `globalThis.result` is the promise of its result. */
function page(consumer: string, script: boolean): string {
  const { exports, unpkg } = JSON.parse(readFileSync(path.join(consumer, 'node_modules/convasm/package.json'), 'utf8')) as Manifest;
  const url = (file: string): string => new URL(file, 'http://x/node_modules/convasm/').pathname;
  const imports = Object.fromEntries(Object.entries(exports).flatMap(([name, target]) => (typeof target === 'string' ? [] : [[`convasm${name.slice(1)}`, url(target.default)]])));
  const library = script ? 'const { convasm } = globalThis;' : "const convasm = await import('convasm');";
  return `<!doctype html><meta charset="utf-8"><title>convasm</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
${script ? `<script src="${url(unpkg)}"></script>` : ''}
<script>
  globalThis.result = (async () => {
    ${library}
    const [datasets, transforms] = await Promise.all([import('convasm/datasets'), import('convasm/transforms')]);
    const { programs } = await import('./programs/index.js');
    const query = new URLSearchParams(location.search);
    return JSON.stringify({ value: await programs[query.get('program')]({ convasm, datasets, transforms }, JSON.parse(query.get('options'))) });
  })().catch((error) => JSON.stringify({ error: String(error), stack: error.stack }));
</script>
`;
}

/** Lays the programs out beside the installed package. */
export function workplace(): Workplace {
  const { folder: consumer } = packed();
  const folder = mkdtempSync(path.join(consumer, 'run-'));
  cpSync(path.join(root, 'build/js/test/runtimes/programs'), path.join(folder, 'programs'), { recursive: true });
  const files = { 'package.json': '{ "type": "module" }', 'command.js': COMMAND, 'service.js': SERVICE, 'global.js': GLOBAL, 'esm.html': page(consumer, false), 'iife.html': page(consumer, true) };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return { consumer, folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}
