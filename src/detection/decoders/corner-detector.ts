import type { CornerDetectorOutput } from '../../models/manifest.js';
import { CandidateList, inclusiveThreshold, type DecodeOptions } from '../candidates.js';
import { DecodeError } from '../decode-error.js';
import { describeDims, pickOutput, takePicture, type TensorView } from '../tensor-view.js';

/**
 * Plateflow's own detectors. Output [N, A, 5] or, with corners, [N, A, 13]: score (0..1), x1, y1, x2, y2 and the corners TL,
 * TR, BR, BL as x, y, all in input pixels. The candidates' boxes are the row's own, for suppression: the label style of some
 * training sources makes them looser than the corners, whose hull is the box in the end (see decode.ts).
 *
 * @throws DecodeError when the output is missing or has another shape.
 */
export function decodeCornerDetector(
  outputs: Record<string, TensorView>,
  output: CornerDetectorOutput,
  options: DecodeOptions,
): CandidateList {
  const columns = output.corners ? 13 : 5;
  const view = pickOutput(outputs, output.output);
  const expected = describeDims(['N', 'anchors', columns]);
  const { name, dims, data, offset } = takePicture(view, 2, options.batchIndex, expected);
  const rows = dims[0]!;
  if (dims[1] !== columns) {
    throw new DecodeError(
      `Expected dims ${expected} (corners: ${output.corners}) for output "${name}" but received ${describeDims(view.dims)}`,
    );
  }

  const candidates = new CandidateList(name);
  const threshold = inclusiveThreshold(options.confidenceThreshold);
  for (let row = 0, at = offset; row < rows; row++, at += columns) {
    const score = data[at]!;
    if (!(score >= threshold) || score === Infinity) continue;
    if (output.corners && !usableCorners(data, at + 5)) continue;
    const taken = candidates.add(data[at + 1]!, data[at + 2]!, data[at + 3]!, data[at + 4]!, score, 0);
    if (taken && output.corners) {
      for (let column = 5; column < 13; column++) candidates.corners.push(data[at + column]!);
    }
  }
  return candidates;
}

/** Four finite points whose hull has an area. */
function usableCorners(data: ArrayLike<number>, at: number): boolean {
  let x1 = Infinity;
  let y1 = Infinity;
  let x2 = -Infinity;
  let y2 = -Infinity;
  for (let corner = 0; corner < 8; corner += 2) {
    const x = data[at + corner]!;
    const y = data[at + corner + 1]!;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
    x1 = Math.min(x1, x);
    y1 = Math.min(y1, y);
    x2 = Math.max(x2, x);
    y2 = Math.max(y2, y);
  }
  return x2 > x1 && y2 > y1;
}
