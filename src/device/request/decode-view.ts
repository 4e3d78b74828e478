import { decodeDetections } from '../../detection/decode.js';
import type { TensorView } from '../../detection/tensor-view.js';
import type { ViewTransform } from '../../image/transform.js';
import type { Manifest } from '../../models/manifest.js';
import { decodeReading } from '../../reading/decode.js';
import type { RunOptions, ViewResult } from '../device.js';
import { detectionsInFrame } from './frame-detections.js';
import type { Size } from './input-size.js';

/** A network's outputs by their names in the graph. */
export type Outputs = Record<string, TensorView>;

const DEFAULT_CONFIDENCE = 0.25;
const DEFAULT_IOU = 0.5;
const DEFAULT_MAX_DETECTIONS = 300;

/** Which picture of a run, and how it got into the input. */
export interface RunPicture {
  index: number;
  count: number;
  transform: ViewTransform;
}

/**
 * What the manifest's decoder makes of one picture of a run; detections in frame pixels. Thresholds: the request's, else the
 * manifest's, else 0.25, IoU 0.5 and 300 detections.
 *
 * @param outputs the network's, by name; a whole batch
 * @param size of the network's input, pixels
 * @throws DecodeError when the outputs are not what the manifest says
 */
export function decodeView(
  { output, thresholds }: Pick<Manifest, 'output' | 'thresholds'>,
  outputs: Outputs,
  { index, count, transform }: RunPicture,
  frame: Size,
  size: Size,
  options: RunOptions,
): ViewResult {
  if (output.decoder === 'tensors') return { kind: 'tensors', tensors: plainTensors(outputs) };
  const where = { batchIndex: index, batchSize: count, inputWidth: size.width, inputHeight: size.height };
  const confidenceThreshold = options.confidenceThreshold ?? thresholds?.confidence;
  const iouThreshold = options.iouThreshold ?? thresholds?.iou;
  if (output.decoder === 'ctc' || output.decoder === 'slots' || output.decoder === 'character-boxes') {
    const { beamWidth, maxCandidates } = options;
    const reading = decodeReading(outputs, output, {
      ...where,
      beamWidth,
      maxCandidates,
      confidenceThreshold,
      iouThreshold,
    });
    return { kind: 'reading', reading };
  }
  const found = decodeDetections(outputs, output, {
    ...where,
    confidenceThreshold: confidenceThreshold ?? DEFAULT_CONFIDENCE,
    iouThreshold: iouThreshold ?? DEFAULT_IOU,
    maxDetections: options.maxDetections ?? thresholds?.maxDetections ?? DEFAULT_MAX_DETECTIONS,
  });
  return { kind: 'detections', detections: detectionsInFrame(found, transform, frame) };
}

function plainTensors(outputs: Outputs): Record<string, { dims: number[]; data: number[] }> {
  const tensors: Record<string, { dims: number[]; data: number[] }> = {};
  for (const [name, { dims, data }] of Object.entries(outputs)) {
    tensors[name] = { dims: [...dims], data: Array.from(data) };
  }
  return tensors;
}
