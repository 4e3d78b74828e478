import type { HailoNmsOutput } from '../../models/manifest.js';
import { CandidateList, inclusiveThreshold, type DecodeOptions } from '../candidates.js';
import { DecodeError } from '../decode-error.js';
import { describeDims, pickOutput, takePicture, type TensorView } from '../tensor-view.js';

/** y1, x1, y2, x2, score. */
const RECORD = 5;

/**
 * HailoRT's NMS by class (hailort-c-api §7; format orders 9 and 22 alike): [classes, 1 + 5 · most per class] numbers, in which the
 * classes stand back to back. A class is its count and that many records [y1, x1, y2, x2, score], 0..1 of the network's input; the
 * next class begins right after the last record. What follows the last class is left over from earlier frames and is never read.
 *
 * @throws DecodeError when the output is missing, does not have a class per label, or a count is no whole number from 0 to the
 *   most per class: the output is then something else, and none of its numbers can be trusted.
 */
export function decodeHailoNms(
  outputs: Record<string, TensorView>,
  output: HailoNmsOutput,
  options: DecodeOptions,
): CandidateList {
  const { labels } = output;
  const view = pickOutput(outputs, output.output);
  const expected = describeDims([labels.length, '1 + 5 · most per class']);
  const { name, dims, data, offset } = takePicture(view, 2, options.batchIndex, expected);
  const [classes, perClass] = dims as [number, number];
  if (classes !== labels.length) {
    throw new DecodeError(
      `Expected ${labels.length} classes, one per label (${shortList(labels)}), for output "${name}" but received ${classes} (dims ${describeDims(view.dims)})`,
    );
  }
  const mostPerClass = (perClass - 1) / RECORD;
  if (!Number.isInteger(mostPerClass) || mostPerClass < 0) {
    throw new DecodeError(`Expected dims ${expected} for output "${name}" but received ${describeDims(view.dims)}`);
  }

  const candidates = new CandidateList(name);
  const threshold = inclusiveThreshold(options.confidenceThreshold);
  const { inputWidth, inputHeight } = options;
  // No walk of allowed counts is longer than the output: each class takes 1 + 5 · most at most.
  let at = offset;
  for (let classId = 0; classId < classes; classId++) {
    const count = data[at++]!;
    if (!Number.isInteger(count) || count < 0 || count > mostPerClass) {
      throw new DecodeError(
        `Expected a whole number from 0 to ${mostPerClass} for the count of class ${classId} ("${labels[classId]}") in output "${name}" but received ${count}`,
      );
    }
    for (const last = at + count * RECORD; at < last; at += RECORD) {
      const score = data[at + 4]!;
      if (!(score >= threshold) || score === Infinity) continue;
      candidates.add(
        data[at + 1]! * inputWidth,
        data[at]! * inputHeight,
        data[at + 3]! * inputWidth,
        data[at + 2]! * inputHeight,
        score,
        classId,
      );
    }
  }
  return candidates;
}

function shortList(labels: readonly string[]): string {
  return labels.length <= 4 ? labels.join(', ') : `${labels.slice(0, 3).join(', ')} … ${labels.at(-1)}`;
}
