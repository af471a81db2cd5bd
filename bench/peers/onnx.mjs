// Workloads as ONNX models (opset 13), written field by field in protobuf's wire format; numbers as in onnx.proto.
import { bound, CannotDo, numbers } from './numbers.mjs';

const FLOAT = 1;
const text = new TextEncoder();

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

const integer = (field, value) => Uint8Array.from([...varint(field * 8), ...varint(value)]);

/** A length-delimited field: bytes, a string or a message. */
function block(field, ...parts) {
  const all = parts.map((part) => (typeof part === 'string' ? text.encode(part) : part));
  const size = all.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([...varint(field * 8 + 2), ...varint(size)]), ...all]);
}

const attribute = (name, value) =>
  Array.isArray(value)
    ? block(5, block(1, name), ...value.map((one) => integer(8, one)), integer(20, 7))
    : block(5, block(1, name), integer(3, value), integer(20, 2));

const node = (op, inputs, output, attributes = {}) =>
  block(1, ...inputs.map((input) => block(1, input)), block(2, output), block(4, op), ...Object.entries(attributes).map(([name, value]) => attribute(name, value)));

const initializer = (name, shape, values) =>
  block(5, ...shape.map((size) => integer(1, size)), integer(2, FLOAT), block(8, name), block(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));

const value = (field, name, shape) => block(field, block(1, name), block(2, block(1, integer(1, FLOAT), block(2, ...shape.map((size) => block(1, integer(1, size)))))));

/** A model of `nodes` and `weights` that maps `inputs` to `output`; both are [name, shape]. */
const model = (nodes, weights, inputs, output) =>
  Buffer.concat([integer(1, 8), block(7, ...nodes, block(2, 'workload'), ...weights, ...inputs.map((one) => value(11, ...one)), value(12, ...output)), block(8, block(1, ''), integer(2, 13))]);

const windows = ({ R, S = R, stride, pad }) => ({ kernel_shape: [R, S], strides: [stride, stride], pads: [pad, pad, pad, pad] });

function gemm({ M, N, K }) {
  return { inputs: [['b', [K, N]]], bytes: model([node('MatMul', ['a', 'b'], 'y')], [initializer('a', [M, K], numbers(M * K, 1))], [['b', [K, N]]], ['y', [M, N]]) };
}

function conv(w) {
  const shape = [w.K, w.C / w.groups, w.R, w.S];
  const weights = initializer('w', shape, numbers(shape.reduce((a, b) => a * b, 1), 2));
  const inputs = [['x', [w.N, w.C, w.H, w.W]]];
  return { inputs, bytes: model([node('Conv', ['x', 'w'], 'y', { ...windows(w), group: w.groups })], [weights], inputs, ['y', [w.N, w.K, w.P, w.Q]]) };
}

/** dx as a transposed convolution. */
function convGradInput(w) {
  const shape = [w.K, w.C / w.groups, w.R, w.S];
  const weights = initializer('w', shape, numbers(shape.reduce((a, b) => a * b, 1), 2));
  const inputs = [['dy', [w.N, w.K, w.P, w.Q]]];
  const missing = w.H - ((w.P - 1) * w.stride + w.R - 2 * w.pad);
  const attributes = { ...windows(w), group: w.groups, output_padding: [missing, missing] };
  return { inputs, bytes: model([node('ConvTranspose', ['dy', 'w'], 'dx', attributes)], [weights], inputs, ['dx', [w.N, w.C, w.H, w.W]]) };
}

/** dw as a convolution of x by dy, images taking the channels' part: the dilation is the stride. */
function convGradWeight(w) {
  if (w.groups > 1) throw new CannotDo('no weight gradient with groups');
  const inputs = [['x', [w.N, w.C, w.H, w.W]], ['dy', [w.N, w.K, w.P, w.Q]]];
  const unused = w.H + 2 * w.pad - ((w.P - 1) * w.stride + w.R);
  const attributes = { kernel_shape: [w.P, w.Q], strides: [1, 1], pads: [w.pad, w.pad, w.pad - unused, w.pad - unused], dilations: [w.stride, w.stride] };
  if (unused > w.pad) throw new CannotDo('no weight gradient where the last pixels are unused');
  const swapped = { perm: [1, 0, 2, 3] };
  const nodes = [node('Transpose', ['x'], 'xt', swapped), node('Transpose', ['dy'], 'dyt', swapped), node('Conv', ['xt', 'dyt'], 'dwt', attributes), node('Transpose', ['dwt'], 'dw', swapped)];
  return { inputs, bytes: model(nodes, [], inputs, ['dw', [w.K, w.C, w.R, w.S]]) };
}

function maxpool(w) {
  const inputs = [['x', [w.N, w.C, w.H, w.W]]];
  return { inputs, bytes: model([node('MaxPool', ['x'], 'y', windows(w))], [], inputs, ['y', [w.N, w.C, w.P, w.Q]]) };
}

/** The nodes of a network's node i: [op, inputs, attributes, weights as [shape, values]]. */
const NODES = {
  conv: (n, i) => ['Conv', windows(n), [[n.K, n.cin, n.R, n.R], n.cin * n.R * n.R, i], [[n.K], 0, i]],
  fc: (n, i) => ['Gemm', { transB: 1 }, [[n.K, n.cin], n.cin, i], [[n.K], 0, i]],
  maxpool: (n) => ['MaxPool', { ...windows(n), ceil_mode: n.ceil ? 1 : 0 }],
  avgpool: (n) => ['AveragePool', windows(n)],
  gap: () => ['GlobalAveragePool', {}],
  tanh: () => ['Tanh', {}],
  add: () => ['Add', {}],
  concat: () => ['Concat', { axis: 1 }],
};

/** A network for predicting, batch norm folded into the convolutions. */
function infer(w, nets) {
  const graph = nets[w.net];
  const [nodes, weights] = [[], []];
  const names = ['x'];
  let flat = false;
  for (const [i, n] of graph.entries()) {
    if (i === 0) continue;
    const [op, attributes, ...tensors] = NODES[n.op](n, i);
    const from = n.in.map((j) => names[j]);
    if (n.op === 'fc' && !flat) {
      nodes.push(node('Flatten', from, `flat${i}`, { axis: 1 }));
      from[0] = `flat${i}`;
      flat = true;
    }
    tensors.forEach(([shape, fanIn, seed], k) => {
      from.push(`w${i}_${k}`);
      const count = shape.reduce((a, b) => a * b, 1);
      weights.push(initializer(`w${i}_${k}`, shape, fanIn ? numbers(count, seed, bound(fanIn)) : new Float32Array(count)));
    });
    nodes.push(node(op, from, `y${i}`, attributes));
    if (n.relu) nodes.push(node('Relu', [`y${i}`], `relu${i}`));
    names.push(n.relu ? `relu${i}` : `y${i}`);
  }
  const { C, H, W } = graph[0];
  const inputs = [['x', [w.N, C, H, W]]];
  return { inputs, bytes: model(nodes, weights, inputs, [names.at(-1), [w.N, graph.at(-1).K]]) };
}

const KINDS = { gemm, conv, conv_grad_input: convGradInput, conv_grad_weight: convGradWeight, maxpool, infer };

/** The model of a workload and the shapes of its inputs. */
export function modelOf(workload, nets) {
  if (!KINDS[workload.kind]) throw new CannotDo(`no ${workload.kind}: this runtime only predicts`);
  return KINDS[workload.kind](workload, nets);
}
