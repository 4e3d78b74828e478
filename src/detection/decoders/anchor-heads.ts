import type { Yolov4Output, Yolov5Output } from '../../models/manifest.js';
import { CandidateList, inclusiveThreshold, logitOf, sigmoid, type DecodeOptions } from '../candidates.js';
import { DecodeError } from '../decode-error.js';
import {
  describeDims,
  pickOutput,
  takePicture,
  type NamedView,
  type PictureView,
  type TensorView,
} from '../tensor-view.js';

/**
 * Turns one anchor's raw x, y, w, h into a box: writes centre x, centre y, width, height (input pixels) to `out`. Called for
 * candidates above the threshold only.
 */
export type AnchorFormula = (
  raw: Float64Array,
  cellX: number,
  cellY: number,
  stride: number,
  anchorWidth: number,
  anchorHeight: number,
  out: Float64Array,
) => void;

/** Where value `channel` of anchor `anchor` in cell `cell` stands: offset + cell·cellStep + anchor·anchorStep + channel·channelStep. */
interface HeadGeometry {
  gridWidth: number;
  cells: number;
  cellStep: number;
  anchorStep: number;
  channelStep: number;
}

/**
 * The part that all anchor-based YOLO heads share: one output per stride, per cell and anchor [x, y, w, h, objectness,
 * class scores…]; confidence = objectness · best class score.
 *
 * @throws DecodeError when an output is missing or its shape does not fit input size, anchors and labels.
 */
export function scanAnchorHeads(
  outputs: Record<string, TensorView>,
  output: Yolov5Output | Yolov4Output,
  options: DecodeOptions,
  formula: AnchorFormula,
): CandidateList {
  const { strides, anchors, labels, activated } = output;
  if (output.outputs.length !== strides.length || anchors.length !== strides.length) {
    throw new DecodeError(
      `Expected one output and one list of anchors per stride for decoder "${output.decoder}" but received ` +
        `${output.outputs.length} outputs and ${anchors.length} lists of anchors for ${strides.length} strides`,
    );
  }
  const candidates = new CandidateList(output.outputs.join('", "'));
  const channels = 5 + labels.length;
  const threshold = inclusiveThreshold(options.confidenceThreshold);
  // The confidence cannot exceed the objectness, so most anchors need one comparison and no exp.
  const objectnessLimit = activated ? threshold : logitOf(threshold);
  const raw = new Float64Array(4);
  const box = new Float64Array(4);

  for (let head = 0; head < strides.length; head++) {
    const stride = strides[head]!;
    const sizes = anchors[head]!;
    const view = pickOutput(outputs, output.outputs[head]);
    const { picture, geometry } = headGeometry(view, output.layout, sizes.length, channels, stride, options);
    const { data, offset } = picture;
    const { cells, gridWidth, cellStep, anchorStep, channelStep } = geometry;

    for (let cell = 0; cell < cells; cell++) {
      for (let anchor = 0; anchor < sizes.length; anchor++) {
        const at = offset + cell * cellStep + anchor * anchorStep;
        const objectness = data[at + 4 * channelStep]!;
        if (!(objectness >= objectnessLimit)) continue;

        let classId = 0;
        let best = -Infinity;
        let finite = Number.isFinite(objectness);
        for (let index = 0; index < labels.length; index++) {
          const value = data[at + (5 + index) * channelStep]!;
          if (!Number.isFinite(value)) finite = false;
          if (value > best) {
            best = value;
            classId = index;
          }
        }
        for (let index = 0; index < 4; index++) {
          raw[index] = data[at + index * channelStep]!;
          if (!Number.isFinite(raw[index]!)) finite = false;
        }
        if (!finite) continue;
        const score = activated ? objectness * best : sigmoid(objectness) * sigmoid(best);
        if (score < threshold) continue;

        const [width, height] = sizes[anchor]!;
        formula(raw, cell % gridWidth, Math.floor(cell / gridWidth), stride, width, height, box);
        const x = box[0]!;
        const y = box[1]!;
        const halfWidth = box[2]! / 2;
        const halfHeight = box[3]! / 2;
        candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId);
      }
    }
  }
  return candidates;
}

function headGeometry(
  view: NamedView,
  layout: 'NHWC' | 'NCHW',
  anchorCount: number,
  channels: number,
  stride: number,
  options: DecodeOptions,
): { picture: PictureView; geometry: HeadGeometry } {
  const gridWidth = Math.ceil(options.inputWidth / stride);
  const gridHeight = Math.ceil(options.inputHeight / stride);
  const cells = gridWidth * gridHeight;
  const all = anchorCount * channels;
  const split = view.dims.length === 5;
  const wanted = split
    ? [anchorCount, gridHeight, gridWidth, channels]
    : layout === 'NHWC'
      ? [gridHeight, gridWidth, all]
      : [all, gridHeight, gridWidth];
  const expected = describeDims(['N', ...wanted]);
  const picture = takePicture(view, wanted.length, options.batchIndex, expected);
  if (wanted.some((dim, axis) => dim !== picture.dims[axis])) {
    throw new DecodeError(
      `Expected dims ${expected} (stride ${stride}, ${anchorCount} anchors of 5 + ${channels - 5} values, ${layout}) ` +
        `for output "${view.name}" but received ${describeDims(view.dims)}`,
    );
  }
  const steps = split
    ? { cellStep: channels, anchorStep: cells * channels, channelStep: 1 }
    : layout === 'NHWC'
      ? { cellStep: all, anchorStep: channels, channelStep: 1 }
      : { cellStep: 1, anchorStep: channels * cells, channelStep: cells };
  return { picture, geometry: { gridWidth, cells, ...steps } };
}
