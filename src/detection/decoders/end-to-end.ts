import type { EndToEndOutput } from '../../models/manifest.js';
import { CandidateList, inclusiveThreshold, type DecodeOptions } from '../candidates.js';
import { DecodeError } from '../decode-error.js';
import { describeDims, pickOutput, takePicture, type PictureView, type TensorView } from '../tensor-view.js';

const REQUIRED = ['x1', 'y1', 'x2', 'y2', 'confidence'] as const;

/**
 * Networks that carry their suppression: one finished detection per row, columns as the manifest names them. [N, rows,
 * columns], or [rows, columns] for all pictures together, told apart by a `batch` column. Rows of padding (confidence 0,
 * class −1, no area) are left out.
 *
 * @throws DecodeError when the output is missing, has another shape, or a needed column is not named.
 */
export function decodeEndToEnd(
  outputs: Record<string, TensorView>,
  output: EndToEndOutput,
  options: DecodeOptions,
): CandidateList {
  const { columns } = output;
  for (const column of REQUIRED) {
    if (!columns.includes(column)) {
      throw new DecodeError(`Expected a column "${column}" for output.columns but received ${columns.join(', ')}`);
    }
  }
  const { name, dims, data, offset, batch } = openRows(outputs, output, options.batchIndex);
  const rows = dims[0]!;
  const width = columns.length;
  const classColumn = columns.indexOf('class');
  const [x1, y1, x2, y2, confidence] = REQUIRED.map((column) => columns.indexOf(column)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const scaleX = output.units === 'normalised' ? options.inputWidth : 1;
  const scaleY = output.units === 'normalised' ? options.inputHeight : 1;
  const threshold = inclusiveThreshold(options.confidenceThreshold);

  const candidates = new CandidateList(name);
  for (let row = 0, at = offset; row < rows; row++, at += width) {
    const score = data[at + confidence]!;
    if (!(score >= threshold) || score === Infinity) continue;
    if (batch >= 0 && Math.round(data[at + batch]!) !== options.batchIndex) continue;
    const classId = classColumn < 0 ? 0 : Math.round(data[at + classColumn]!);
    if (!(classId >= 0 && classId < output.labels.length)) continue;
    candidates.add(
      data[at + x1]! * scaleX,
      data[at + y1]! * scaleY,
      data[at + x2]! * scaleX,
      data[at + y2]! * scaleY,
      score,
      classId,
    );
  }
  return candidates;
}

/** The rows to look at; `batch` is the column that tells the pictures apart, −1 when the batch axis does. */
function openRows(
  outputs: Record<string, TensorView>,
  output: EndToEndOutput,
  batchIndex: number,
): PictureView & { batch: number } {
  const { columns } = output;
  const view = pickOutput(outputs, output.output);
  const together = columns.includes('batch') && view.dims.length === 2;
  const expected = describeDims(columns.includes('batch') ? ['rows', columns.length] : ['N', 'rows', columns.length]);
  const picture = takePicture(view, 2, together ? 0 : batchIndex, expected);
  if (picture.dims[1] !== columns.length) {
    throw new DecodeError(
      `Expected dims ${expected} (${columns.join(', ')}) for output "${view.name}" but received ${describeDims(view.dims)}`,
    );
  }
  return { ...picture, batch: together ? columns.indexOf('batch') : -1 };
}
