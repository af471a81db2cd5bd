import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY, STORE } from '../../assembly/abi.js';
import type { Plan } from './plan.js';
import { Buffer, type PlanTensor } from './tensor.js';

/** A matrix in memory: element (i, j) at i·row + j·column; the matrices of a batch follow one another. */
export interface MatrixView {
  readonly buffer: Buffer;
  readonly rows: number;
  readonly columns: number;
  readonly row: number;
  readonly column: number;
}

/** x [.., rows, columns] row-major, read as it is or transposed. */
export function matrix(x: PlanTensor, transposed = false): MatrixView {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const plain = { buffer: x.buffer, rows, columns, row: columns, column: 1 };
  return transposed ? transposedView(plain) : plain;
}

export function transposedView(m: MatrixView): MatrixView {
  return { buffer: m.buffer, rows: m.columns, columns: m.rows, row: m.column, column: m.row };
}

/** c (+)= a · b for `batch` pairs of matrices: b into panels, then the product. A single column, whose elements are neighbours, meets whole rows of a as it lies. */
export function planProduct(p: Plan, batch: number, a: MatrixView, b: MatrixView, c: Buffer, accumulate = STORE): void {
  const [m, k, n] = [a.rows, a.columns, b.columns];
  const inPlace = n === 1 && a.column === 1;
  const panelWords = inPlace ? k : Math.ceil(n / PANEL) * k * PANEL;
  const panels = inPlace ? b.buffer : p.workspace('panels', batch * panelWords);
  if (!inPlace) p.step('packPanels', { b: b.buffer, panels, batch, k, n, bTerm: b.row, bColumn: b.column, bBatch: k * n });
  p.step('gemm', {
    a: a.buffer, b: panels, c, batch, m, n, k, aRow: a.row, aTerm: a.column, aBatch: m * k, bBatch: panelWords, accumulate,
    ...p.scratch(PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY),
  });
}

/** Backward of c = a · b: da += dc · bᵀ and db += aᵀ · dc, each written in its operand's own order. */
export function planProductBackward(p: Plan, batch: number, a: MatrixView, b: MatrixView, dc: Buffer): void {
  const residual: MatrixView = { buffer: dc, rows: a.rows, columns: b.columns, row: b.columns, column: 1 };
  if (p.needsGradient(a)) operandGradient(p, batch, a, residual, transposedView(b));
  if (p.needsGradient(b)) operandGradient(p, batch, b, transposedView(a), residual);
}

/** d operand (+)= left · right. Where the operand is read transposed its gradient is rightᵀ · leftᵀ. */
function operandGradient(p: Plan, batch: number, operand: MatrixView, left: MatrixView, right: MatrixView): void {
  const { dx, accumulate } = p.gradInto({ name: '', shape: [], buffer: operand.buffer, order: null, field: null });
  if (operand.column === 1) planProduct(p, batch, left, right, dx, accumulate);
  else planProduct(p, batch, transposedView(right), transposedView(left), dx, accumulate);
}
