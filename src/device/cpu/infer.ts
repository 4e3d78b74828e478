import { decodeDetections } from '../../detection/decode.js';
import type { Manifest } from '../../models/manifest.js';
import { fillTensor } from '../../image/tensor.js';
import type { ViewTransform } from '../../image/transform.js';
import { decodeReading } from '../../reading/decode.js';
import type { RunOptions, View, ViewResult } from '../device.js';
import { detectionsInFrame } from './frame-detections.js';
import { inputSize, type Size } from './input-size.js';
import type { SharedPicture } from './protocol.js';
import type { CpuSession, Outputs } from './session.js';

/**
 * Pixels and pictures per run at most. ONNX Runtime keeps the memory of its largest run for ever, and one thread gains nothing
 * from larger batches: plates go in one run, crops of vehicles two by two, whole frames one by one.
 */
const LARGEST_BATCH_PIXELS = 640 * 640;
const LARGEST_BATCH = 16;
const DEFAULT_CONFIDENCE = 0.25;
const DEFAULT_IOU = 0.5;
const DEFAULT_MAX_DETECTIONS = 300;

export interface Inferred {
  /** One per view, in their order. */
  results: ViewResult[];
  /** ms */
  timings: { prepare: number; infer: number; decode: number };
}

/** Shows the views to the network, as many in one run as it takes, and decodes what it says. */
export async function infer(
  session: CpuSession,
  source: SharedPicture,
  wishedViews: readonly View[],
  options: RunOptions,
): Promise<Inferred> {
  const { manifest } = session;
  const size = inputSize(manifest, options.inputSize);
  const wholeFrame: View = { box: { x1: 0, y1: 0, x2: source.width, y2: source.height } };
  const views = wishedViews.length > 0 ? wishedViews : [wholeFrame];
  const single = !session.batch || manifest.output.decoder === 'tensors';
  const fitting = Math.floor(LARGEST_BATCH_PIXELS / (size.width * size.height));
  const perRun = single ? 1 : Math.min(LARGEST_BATCH, Math.max(1, fitting));
  const pixels = {
    // The whole buffer: what lies behind the picture lets fillTensor read four bytes at a time without a copy.
    pixels: new Uint8Array(source.buffer),
    width: source.width,
    height: source.height,
  };
  const results: ViewResult[] = [];
  const timings = { prepare: 0, infer: 0, decode: 0 };
  const pictureLength = size.width * size.height * 3;

  for (let first = 0; first < views.length; first += perRun) {
    const count = Math.min(perRun, views.length - first);
    const started = performance.now();
    const tensor = session.inputTensor(count, size);
    const transforms: ViewTransform[] = [];
    for (let i = 0; i < count; i++) {
      transforms.push(fillTensor(pixels, views[first + i] as View, manifest.input, size, tensor, i * pictureLength));
    }
    const prepared = performance.now();
    const outputs = await session.run(tensor, count, size);
    const inferred = performance.now();
    for (let i = 0; i < count; i++) {
      const picture = { index: i, count, transform: transforms[i] as ViewTransform };
      results.push(decodeView(manifest, outputs, picture, source, size, options));
    }
    timings.prepare += prepared - started;
    timings.infer += inferred - prepared;
    timings.decode += performance.now() - inferred;
  }
  return { results, timings };
}

/** Which picture of a run, and how it got into the input. */
interface RunPicture {
  index: number;
  count: number;
  transform: ViewTransform;
}

function decodeView(
  { output, thresholds }: Manifest,
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
