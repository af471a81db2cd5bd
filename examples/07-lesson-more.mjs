// The lesson goes on: channels, padding, im2col, pooling behind an activation, and convolution as a matrix. Each fact is printed from both sides.
import { ops } from 'convasm';

const tensor = (values, ...shape) => ({ data: Float32Array.from(values), shape });
const both = (name, a, b) => console.log(`${name}: ${[...a.data].join(' ')} = ${[...b.data].join(' ')}`);
const range = (n) => Array.from({ length: n }, (_, i) => i);

console.log('Two channels, two kernels, a border of zeros: every kernel sees both channels.');
const x = tensor([1, 2, 0, 0, 1, 3, 2, 0, 1, 3, 1, 2, 1, 0, 0, 2, 1, 1], 1, 2, 3, 3);
const w = tensor([1, -1, 2, 0, 0, 1, 1, -2, 2, 1, 0, 1, -1, 0, 1, 1], 2, 2, 2, 2);
const b = tensor([1, -1], 2);
const y = ops.conv2d(x, w, b, { padding: 1 });
console.log(`x [${x.shape}], w [${w.shape}], y [${y.shape}]`);
const dy = tensor(range(32).map((i) => (i % 5) - 2), ...y.shape);
const gradients = y.backward(dy);

/** im2col: for every row (channel, u, v) of the kernel and column (i, j) of the output, which element of x meets it; -1 in the border. */
const meets = range(8).map((row) => range(16).map((column) => {
  const [i, j] = [(column >> 2) + ((row >> 1) & 1) - 1, (column & 3) + (row & 1) - 1];
  return i < 0 || j < 0 || i > 2 || j > 2 ? -1 : (row >> 2) * 9 + i * 3 + j;
}));
const columns = tensor(meets.flat().map((at) => (at < 0 ? 0 : x.data[at])), 8, 16);
const kernels = tensor(w.data, 2, 8);                          // each kernel flattened into a row
const bias = tensor(b.data, 2, 1);
const residuals = tensor(dy.data, 2, 16);

console.log('\nim2col: the columns of patches times the flattened kernels is the convolution; its gradients are those of a product.');
both('forward', y, ops.addmm(bias, kernels, columns));
both('weight gradient', gradients.weight, ops.addmm(tensor([0], 1), residuals, columns, { transposeMat2: true }));
const folded = tensor(new Float32Array(18), 1, 2, 3, 3);       // col2im: each number goes back where it came from, and adds up
const patches = ops.addmm(tensor([0], 1), kernels, residuals, { transposeMat1: true });
meets.flat().forEach((at, k) => { if (at >= 0) folded.data[at] += patches.data[k]; });
both('input gradient', gradients.input, folded);
both('bias gradient', gradients.bias, ops.matmul(residuals, tensor(Array(16).fill(1), 16)));

console.log('\nPooling behind a relu: the residual goes back by the pooling\'s rule, then times the slope, 0 or 1.');
const a = tensor([-1, 3, 2, -2, 0, -3, 1, 2], 1, 1, 2, 4);
const delta = tensor([4, -2], 1, 1, 1, 2);
const active = ops.relu(a);
for (const [name, pool, share] of [['max', ops.maxPool2d, [0, 4, -2, 0, 0, 0, 0, 0]], ['mean', ops.avgPool2d, [1, 1, -0.5, -0.5, 1, 1, -0.5, -0.5]]]) {
  const back = active.backward(pool(active, 2).backward(delta).input).input;
  both(name, back, { data: share.map((part, i) => (a.data[i] > 0 ? part : 0)) });
}

console.log('\nOne dimension: convolution with (1, 2, -1) is a product with a banded matrix W, its transpose the transposed convolution.');
const k = tensor([1, 2, -1], 1, 1, 3);
const turned = tensor([-1, 2, 1], 1, 1, 3);
const s = tensor([2, 0, 1, 3, 1], 1, 1, 5);
const W = tensor(range(3).flatMap((i) => range(5).map((j) => k.data[j - i] ?? 0)), 3, 5);
both('W s', ops.conv1d(s, k), ops.matmul(W, tensor(s.data, 5)));
const z = tensor([1, -1, 2], 1, 1, 3);
const transposed = ops.convTranspose1d(z, k);
both('W transposed z', transposed, ops.matmul(tensor(z.data, 3), W));
both('wide convolution of z with the turned kernel', transposed, ops.conv1d(z, turned, null, { padding: 2 }));
both('its true form, the kernel turned for us', transposed, ops.conv1d(z, k, null, { padding: 2, rotate: true }));
both('stride 2 as zeros between the inputs', ops.convTranspose1d(z, k, null, { stride: 2 }), ops.conv1d(tensor([1, 0, -1, 0, 2], 1, 1, 5), turned, null, { padding: 2 }));
