import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(root, 'docs')).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const scripts = Object.keys(JSON.parse(read('package.json')).scripts as object);

/** Code blocks of a language, in order. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]!);
}

/** Runs a block as a user would, from inside the package, where `convasm` names the built package itself. */
function runBlock(file: string, i: number, code: string): ReturnType<typeof spawnSync> {
  const folder = path.join(root, 'build/docs');
  mkdirSync(folder, { recursive: true });
  const script = path.join(folder, `${file.replaceAll(/\W/g, '-')}-${i}.mjs`);
  writeFileSync(script, code);
  return spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
}

/** Numbers and truths in a text; `Float32Array(9)` is neither. */
const valuesIn = (text: string): (number | boolean)[] =>
  (text.replaceAll(/Float32Array\(\d+\)/g, '').match(/-?\d+(\.\d+)?|\b(true|false)\b/g) ?? []).map((value) => JSON.parse(value) as number | boolean);

/** What the comments behind `console.log` promise. */
function promised(code: string): (number | boolean)[] {
  return code.split('\n').filter((line) => line.includes('console.log')).flatMap((line) => valuesIn(line.split('//')[1] ?? ''));
}

for (const file of documents) {
  describe(file, () => {
    blocks(read(file), 'ts').forEach((code, i) => {
      test(`block ${i + 1} runs: ${code.split('\n')[0]}`, () => {
        const done = runBlock(file, i, code);
        expect(done.stderr).toBe('');
        expect(done.status).toBe(0);
        const wanted = promised(code);
        if (wanted.length > 0) expect(valuesIn(done.stdout as string)).toEqual(wanted);
      });
    });

    test('commands exist', () => {
      for (const block of blocks(read(file), 'sh')) {
        for (const [, name] of block.matchAll(/^npm run (?:-s )?([\w:]+)/gm)) expect(scripts).toContain(name);
        for (const [, name] of block.matchAll(/^npm (start|test)\b/gm)) expect(scripts).toContain(name);
      }
    });

    test('links lead somewhere', () => {
      for (const [, target] of read(file).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        expect(existsSync(path.join(root, path.dirname(file), target!)), `${file}: ${target}`).toBe(true);
      }
    });
  });
}
