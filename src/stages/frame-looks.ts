import type { Network, RunOptions, View } from '../device/device.js';
import { DOUBTFUL, mergeLooks } from '../detection/merge-looks.js';
import type { Box, Detection } from '../detection/types.js';
import type { Frame } from '../frame/frame.js';
import { detectionOptions, detectionsOf, type DetectOptions } from './detections.js';
import { wholeFrame } from './whole-frame.js';

/** Of networks whose manifest names none (the decoders' own default). */
const CONFIDENCE = 0.25;

/**
 * Looks for plates in the whole frame.
 *
 * @param twice also at half the input size; networks of one size are shown the frame with as much margin instead
 */
export async function lookAtFrame(
  frame: Frame,
  network: Network,
  options: DetectOptions,
  twice: boolean,
): Promise<Detection[]> {
  const views = wholeFrame(frame);
  const look = async (some: View[], runOptions: RunOptions): Promise<Detection[]> => {
    const response = await network.run({ source: frame, views: some, options: runOptions, fairKey: frame.cameraId });
    return detectionsOf(response, 0, network);
  };
  const once = detectionOptions(options);
  if (!twice) return look(views, once);

  const { input } = network.manifest;
  const confidence = options.confidence ?? confidenceOf(network);
  const fine: RunOptions = { ...once, confidenceThreshold: confidence * DOUBTFUL };
  const { width, height } = once.inputSize ?? input;
  const isFixed = input.multipleOf === undefined;
  const coarse: RunOptions = isFixed ? fine : { ...fine, inputSize: { width: width / 2, height: height / 2 } };
  const seen = boxOf(views, frame);
  const [near, far] = await Promise.all([look(views, fine), look(isFixed ? [{ box: doubled(seen) }] : views, coarse)]);
  const scale = Math.min(width / (seen.x2 - seen.x1), height / (seen.y2 - seen.y1));
  return mergeLooks(near, far, { confidence, scale });
}

/** From which find on a network's finds count. */
export function confidenceOf({ manifest }: Pick<Network, 'manifest'>): number {
  return manifest.thresholds?.confidence ?? CONFIDENCE;
}

function boxOf([view]: View[], { width, height }: Frame): Box {
  return view !== undefined && 'box' in view ? view.box : { x1: 0, y1: 0, x2: width, y2: height };
}

/** The box in the middle of one of twice its size, which a network sees at half the scale. */
export function doubled({ x1, y1, x2, y2 }: Box): Box {
  const [across, down] = [(x2 - x1) / 2, (y2 - y1) / 2];
  return { x1: x1 - across, y1: y1 - down, x2: x2 + across, y2: y2 + down };
}
