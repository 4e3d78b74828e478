import { DecodeError } from './decode-error.js';

/**
 * One output of a network as its decoder sees it: row-major numbers and their shape. An onnxruntime tensor fits (its `data`
 * is a Float32Array), and so does a dequantised HailoRT buffer.
 */
export interface TensorView {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

/** An output together with the name it has in the graph, so that errors can say which one they mean. */
export interface NamedView extends TensorView {
  readonly name: string;
}

/** One picture's part of a batched output: the shape without the batch axis and where its numbers begin. */
export interface PictureView {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
  readonly offset: number;
}

/** `[1, 8400, 84]`: how shapes are written in errors. */
export function describeDims(dims: readonly (number | string)[]): string {
  return `[${dims.join(', ')}]`;
}

/**
 * Finds an output by name, or the first one when the manifest names none, and checks that it holds as many numbers as its
 * shape promises.
 *
 * @throws DecodeError when there is no such output or its data is too short for its dims.
 */
export function pickOutput(outputs: Record<string, TensorView>, name: string | undefined): NamedView {
  const names = Object.keys(outputs);
  const chosen = name ?? names[0];
  const view = chosen === undefined ? undefined : outputs[chosen];
  if (chosen === undefined || view === undefined) {
    const wanted = name === undefined ? 'at least one output' : `an output named "${name}"`;
    const seen = names.length === 0 ? 'none' : names.map((other) => `"${other}"`).join(', ');
    throw new DecodeError(`Expected ${wanted} for the network's outputs but received ${seen}`);
  }
  const length = view.dims.reduce((product, dim) => product * dim, 1);
  if (view.data.length !== length) {
    throw new DecodeError(
      `Expected ${length} numbers for output "${chosen}" of dims ${describeDims(view.dims)} but received ${view.data.length}`,
    );
  }
  return { name: chosen, dims: view.dims, data: view.data };
}

/**
 * Takes one picture out of a batch. `rank` is the number of axes without the batch; an output of exactly that many axes is
 * taken as one picture whose batch axis was left away (accelerators do that).
 *
 * @param expected how the shape should look, for the error.
 * @throws DecodeError when the rank is another one or the batch has no picture of that index.
 */
export function takePicture(view: NamedView, rank: number, batchIndex: number, expected: string): PictureView {
  const { name, dims, data } = view;
  const batched = dims.length === rank + 1;
  if (!batched && dims.length !== rank) {
    throw new DecodeError(`Expected dims ${expected} for output "${name}" but received ${describeDims(dims)}`);
  }
  const pictures = batched ? (dims[0] ?? 0) : 1;
  if (!Number.isInteger(batchIndex) || batchIndex < 0 || batchIndex >= pictures) {
    throw new DecodeError(
      `Expected a picture index from 0 to ${pictures - 1} for output "${name}" of dims ${describeDims(dims)} but received ${batchIndex}`,
    );
  }
  const inner = batched ? dims.slice(1) : dims;
  const size = inner.reduce((product, dim) => product * dim, 1);
  return { name, dims: inner, data, offset: batched ? batchIndex * size : 0 };
}
