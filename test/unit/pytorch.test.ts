import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

test('weights go to PyTorch and come back, where there is one', () => {
  const done = spawnSync(process.execPath, [path.resolve(import.meta.dirname, '../../scripts/pytorch.mjs')], { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
  if (done.stdout.startsWith('SKIPPED')) console.warn(done.stdout);
  else expect(done.stdout.match(/outputs differ by \d\.\de-\d/g)).toHaveLength(4);
});
