// jax-js on its wasm device, every workload under jit(). Each use of an array takes a reference (.ref).
import { bound, CannotDo, numbers } from '../numbers.mjs';

export async function open() {
  const { numpy: np, lax, nn, jit, valueAndGrad, grad, init, defaultDevice } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  const tensor = (shape, seed = 1, scale = 1) => np.array(numbers(shape.reduce((a, b) => a * b, 1), seed, scale)).reshape(shape);
  const convolve = (x, w, stride, pad, groups = 1) => lax.convGeneralDilated(x, w, [stride, stride], [[pad, pad], [pad, pad]], { featureGroupCount: groups });
  const done = async (results) => {
    for (const one of [results].flat()) {
      await one.blockUntilReady();
      one.dispose();
    }
  };

  function pool(x, { R, stride, pad, H: out }, size, reduce) {
    const after = Math.max(0, (out - 1) * stride + R - size - pad);
    const wide = pad || after ? np.pad(x, [[0, 0], [0, 0], [pad, after], [pad, after]]) : x;
    return lax.reduceWindow(wide, reduce, [1, 1, R, R], [1, 1, stride, stride]);
  }

  function convNode(x, node, { w, b, scale, shift }) {
    let y = convolve(x, w.ref, node.stride, node.pad).add(b.ref.reshape([node.K, 1, 1]));
    if (scale) {
      const apart = y.ref.sub(np.mean(y, [0, 2, 3], { keepdims: true }));
      const variance = np.mean(np.square(apart.ref), [0, 2, 3], { keepdims: true });
      y = apart.div(np.sqrt(variance.add(1e-5))).mul(scale.ref.reshape([node.K, 1, 1])).add(shift.ref.reshape([node.K, 1, 1]));
    }
    return y;
  }

  const NODES = {
    conv: (x, node, weights) => convNode(x, node, weights),
    fc: (x, node, { w, b }) => np.matmul(x.reshape([x.shape[0], node.cin]), w.ref).add(b.ref),
    maxpool: (x, node, _, before) => pool(x, node, before.H, (window) => np.max(window)),
    avgpool: (x, node, _, before) => pool(x, node, before.H, (window) => np.mean(window)),
    tanh: (x) => np.tanh(x),
    gap: (x) => np.mean(x, [2, 3]),
  };

  function forward(nodes, weights, x) {
    const outputs = [x];
    for (const [i, node] of nodes.entries()) {
      if (i === 0) continue;
      const inputs = node.in.map((from) => outputs[from].ref);
      let y;
      if (node.op === 'add') y = inputs[0].add(inputs[1]);
      else if (node.op === 'concat') y = np.concatenate(inputs, 1);
      else y = NODES[node.op](inputs[0], node, weights[i], nodes[node.in[0]]);
      outputs.push(node.relu ? nn.relu(y) : y);
    }
    for (const one of outputs.slice(0, -1)) one.dispose();
    return outputs.at(-1);
  }

  function weightsOf(nodes, training) {
    return nodes.map((node, i) => {
      if (node.op === 'fc') return { w: tensor([node.cin, node.K], i, bound(node.cin)), b: np.zeros([node.K]) };
      if (node.op !== 'conv') return {};
      const scales = node.bn && training ? { scale: np.ones([node.K]), shift: np.zeros([node.K]) } : {};
      return { w: tensor([node.K, node.cin, node.R, node.R], i, bound(node.cin * node.R * node.R)), b: np.zeros([node.K]), ...scales };
    });
  }

  const flat = (weights) => weights.flatMap(Object.values);
  const unflat = (weights, list) => {
    let next = 0;
    return weights.map((one) => Object.fromEntries(Object.keys(one).map((name) => [name, list[next++]])));
  };
  const images = (w, [{ C, H, W }]) => tensor([w.N, C, H, W]);

  function infer(w, nodes) {
    const weights = weightsOf(nodes, false);
    const [list, x] = [flat(weights), images(w, nodes)];
    const run = jit((all, input) => {
      const y = forward(nodes, unflat(weights, all), input);
      for (const one of all) one.dispose();
      return y;
    });
    return { run: async () => void (await run(list.map((one) => one.ref), x.ref).data()) };
  }

  function train(w, nodes) {
    const weights = weightsOf(nodes, true);
    let list = flat(weights);
    let velocity = list.map((one) => np.zerosLike(one.ref));
    const [x, classes] = [images(w, nodes), nodes.at(-1).K];
    const target = nn.oneHot(np.array(Int32Array.from({ length: w.N }, (_, i) => i % classes), { dtype: np.int32 }), classes);
    const lossOf = (all, input, y) => {
      const logits = forward(nodes, unflat(weights, all), input);
      for (const one of all) one.dispose();
      return np.sum(nn.logSoftmax(logits).mul(y)).mul(-1 / w.N);
    };
    const step = jit((all, v, input, y) => {
      const [loss, gradients] = valueAndGrad(lossOf)(all.map((one) => one.ref), input, y);
      const next = v.map((one, i) => one.mul(w.momentum).add(gradients[i]));
      return [loss, all.map((one, i) => one.sub(next[i].ref.mul(w.lr))), next];
    });
    return {
      async run() {
        const [loss, nextList, nextVelocity] = step(list, velocity, x.ref, target.ref);
        [list, velocity] = [nextList, nextVelocity];
        await loss.data();
      },
    };
  }

  function gradient(w, argnums) {
    const [x, k, dy] = [tensor([w.N, w.C, w.H, w.W]), tensor([w.K, w.C / w.groups, w.R, w.S], 2), tensor([w.N, w.K, w.P, w.Q], 3)];
    const run = jit((a, b, c) => grad((p, q, r) => np.sum(convolve(p, q, w.stride, w.pad, w.groups).mul(r)), { argnums })(a, b, c));
    return { run: () => done(run(x.ref, k.ref, dy.ref)) };
  }

  const KINDS = {
    gemm(w) {
      const [a, b] = [tensor([w.M, w.K]), tensor([w.K, w.N], 2)];
      const run = jit((p, q) => np.matmul(p, q));
      return { run: () => done(run(a.ref, b.ref)) };
    },
    conv(w) {
      const [x, k] = [tensor([w.N, w.C, w.H, w.W]), tensor([w.K, w.C / w.groups, w.R, w.S], 2)];
      const run = jit((p, q) => convolve(p, q, w.stride, w.pad, w.groups));
      return { run: () => done(run(x.ref, k.ref)) };
    },
    conv_grad_input: (w) => gradient(w, 0),
    conv_grad_weight: (w) => gradient(w, 1),
    maxpool(w) {
      const x = tensor([w.N, w.C, w.H, w.W]);
      const run = jit((p) => pool(p, { ...w, H: w.P }, w.H, (window) => np.max(window)));
      return { run: () => done(run(x.ref)) };
    },
    infer: (w, nets) => infer(w, nets[w.net]),
    train: (w, nets) => train(w, nets[w.net]),
  };

  return {
    version: '@jax-js/jax 0.1.25 wasm',
    prepare(workload, nets) {
      if (!KINDS[workload.kind]) throw new CannotDo(`no ${workload.kind}`);
      return KINDS[workload.kind](workload, nets);
    },
  };
}
