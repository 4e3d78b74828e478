import type { Box, Corners, Detection, Reading } from '../detection/types.js';
import type { Manifest } from '../models/manifest.js';

/** Pixels that a worker can see without a copy: 8-bit RGB, row-major. A Frame is one. */
export interface PixelSource {
  readonly buffer: SharedArrayBuffer;
  readonly width: number;
  readonly height: number;
}

/**
 * A part of the frame that is shown to a network. `box` is an upright crop; `quad` is cut out along four corners and
 * straightened (perspective). `margin` widens the part by that share of its own size on every side (0.08 = 8 %).
 * A part may reach over the frame's edge: what lies outside is filled as the manifest says.
 */
export type View = { box: Box; margin?: number } | { corners: Corners; margin?: number };

export interface RunOptions {
  /** 0..1; the manifest's when left out. */
  confidenceThreshold?: number;
  iouThreshold?: number;
  maxDetections?: number;
  /** Network input size for networks whose manifest allows several; rounded up to its `multipleOf`. */
  inputSize?: { width: number; height: number };
  /** Width of the prefix beam search for candidates; 1 is greedy. */
  beamWidth?: number;
  /** Candidates kept per reading, at most. */
  maxCandidates?: number;
}

export interface RunRequest {
  source: PixelSource;
  /** Empty: the whole frame. All views of one request run as one batch where the model allows it. */
  views: View[];
  options?: RunOptions;
  /** Requests of different keys (camera ids) take turns, so that one busy camera cannot starve the others. */
  fairKey: string;
}

/** A raw output; `data` is a plain array so that it may travel in a message. */
export interface RawTensor {
  dims: number[];
  data: number[];
}

/** What the manifest's decoder makes of one view; detections are in frame pixels already. */
export type ViewResult =
  | { kind: 'detections'; detections: Detection[] }
  | { kind: 'reading'; reading: Reading }
  | { kind: 'tensors'; tensors: Record<string, RawTensor> };

export interface RunResponse {
  /** One per view, in their order. */
  results: ViewResult[];
  /** ms: waiting for a worker, making the tensors, the network, decoding. */
  timings: { queue: number; prepare: number; infer: number; decode: number };
}

/** One loaded model; any number of callers at once. */
export interface Network {
  /** As it holds on this device: of a HEF, what the manifest says of HEFs is laid over the rest. */
  readonly manifest: Manifest;
  run(request: RunRequest): Promise<RunResponse>;
  /** Gives up this caller's share of the network; in-flight runs finish first. */
  close(): Promise<void>;
}

/** Pixel work that needs no network but must not run on the event loop either. */
export interface PixelWorker {
  /** TAPPAS's blur measure of each box (see image/sharpness.ts); -1 where the box is too small to judge. */
  sharpness(source: PixelSource, boxes: Box[], fairKey: string): Promise<number[]>;
  /** Copies `source` into `target` and draws on it (see overlay/). `drawing` is plain data. */
  draw(source: PixelSource, target: SharedArrayBuffer, drawing: unknown, fairKey: string): Promise<void>;
}

/** What runs networks: the CPU here, a Hailo chip with its issue. Nodes do not know which one they use. */
export interface Device {
  readonly kind: 'cpu' | 'hailo';
  /** For people: `CPU, ONNX Runtime 1.30.0 (native), 2 workers`. Known once the first network is open. */
  describe(): string;
  open(manifest: Manifest): Promise<Network>;
  readonly pixels: PixelWorker;
  /** Frees everything once in-flight work is done, at most a few seconds; idle threads may wait a while for the next device. */
  close(): Promise<void>;
}
