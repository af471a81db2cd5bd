// One convolution, forward and backward, number by number, as courses derive it.
import { ops } from 'convasm';

const tensor = (rows) => ({ data: Float32Array.from(rows.flat()), shape: [1, 1, rows.length, rows[0].length] });
const rowsOf = ({ data, shape }) => Array.from({ length: shape.at(-2) }, (_, i) => [...data.slice(i * shape.at(-1), (i + 1) * shape.at(-1))]);
const show = (name, t) => console.log(`${name} = [${rowsOf(t).map((row) => row.join(' ')).join(' | ')}]`);
const turn = (rows) => rows.map((row) => [...row].reverse()).reverse();

const x = [[1, 2, 0], [0, 1, 3], [2, 0, 1]];
const w = [[1, -1], [2, 0]];
const b = { data: Float32Array.of(1), shape: [1] };
const target = [[0, 3], [5, 1]];

console.log('Output: lay the kernel on, multiply, add, add the bias.');
const y = ops.conv2d(tensor(x), tensor(w), b);
show('y', y);

console.log('Residual: how the loss ½ Σ (y − t)² moves with each output, dy = y − t.');
const dy = rowsOf(y).map((row, i) => row.map((value, j) => value - target[i][j]));
show('dy', tensor(dy));
const { input, weight, bias } = y.backward(tensor(dy));

console.log('Weight gradient: the input correlated with the residual.');
show('dw', weight);
show('x ⋆ dy', ops.conv2d(tensor(x), tensor(dy)));
console.log(`Bias gradient: the residuals' sum, ${bias.data[0]}.`);

console.log('Input gradient: the wide convolution of the residual with the kernel turned by 180°.');
show('dx', input);
show('dy padded ⋆ turned w', ops.conv2d(tensor(dy), tensor(turn(w)), null, { padding: 1 }));

console.log('Stride 2 on a padded input puts zeros between the residuals.');
const strided = ops.conv2d(tensor(x), tensor(w), b, { stride: 2, padding: 1 });
show('y', strided);
show('dx', strided.backward({ data: new Float32Array(4).fill(1), shape: strided.shape }).input);

console.log('Pooling: the maximum takes the whole residual, the mean shares it out.');
const pooled = tensor([[1, 3, 2, 2], [0, 3, 1, 2], [4, 0, 5, 1], [1, 2, 0, 6]]);
const residual = tensor([[4, -2], [1, 8]]);
show('max dx', ops.maxPool2d(pooled, 2).backward(residual).input);
show('mean dx', ops.avgPool2d(pooled, 2).backward(residual).input);
