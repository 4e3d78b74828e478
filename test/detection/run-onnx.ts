import type { TensorView } from '../../src/detection/tensor-view.js';

interface OnnxRuntime {
  InferenceSession: {
    create(model: Uint8Array | string): Promise<{ run(feeds: object): Promise<Outputs>; inputNames: string[] }>;
  };
  Tensor: new (type: string, data: unknown, dims: readonly number[]) => unknown;
}
type Outputs = Record<string, TensorView>;

/** Runs a graph once with ONNX Runtime, whichever build this machine has. */
export async function runOnnx(
  model: Uint8Array | string,
  feeds: Record<string, { type: 'float32' | 'uint8'; dims: number[]; data: Float32Array | Uint8Array }>,
): Promise<Outputs> {
  const runtime = loadRuntime();
  const session = await runtime.InferenceSession.create(model);
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [name, new runtime.Tensor(feed.type, feed.data, feed.dims)]),
  );
  return await session.run(tensors);
}

function loadRuntime(): OnnxRuntime {
  try {
    return require('onnxruntime-node') as OnnxRuntime;
  } catch {
    const web = require('onnxruntime-web') as OnnxRuntime & { env: { wasm: { numThreads: number } } };
    web.env.wasm.numThreads = 1;
    return web;
  }
}
