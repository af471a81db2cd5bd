// TensorFlow.js, channels last (its wasm backend has no other convolution).
import { bound, CannotDo, numbers } from '../numbers.mjs';

/** The adapter of either backend: `tf` with the backend set. */
export function adapterOf(tf, version) {
  const tensor = (shape, seed = 1, scale = 1) => tf.tensor(numbers(shape.reduce((a, b) => a * b, 1), seed, scale), shape, 'float32');
  const padded = (pad) => (pad === 0 ? 'valid' : [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
  const kernel = (name, inputs, attributes) => tf.engine().runKernel(name, inputs, attributes);
  const once = (make, ...held) => ({ run: () => tf.dispose(make()), dispose: () => tf.dispose(held) });

  function maxPool(x, { R, stride, pad, ceil, H }) {
    const after = Math.max(0, (H - 1) * stride + R - x.shape[1] - pad);
    if (!ceil || after === pad) return tf.maxPool(x, R, stride, pad, 'floor');
    return tf.maxPool(tf.pad(x, [[0, 0], [pad, after], [pad, after], [0, 0]], 0), R, stride, 'valid');
  }

  function weightsOf(nodes, training) {
    return nodes.map((node, i) => {
      if (node.op === 'conv') {
        const scales = node.bn && training ? { scale: tf.ones([node.K]), shift: tf.zeros([node.K]) } : {};
        return { w: tensor([node.R, node.R, node.cin, node.K], i, bound(node.cin * node.R * node.R)), b: tf.zeros([node.K]), ...scales };
      }
      return node.op === 'fc' ? { w: tensor([node.cin, node.K], i, bound(node.cin)), b: tf.zeros([node.K]) } : {};
    });
  }

  function convolved(x, node, { w, b, scale, shift }, training) {
    if (!training) return tf.fused.conv2d({ x, filter: w, strides: node.stride, pad: padded(node.pad), bias: b, activation: node.relu ? 'relu' : 'linear' });
    let y = tf.add(tf.conv2d(x, w, node.stride, padded(node.pad)), b);
    if (scale) {
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      y = tf.batchNorm(y, mean, variance, shift, scale, 1e-5);
    }
    return node.relu ? tf.relu(y) : y;
  }

  function dense(x, node, { w, b }, training) {
    const a = tf.reshape(x, [x.shape[0], -1]);
    if (!training) return tf.fused.matMul({ a, b: w, bias: b, activation: node.relu ? 'relu' : 'linear' });
    const y = tf.add(tf.matMul(a, w), b);
    return node.relu ? tf.relu(y) : y;
  }

  const NODES = {
    conv: (x, node, weights, training) => convolved(x, node, weights, training),
    fc: (x, node, weights, training) => dense(x, node, weights, training),
    maxpool: (x, node) => maxPool(x, node),
    avgpool: (x, { R, stride }) => tf.avgPool(x, R, stride, 'valid'),
    tanh: (x) => tf.tanh(x),
    gap: (x) => tf.mean(x, [1, 2], true),
  };

  function forward(nodes, weights, x, training) {
    const outputs = [x];
    for (const [i, node] of nodes.entries()) {
      if (i === 0) continue;
      const inputs = node.in.map((from) => outputs[from]);
      if (node.op === 'add') outputs.push(node.relu ? tf.relu(tf.add(inputs[0], inputs[1])) : tf.add(inputs[0], inputs[1]));
      else if (node.op === 'concat') outputs.push(tf.concat(inputs, 3));
      else outputs.push(NODES[node.op](inputs[0], node, weights[i], training));
    }
    return outputs.at(-1);
  }

  const images = (w, [{ C, H, W }]) => tensor([w.N, H, W, C]);

  function training(w, nodes) {
    const weights = weightsOf(nodes, true);
    const variables = weights.flatMap((all) => Object.keys(all).map((name) => (all[name] = tf.variable(all[name]))));
    const [x, classes] = [images(w, nodes), nodes.at(-1).K];
    const y = tf.oneHot(Array.from({ length: w.N }, (_, i) => i % classes), classes);
    const optimizer = tf.train.momentum(w.lr, w.momentum);
    const step = () => {
      const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, forward(nodes, weights, x, true)), true, variables);
      loss.dataSync();
      loss.dispose();
    };
    return { run: step, dispose: () => (tf.dispose([x, y, ...variables]), optimizer.dispose()) };
  }

  const KINDS = {
    gemm(w) {
      const [a, b] = [tensor([w.M, w.K]), tensor([w.K, w.N], 2)];
      return once(() => tf.matMul(a, b), a, b);
    },
    conv(w) {
      const x = tensor([w.N, w.H, w.W, w.C]);
      const filter = tensor(w.groups > 1 ? [w.R, w.S, w.C, 1] : [w.R, w.S, w.C, w.K], 2);
      const convolve = w.groups > 1 ? tf.depthwiseConv2d : tf.conv2d;
      return once(() => convolve(x, filter, w.stride, padded(w.pad)), x, filter);
    },
    conv_grad_input(w) {
      const [dy, filter] = [tensor([w.N, w.P, w.Q, w.K]), tensor([w.R, w.S, w.C, w.groups > 1 ? 1 : w.K], 2)];
      const name = w.groups > 1 ? 'DepthwiseConv2dNativeBackpropInput' : 'Conv2DBackpropInput';
      const shape = [w.N, w.H, w.W, w.C];
      return once(() => kernel(name, { dy, filter }, { strides: w.stride, pad: padded(w.pad), dataFormat: 'NHWC', inputShape: shape, dilations: 1 }), dy, filter);
    },
    conv_grad_weight(w) {
      const [x, dy] = [tensor([w.N, w.H, w.W, w.C]), tensor([w.N, w.P, w.Q, w.K], 2)];
      const name = w.groups > 1 ? 'DepthwiseConv2dNativeBackpropFilter' : 'Conv2DBackpropFilter';
      const shape = [w.R, w.S, w.C, w.groups > 1 ? 1 : w.K];
      return once(() => kernel(name, { x, dy }, { strides: w.stride, pad: padded(w.pad), dataFormat: 'NHWC', filterShape: shape, dilations: 1 }), x, dy);
    },
    maxpool(w) {
      const x = tensor([w.N, w.H, w.W, w.C]);
      return once(() => tf.maxPool(x, w.R, w.stride, w.pad, 'floor'), x);
    },
    maxpool_fwd_bwd(w) {
      const [x, dy] = [tensor([w.N, w.H, w.W, w.C]), tensor([w.N, w.P, w.Q, w.C], 2)];
      const gradient = tf.grad((t) => tf.maxPool(t, w.R, w.stride, w.pad, 'floor'));
      return once(() => gradient(x, dy), x, dy);
    },
    infer(w, nets) {
      const nodes = nets[w.net];
      const [weights, x] = [weightsOf(nodes, false), images(w, nodes)];
      const run = () => {
        const y = tf.tidy(() => forward(nodes, weights, x, false));
        y.dataSync();
        y.dispose();
      };
      return { run, dispose: () => tf.dispose([x, ...weights.flatMap(Object.values)]) };
    },
    train: (w, nets) => training(w, nets[w.net]),
  };

  return {
    version,
    prepare(workload, nets) {
      if (!KINDS[workload.kind]) throw new CannotDo(`no ${workload.kind}`);
      return KINDS[workload.kind](workload, nets);
    },
  };
}
