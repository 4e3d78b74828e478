import type { Yolov8Output } from '../../models/manifest.js';
import { CandidateList, inclusiveThreshold, type DecodeOptions } from '../candidates.js';
import { DecodeError } from '../decode-error.js';
import { describeDims, pickOutput, takePicture, type TensorView } from '../tensor-view.js';

/**
 * YOLOv8-style output (v8, v9, v11): centre x, centre y, width, height in input pixels, then one activated score per class;
 * there is no objectness. [N, 4+c, A] (`channels-first`, as exported) or [N, A, 4+c].
 *
 * @throws DecodeError when the output is missing or has another shape.
 */
export function decodeYolov8(
  outputs: Record<string, TensorView>,
  output: Yolov8Output,
  options: DecodeOptions,
): CandidateList {
  const classes = output.labels.length;
  const channels = 4 + classes;
  const first = output.layout === 'channels-first';
  const view = pickOutput(outputs, output.output);
  const expected = describeDims(first ? ['N', channels, 'anchors'] : ['N', 'anchors', channels]);
  const { name, dims, data, offset } = takePicture(view, 2, options.batchIndex, expected);
  const rows = dims[first ? 1 : 0]!;
  if (dims[first ? 0 : 1] !== channels) {
    const turned = rows === channels ? '; the layout looks like the other one' : '';
    throw new DecodeError(
      `Expected dims ${expected} (4 + ${classes} labels, ${output.layout}) for output "${name}" but received ${describeDims(view.dims)}${turned}`,
    );
  }

  const rowStep = first ? 1 : channels;
  const channelStep = first ? rows : 1;
  const threshold = inclusiveThreshold(options.confidenceThreshold);
  const best = new Float64Array(rows).fill(-Infinity);
  const bestClass = new Int32Array(rows);
  if (first) {
    // Class by class, in the order of memory: several times faster than jumping from class to class per anchor.
    for (let index = 0; index < classes; index++) {
      const from = offset + (4 + index) * rows;
      for (let row = 0; row < rows; row++) {
        const score = data[from + row]!;
        if (score > best[row]!) {
          best[row] = score;
          bestClass[row] = index;
        }
      }
    }
  } else {
    for (let row = 0; row < rows; row++) {
      const from = offset + row * channels + 4;
      for (let index = 0; index < classes; index++) {
        const score = data[from + index]!;
        if (score > best[row]!) {
          best[row] = score;
          bestClass[row] = index;
        }
      }
    }
  }

  const candidates = new CandidateList(name);
  for (let row = 0; row < rows; row++) {
    const score = best[row]!;
    if (!(score >= threshold)) continue;
    const at = offset + row * rowStep;
    if (!finiteRow(data, at, channels, channelStep)) continue;
    const x = data[at]!;
    const y = data[at + channelStep]!;
    const halfWidth = data[at + 2 * channelStep]! / 2;
    const halfHeight = data[at + 3 * channelStep]! / 2;
    candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, bestClass[row]!);
  }
  return candidates;
}

function finiteRow(data: ArrayLike<number>, at: number, channels: number, step: number): boolean {
  for (let channel = 0; channel < channels; channel++) {
    if (!Number.isFinite(data[at + channel * step]!)) return false;
  }
  return true;
}
