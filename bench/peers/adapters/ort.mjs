// ONNX Runtime, either package: one model per workload; inputs and outputs are copied at every run, as its interface has it.
import { numbers } from '../numbers.mjs';
import { modelOf } from '../onnx.mjs';

export function adapterOf(ort, version, options) {
  return {
    version,
    async prepare(workload, nets) {
      const { inputs, bytes } = modelOf(workload, nets);
      const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'all', logSeverityLevel: 3, ...options });
      const tensors = inputs.map(([name, shape], i) => [name, new ort.Tensor('float32', numbers(shape.reduce((a, b) => a * b, 1), i + 3), shape)]);
      const feeds = Object.fromEntries(tensors);
      return { run: () => session.run(feeds), dispose: () => session.release() };
    },
  };
}
