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
 * Turns one anchor's raw x, y, w, h into a box: writes centre x, centre y, width, height (pixels of the grid's size) to `out`. Called for
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
  const named = output.outputs;
  if ((named !== undefined && named.length !== strides.length) || anchors.length !== strides.length) {
    throw new DecodeError(
      `Expected one output and one list of anchors per stride for decoder "${output.decoder}" but received ` +
        `${named?.length ?? 'no'} outputs and ${anchors.length} lists of anchors for ${strides.length} strides`,
    );
  }
  const candidates = new CandidateList((named ?? Object.keys(outputs)).join('", "'));
  const channels = 5 + labels.length;
  const threshold = inclusiveThreshold(options.confidenceThreshold);
  // The confidence cannot exceed the objectness, so most anchors need one comparison and no exp.
  const objectnessLimit = activated ? threshold : logitOf(threshold);
  const raw = new Float64Array(4);
  const box = new Float64Array(4);
  const { width: gridWide, height: gridHigh } = output.gridSize ?? {
    width: options.inputWidth,
    height: options.inputHeight,
  };
  const scaleX = options.inputWidth / gridWide;
  const scaleY = options.inputHeight / gridHigh;

  for (let head = 0; head < strides.length; head++) {
    const stride = strides[head]!;
    const sizes = anchors[head]!;
    const grid = { gridWidth: Math.ceil(gridWide / stride), gridHeight: Math.ceil(gridHigh / stride) };
    const shape = { layout: output.layout, anchorCount: sizes.length, channels, stride, ...grid };
    const view = named === undefined ? findHead(outputs, shape) : pickOutput(outputs, named[head]);
    const { picture, geometry } = headGeometry(view, shape, options);
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
        const x = box[0]! * scaleX;
        const y = box[1]! * scaleY;
        const halfWidth = (box[2]! / 2) * scaleX;
        const halfHeight = (box[3]! / 2) * scaleY;
        candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId);
      }
    }
  }
  return candidates;
}

/** What a head's output must look like. */
interface HeadShape {
  layout: 'NHWC' | 'NCHW';
  anchorCount: number;
  channels: number;
  stride: number;
  gridWidth: number;
  gridHeight: number;
}

/** The axes without the batch. */
function headDims(shape: HeadShape, split: boolean): number[] {
  const { layout, anchorCount, channels, gridWidth, gridHeight } = shape;
  if (split) return [anchorCount, gridHeight, gridWidth, channels];
  const all = anchorCount * channels;
  return layout === 'NHWC' ? [gridHeight, gridWidth, all] : [all, gridHeight, gridWidth];
}

/** Five axes: the anchors have one of their own. */
function isSplit({ dims }: TensorView): boolean {
  return dims.length === 5;
}

function fits(view: TensorView, shape: HeadShape): boolean {
  const wanted = headDims(shape, isSplit(view));
  const extra = view.dims.length - wanted.length;
  return (extra === 0 || extra === 1) && wanted.every((dim, axis) => dim === view.dims[axis + extra]);
}

function wantedHead(shape: HeadShape, split: boolean): string {
  const { stride, anchorCount, channels, layout } = shape;
  const dims = describeDims(['N', ...headDims(shape, split)]);
  return `dims ${dims} (stride ${stride}, ${anchorCount} anchors of 5 + ${channels - 5} values, ${layout})`;
}

/** The only output of the head's shape, whatever its name: compilers and retraining name layers as they please. */
function findHead(outputs: Record<string, TensorView>, shape: HeadShape): NamedView {
  const names = Object.keys(outputs).filter((name) => fits(outputs[name]!, shape));
  if (names.length === 1) return pickOutput(outputs, names[0]);
  const seen = Object.entries(outputs).map(([name, { dims }]) => `"${name}" ${describeDims(dims)}`);
  throw new DecodeError(
    `Expected one output with ${wantedHead(shape, false)} but received ${seen.length === 0 ? 'none' : seen.join(', ')}`,
  );
}

function headGeometry(
  view: NamedView,
  shape: HeadShape,
  options: DecodeOptions,
): { picture: PictureView; geometry: HeadGeometry } {
  const { layout, anchorCount, channels, gridWidth, gridHeight } = shape;
  const cells = gridWidth * gridHeight;
  const all = anchorCount * channels;
  const split = isSplit(view);
  const wanted = headDims(shape, split);
  const picture = takePicture(view, wanted.length, options.batchIndex, describeDims(['N', ...wanted]));
  if (wanted.some((dim, axis) => dim !== picture.dims[axis])) {
    throw new DecodeError(
      `Expected ${wantedHead(shape, split)} for output "${view.name}" but received ${describeDims(view.dims)}`,
    );
  }
  const steps = split
    ? { cellStep: channels, anchorStep: cells * channels, channelStep: 1 }
    : layout === 'NHWC'
      ? { cellStep: all, anchorStep: channels, channelStep: 1 }
      : { cellStep: 1, anchorStep: channels * cells, channelStep: cells };
  return { picture, geometry: { gridWidth, cells, ...steps } };
}
