import { decodeDetections } from '../../detection/decode.js';
import type { DetectorOutput, Manifest, ReaderOutput } from '../../models/manifest.js';
import { fillTensor, type ViewTransform } from '../../image/tensor.js';
import { decodeReading } from '../../reading/decode.js';
import type { RunOptions, View, ViewResult } from '../device.js';
import { detectionsInFrame } from './frame-detections.js';
import { inputSize, type Size } from './input-size.js';
import type { SharedPicture } from './protocol.js';
import type { CpuSession, Outputs } from './session.js';

/** Pictures per run at most: more make the memory's peak higher and nothing faster. */
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
  const perRun = single ? 1 : LARGEST_BATCH;
  const pixels = {
    pixels: new Uint8Array(source.buffer, 0, source.width * source.height * 3),
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
      results.push(decodeView(manifest, outputs, i, transforms[i] as ViewTransform, source, size, options));
    }
    timings.prepare += prepared - started;
    timings.infer += inferred - prepared;
    timings.decode += performance.now() - inferred;
  }
  return { results, timings };
}

function decodeView(
  manifest: Manifest,
  outputs: Outputs,
  batchIndex: number,
  transform: ViewTransform,
  frame: Size,
  size: Size,
  options: RunOptions,
): ViewResult {
  const { output, thresholds } = manifest;
  switch (output.decoder) {
    case 'tensors':
      return { kind: 'tensors', tensors: plainTensors(outputs) };
    case 'ctc':
    case 'slots':
    case 'character-boxes':
      return { kind: 'reading', reading: decodeReading(outputs, output as ReaderOutput, readingOptions()) };
    default: {
      const found = decodeDetections(outputs, output as DetectorOutput, detectionOptions());
      return { kind: 'detections', detections: detectionsInFrame(found, transform, frame) };
    }
  }

  function detectionOptions() {
    return {
      inputWidth: size.width,
      inputHeight: size.height,
      confidenceThreshold: options.confidenceThreshold ?? thresholds?.confidence ?? DEFAULT_CONFIDENCE,
      iouThreshold: options.iouThreshold ?? thresholds?.iou ?? DEFAULT_IOU,
      maxDetections: options.maxDetections ?? thresholds?.maxDetections ?? DEFAULT_MAX_DETECTIONS,
      batchIndex,
    };
  }

  function readingOptions() {
    return { ...detectionOptions(), beamWidth: options.beamWidth ?? 1 };
  }
}

function plainTensors(outputs: Outputs): Record<string, { dims: number[]; data: number[] }> {
  const tensors: Record<string, { dims: number[]; data: number[] }> = {};
  for (const [name, { dims, data }] of Object.entries(outputs)) {
    tensors[name] = { dims: [...dims], data: Array.from(data) };
  }
  return tensors;
}
