import { describe, expect, test } from 'vitest';
import * as abi from '../../assembly/abi.js';
import { OPS, type FieldKind, type OpName } from '../../src/plan/ops.js';
import { codeOf, filesUnder, read } from '../support/sources.js';

// The two sides of the boundary state the same records: assembly/steps.ts for asc, src/plan/ops.ts for the planner.

interface Record {
  readonly parent: string | undefined;
  readonly fields: readonly (readonly [name: string, type: string])[];
}

const records = new Map<string, Record>();
const sources = filesUnder('assembly').filter((file) => file.startsWith('assembly/steps')).map((file) => codeOf(read(file))).join('\n');
for (const [, name, parent, body] of sources.matchAll(/class (\w+)(?: extends (\w+))? \{([^}]*)\}/g)) {
  records.set(name!, { parent, fields: [...body!.matchAll(/(\w+): (\w+);/g)].map(([, field, type]) => [field!, type!] as const) });
}

function fieldsOf(name: string): readonly (readonly [string, string])[] {
  const record = records.get(name);
  return record ? [...(record.parent ? fieldsOf(record.parent) : []), ...record.fields] : [];
}

const ops = Object.keys(OPS) as OpName[];
const classOf = (op: string): string => `${op[0]!.toUpperCase()}${op.slice(1)}Step`;
const constantOf = (op: string): string => `OP_${op.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
const asType = (kind: FieldKind): string => (kind === 'i32' || kind === 'f32' ? kind : 'usize');
const codes = Object.entries(abi).filter(([name]) => name.startsWith('OP_'));

describe('records', () => {
  test.each(ops)('%s has the fields of its class, in their order', (op) => {
    const [header, ...fields] = fieldsOf(classOf(op));
    expect(header, `assembly/steps.ts has no class ${classOf(op)}`).toEqual(['op', 'i32']);
    expect(Object.entries(OPS[op].fields).map(([name, kind]) => [name, asType(kind)])).toEqual(fields);
  });

  test('every class is an op or what ops share', () => {
    const known = new Set(ops.map(classOf));
    const shared = new Set([...records.values()].map((record) => record.parent));
    expect([...records.keys()].filter((name) => !known.has(name) && !shared.has(name) && name !== 'Step')).toEqual([]);
  });
});

describe('op codes', () => {
  test('each is its own', () => {
    expect(codes.length).toBeGreaterThan(30);
    expect(new Set(codes.map(([, code]) => code)).size).toBe(codes.length);
  });

  test('every op has the code of its name, and every code an op', () => {
    const byName = Object.fromEntries(ops.map((op) => [constantOf(op), OPS[op].code]));
    expect(byName).toEqual(Object.fromEntries(codes));
  });

  test('run has one case for each', () => {
    const cases = [...codeOf(read('assembly/index.ts')).matchAll(/case abi\.(OP_\w+):/g)].map(([, name]) => name!);
    expect(cases.slice().sort()).toEqual(codes.map(([name]) => name).sort());
  });

  test('run reads the record of the case', () => {
    const index = codeOf(read('assembly/index.ts'));
    for (const op of ops) {
      const line = new RegExp(`case abi\\.${constantOf(op)}:[^\\n]*`).exec(index)![0];
      expect(line).toContain(`changetype<s.${classOf(op)}>(at)`);
    }
  });
});

test('the control block holds its fields apart, and a line for each worker', () => {
  const fields = [abi.CONTROL_STEPS, abi.CONTROL_LIVE, abi.CONTROL_RATE, abi.CONTROL_UPDATES, abi.CONTROL_ACCUMULATE, abi.CONTROL_SEED, abi.CONTROL_SEED + 4];
  expect(new Set(fields).size).toBe(fields.length);
  expect(Math.max(...fields)).toBeLessThan(abi.CONTROL_WORKERS);
  expect(abi.CONTROL_BYTES).toBe(abi.CONTROL_WORKERS + abi.MAX_WORKERS * abi.WORKER_LINE);
});

// docs/adding-an-op.md lists the places; the layers and operators that state an op are found by its name.
test('every op is stated by a layer, an operator, a loss, an optimizer or the planner', () => {
  const stated = filesUnder('src').filter((file) => file !== 'src/plan/ops.ts').map(read).join('\n');
  expect(ops.filter((op) => !stated.includes(`'${op}'`))).toEqual([]);
});
