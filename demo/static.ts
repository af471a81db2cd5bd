import { useKernels } from '../src/runtime/builds.js';
import { embedded } from '../src/runtime/platform/embedded.js';
import { compute, type Numbers } from './lesson/convolution.js';
import { PRESETS } from './lesson/presets.js';
import { cell } from './numbers.js';
import { en } from './words/en.js';

// What remains where no script may run: the text, and the lesson's first example as tables.

function table(name: string, values: readonly number[], columns: number): string {
  const rows = Array.from({ length: values.length / columns }, (_, row) => `<tr>${values.slice(row * columns, (row + 1) * columns).map((value) => `<td>${cell(value)}</td>`).join('')}</tr>`);
  return `<figure class="mini"><figcaption>${name}</figcaption><table>${rows.join('')}</table></figure>`;
}

function tables({ setting: { n, k, x, w, b }, o, y, t, dy, dw, db, dx }: Numbers): string {
  return [table('x, input', x, n), table('w, kernel', w, k), table('b, bias', [b], 1), table('y, output', y, o), table('t, target', t, o), table('dy, residual', dy, o),
    table('dw, weight gradient', dw, k), table('db, bias gradient', [db], 1), table('dx, input gradient', dx, n)].join('');
}

/** HTML for `<noscript>`. */
export function staticPage(): string {
  useKernels(embedded);
  return `<main class="no-script"><h1>convasm</h1><p>${en['page.lead']}</p><p>This page trains in your browser and needs JavaScript for it. `
    + `Without it, here is one convolution, forward and backward: L = ½ Σ (y − t)², dy = y − t.</p><div class="minis">${tables(compute(PRESETS.start))}</div></main>`;
}
