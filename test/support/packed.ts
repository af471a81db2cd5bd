import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './sources.js';

/** The package as a user gets it. */
export interface Packed {
  /** A folder whose node_modules holds `convasm`, installed from the tarball, and what it depends on. */
  readonly folder: string;
  readonly tarball: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];
}

function npm(cwd: string, ...args: string[]): string {
  const done = spawnSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status !== 0) throw new Error(`npm ${args.join(' ')} failed\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** A name for what is built now: each bundle's stamp, and what is published beside the bundles. */
function version(): string {
  const hash = createHash('sha256');
  const files = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', ...['dist', 'js', 'wasm', 'weights'].map((part) => `build/${part}/.stamp`)];
  for (const file of files) if (existsSync(path.join(root, file))) hash.update(readFileSync(path.join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Packs and installs what is built now, once; test files that run at the same time may each do so, and one of them wins. */
export function packed(): Packed {
  const all = path.join(root, 'build/packed');
  const folder = path.join(all, version());
  if (!existsSync(folder)) {
    mkdirSync(all, { recursive: true });
    const made = mkdtempSync(path.join(all, 'new-'));
    const listing = npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', made);
    const files = [...listing.matchAll(/"path": "([^"]+)"/g)].map(([, file]) => file!);
    writeFileSync(path.join(made, 'files.json'), JSON.stringify(files));
    writeFileSync(path.join(made, 'package.json'), '{ "name": "consumer", "private": true }');
    npm(made, 'install', '--no-audit', '--no-fund', '--prefer-offline', tarballIn(made));
    try {
      renameSync(made, folder);
    } catch {
      rmSync(made, { recursive: true });
    }
  }
  return { folder, tarball: path.join(folder, tarballIn(folder)), files: JSON.parse(readFileSync(path.join(folder, 'files.json'), 'utf8')) as string[] };
}

const tarballIn = (folder: string): string => readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
