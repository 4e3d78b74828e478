import { readFile } from 'node:fs/promises';
import type * as ort from 'onnxruntime-web';
import type { Manifest } from '../../models/manifest.js';
import { ModelError } from '../../models/errors.js';
import { checkGraph, type GraphInput } from './check-graph.js';
import type { Size } from '../request/input-size.js';
import type { NetworkSpec } from './protocol.js';
import type { Runtime } from './runtime.js';

export type Outputs = Record<string, { dims: readonly number[]; data: Float32Array }>;

/** One network in this thread, with the memory of its input. */
export class CpuSession {
  /** Grows to the largest batch seen and stays: no allocation per frame. */
  private memory: Uint8Array | Float32Array = new Uint8Array(0);

  private constructor(
    readonly manifest: Manifest,
    private readonly runtime: Runtime,
    private readonly session: ort.InferenceSession,
    private readonly input: GraphInput,
  ) {}

  /** @throws ModelError when the file is no network, or not the one the manifest describes */
  static async open({ manifest, file }: NetworkSpec, runtime: Runtime): Promise<CpuSession> {
    let session: ort.InferenceSession;
    try {
      session =
        runtime.kind === 'native'
          ? await runtime.ort.InferenceSession.create(file, runtime.sessionOptions)
          : await runtime.ort.InferenceSession.create(await readFile(file), runtime.sessionOptions);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelError(
        `Expected a network that ONNX Runtime ${runtime.version} (${runtime.kind}) opens for model ${manifest.name} ` +
          `(${file}) but received: ${reason}`,
        { cause: error },
      );
    }
    try {
      return new CpuSession(manifest, runtime, session, checkGraph(manifest, session));
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** Whether one run may take several pictures. */
  get batch(): boolean {
    return this.input.batch;
  }

  /** Memory for `count` pictures of the network's input; what was in it is gone. */
  inputTensor(count: number, size: Size): Uint8Array | Float32Array {
    const length = count * size.width * size.height * 3;
    if (this.memory.length < length || this.memory.constructor !== this.arrayType) {
      this.memory = new this.arrayType(length);
    }
    return this.memory.subarray(0, length);
  }

  /**
   * Runs the network on `tensor`, as made by `inputTensor`.
   * @returns its outputs as float32, whatever type the graph gives
   * @throws ModelError when the graph refuses its input or breaks off
   */
  async run(tensor: Uint8Array | Float32Array, count: number, size: Size): Promise<Outputs> {
    const { layout, type } = this.manifest.input;
    const dims = layout === 'NHWC' ? [count, size.height, size.width, 3] : [count, 3, size.height, size.width];
    const { Tensor } = this.runtime.ort;
    const input =
      type === 'uint8'
        ? new Tensor('uint8', tensor as Uint8Array, dims)
        : new Tensor('float32', tensor as Float32Array, dims);
    let raw: ort.InferenceSession.OnnxValueMapType;
    try {
      raw = await this.session.run({ [this.input.name]: input });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelError(
        `Expected model ${this.manifest.name} to run on [${dims.join(', ')}] but received: ${reason}`,
        {
          cause: error,
        },
      );
    }
    const outputs: Outputs = {};
    for (const [name, value] of Object.entries(raw)) {
      const { dims: shape, data } = value as ort.Tensor;
      outputs[name] = { dims: shape, data: toFloat32(data) };
    }
    return outputs;
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private get arrayType(): Uint8ArrayConstructor | Float32ArrayConstructor {
    return this.manifest.input.type === 'uint8' ? Uint8Array : Float32Array;
  }
}

function toFloat32(data: ort.Tensor.DataType): Float32Array {
  if (data instanceof Float32Array) return data;
  return Float32Array.from(data as ArrayLike<number | bigint | string>, Number);
}
