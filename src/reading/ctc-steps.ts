import { DecodeError } from '../detection/decode-error.js';
import { describeDims, pickOutput, type TensorView } from '../detection/tensor-view.js';
import type { CtcOutput } from '../models/manifest.js';

/** What a CTC network says of one picture: per time step the natural logarithm of each class's probability. */
export interface CtcSteps {
  steps: number;
  classes: number;
  blank: number;
  /** Row-major [steps, classes]; every row's probabilities sum to 1. */
  logProbabilities: Float64Array;
}

/** The probability that an impossible class gets: small enough never to matter, large enough for its logarithm. */
const FLOOR = 1e-30;

/** Where value [r, t, c] stands: offset + r·rowStep + t·stepStep + c·classStep. */
interface StepGeometry {
  offset: number;
  rows: number;
  steps: number;
  rowStep: number;
  stepStep: number;
  classStep: number;
}

/**
 * Opens a CTC output, one picture of the batch. Shapes, with layout NTC: [N, T, C], [N, R, T, C] and [T, C]; with NCT: [N, C, T],
 * [N, C, R, T] (LPRNet's graph before its last mean: 1x11x5x19), [N, R, C, T] and [C, T]. The R rows of a feature map are
 * averaged before the softmax, logits as logits, which is what TAPPAS does with LPRNet's 5x19x11.
 *
 * @param batchSize pictures in the batch. With 1, a rank 3 output whose first axis is longer is read as [R, T, C] of one
 *   picture, as the HEF gives it; left out, rank 3 always begins with the batch.
 * @returns a step holding a number that is not finite is read as a sure blank.
 * @throws DecodeError when the shape does not fit the alphabet or `probabilities` is promised and something else comes.
 */
export function openCtc(
  outputs: Record<string, TensorView>,
  output: CtcOutput,
  batchIndex: number,
  batchSize?: number | undefined,
): CtcSteps {
  const classes = output.alphabet.length + 1;
  if (!Number.isInteger(output.blank) || output.blank < 0 || output.blank >= classes) {
    throw new DecodeError(`Expected a class from 0 to ${classes - 1} for output.blank but received ${output.blank}`);
  }
  const view = pickOutput(outputs, output.output);
  const at = locateSteps(view.name, view.dims, output.layout ?? 'NTC', classes, batchIndex, batchSize);
  const logProbabilities = new Float64Array(at.steps * classes);
  const row = new Float64Array(classes);
  for (let step = 0; step < at.steps; step++) {
    row.fill(0);
    for (let r = 0; r < at.rows; r++) {
      const from = at.offset + r * at.rowStep + step * at.stepStep;
      for (let index = 0; index < classes; index++) row[index]! += view.data[from + index * at.classStep]! / at.rows;
    }
    if (output.probabilities === true) checkProbabilities(row, view.name);
    writeLogProbabilities(row, output.probabilities === true, output.blank, logProbabilities, step * classes);
  }
  return { steps: at.steps, classes, blank: output.blank, logProbabilities };
}

function checkProbabilities(row: Float64Array, name: string): void {
  for (const value of row) {
    if (Number.isFinite(value) && (value < -0.05 || value > 1.05)) {
      throw new DecodeError(
        `Expected probabilities from 0 to 1 for output "${name}" (probabilities: true) but received ${value}`,
      );
    }
  }
}

/** Softmax of logits, or probabilities made to sum to 1 (quantised ones do not quite), as logarithms. */
export function writeLogProbabilities(
  row: Float64Array,
  probabilities: boolean,
  fallback: number,
  target: Float64Array,
  at: number,
): void {
  let highest = -Infinity;
  let finite = true;
  for (let index = 0; index < row.length; index++) {
    const value = row[index]!;
    if (!Number.isFinite(value)) finite = false;
    if (value > highest) highest = value;
  }
  let total = 0;
  for (let index = 0; index < row.length; index++) {
    const value = probabilities ? Math.max(row[index]!, FLOOR) : Math.exp(row[index]! - highest);
    total += value;
  }
  if (!finite) {
    target.fill(Math.log(FLOOR), at, at + row.length);
    target[at + fallback] = 0;
    return;
  }
  const logTotal = Math.log(total);
  for (let index = 0; index < row.length; index++) {
    const value = probabilities ? Math.log(Math.max(row[index]!, FLOOR)) : row[index]! - highest;
    target[at + index] = value - logTotal;
  }
}

function locateSteps(
  name: string,
  dims: readonly number[],
  layout: 'NTC' | 'NCT',
  classes: number,
  batchIndex: number,
  batchSize: number | undefined,
): StepGeometry {
  const axes = nameAxes(dims, layout, classes, batchSize);
  if (axes === undefined) {
    const shapes = layout === 'NTC' ? ['N, T, C', 'N, R, T, C', 'T, C'] : ['N, C, T', 'N, C, R, T', 'C, T'];
    const expected = shapes.map((shape) => describeDims([shape.replace('C', String(classes))])).join(' or ');
    throw new DecodeError(
      `Expected dims ${expected} (${classes - 1} characters and the blank, ${layout}) for output "${name}" but received ${describeDims(dims)}`,
    );
  }
  const size = (axis: string): number => (axes.includes(axis) ? dims[axes.indexOf(axis)]! : 1);
  const step = (axis: string): number => {
    const index = axes.indexOf(axis);
    return index < 0 ? 0 : dims.slice(index + 1).reduce((product, dim) => product * dim, 1);
  };
  if (!Number.isInteger(batchIndex) || batchIndex < 0 || batchIndex >= size('N')) {
    throw new DecodeError(
      `Expected a picture index from 0 to ${size('N') - 1} for output "${name}" of dims ${describeDims(dims)} but received ${batchIndex}`,
    );
  }
  return {
    offset: batchIndex * step('N'),
    rows: size('R'),
    steps: size('T'),
    rowStep: step('R'),
    stepStep: step('T'),
    classStep: step('C'),
  };
}

/** A letter per axis: N picture, R row of the feature map, T time, C class; undefined when no reading of the shape fits. */
function nameAxes(
  dims: readonly number[],
  layout: 'NTC' | 'NCT',
  classes: number,
  batchSize: number | undefined,
): string | undefined {
  const noBatch = batchSize === 1 && dims.length === 3 && dims[0] !== 1;
  const readings =
    layout === 'NTC'
      ? [noBatch ? 'RTC' : 'NTC', 'NRTC', 'TC']
      : noBatch
        ? ['CRT', 'RCT', 'NCRT', 'NRCT', 'CT']
        : ['NCT', 'NCRT', 'NRCT', 'CT'];
  return readings.find((axes) => axes.length === dims.length && dims[axes.indexOf('C')] === classes);
}
