import type { Network, RunOptions } from '../device/device.js';
import { DOUBTFUL } from '../detection/merge-looks.js';
import type { Plate } from '../detection/types.js';
import type { Frame } from '../frame/frame.js';
import { detectionsOf } from './detections.js';
import { confidenceOf, doubled } from './frame-looks.js';

/**
 * Finds the plate in a picture that shows one and little else. It is shown with as much margin as it has width, because detectors miss
 * plates that fill their input; that there is a plate is known, so a doubtful find will do.
 *
 * @returns undefined where nothing was found
 */
export async function plateInCrop(frame: Frame, network: Network): Promise<Plate | undefined> {
  const { width, height } = frame;
  const options: RunOptions = { confidenceThreshold: confidenceOf(network) * DOUBTFUL };
  if (network.manifest.input.crop !== undefined) options.inputSize = network.manifest.input.crop;
  const box = doubled({ x1: 0, y1: 0, x2: width, y2: height });
  const response = await network.run({ source: frame, views: [{ box }], options, fairKey: frame.cameraId });
  const [best] = detectionsOf(response, 0, network);
  if (best === undefined) return undefined;
  const plate: Plate = { box: best.box, confidence: best.confidence };
  return best.corners === undefined ? plate : { ...plate, corners: best.corners };
}
