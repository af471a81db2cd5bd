// `npm run demo`: the page as one file, build/demo/index.html, served on this machine. `--build` only builds it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { hashOf, readStamp, root, writeStamp } from './stamp.mjs';

export const page = path.join(root, 'build/demo/index.html');
const PORT = 4173;

/** The page runs one worker of the reproducible build: the other builds stay out. */
const oneBuild = {
  name: 'one-build',
  resolveId(id) {
    if (id === '#wasm/threads' || id === '#wasm/relaxed') return '\0none';
    return id.startsWith('#wasm/') ? fileURLToPath(import.meta.resolve(id)) : null;
  },
  load: (id) => (id === '\0none' ? "export default '';" : null),
};

async function script() {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: path.join(root, 'build/js/demo/main.js'), platform: 'browser', plugins: [oneBuild] });
  const { output } = await bundle.generate({ format: 'iife', minify: true, codeSplitting: false });
  await bundle.close();
  return output[0].code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const source = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export async function make() {
  const code = await script();
  const style = read('node_modules/uplot/dist/uPlot.min.css') + read('demo/style.css');
  const { staticPage } = await import(pathToFileURL(path.join(root, 'build/js/demo/static.js')).href);
  const csp = `default-src 'none'; script-src ${source(code)} 'wasm-unsafe-eval'; style-src ${source(style)}; connect-src 'none'; img-src data: blob:; worker-src blob:; form-action 'none'; base-uri 'none'`;
  const parts = { csp, style, static: staticPage(), script: code };
  mkdirSync(path.dirname(page), { recursive: true });
  writeFileSync(page, read('demo/index.html').replaceAll(/%(csp|style|static|script)%/g, (_, name) => parts[name]));
}

/** Builds the page where something that it is made of has changed. */
export async function buildDemo() {
  await build();
  const stamp = 'build/demo/.stamp';
  const want = hashOf('demo', 'src', 'assembly', 'package.json', 'package-lock.json', 'scripts');
  if (readStamp(stamp) === want) return;
  await make();
  writeStamp(stamp, want);
}

/** Serves the one file; whatever else is asked for is not there. */
export function serve(port) {
  const server = createServer((request, response) => {
    const found = request.method === 'GET' && new URL(request.url, 'http://page').pathname === '/';
    response.writeHead(found ? 200 : 404, { 'content-type': found ? 'text/html; charset=utf-8' : 'text/plain', 'cache-control': 'no-cache' });
    response.end(found ? readFileSync(page) : 'not here');
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, () => resolve(server)));
}

/** The first free port from 4173 on. */
async function serveSomewhere() {
  for (let port = PORT; ; port++) {
    try {
      return await serve(port);
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || port > PORT + 20) throw error;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildDemo();
    console.log(`The page: ${path.relative(process.cwd(), page)} (one file: open it, send it, put it on any server)`);
    if (!process.argv.includes('--build')) console.log(`Served at http://localhost:${(await serveSomewhere()).address().port}/ (Ctrl-C ends it)`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
