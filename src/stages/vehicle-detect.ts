import type { Network, RunOptions } from '../device/device.js';
import type { Timings, Vehicle } from '../detection/types.js';
import type { Frame } from '../frame/frame.js';
import { detectionOptions, detectionsOf, type DetectOptions } from './detections.js';
import { wholeFrame } from './whole-frame.js';

/**
 * Finds the vehicles in a frame.
 *
 * @param network a model whose task is `vehicles` (or any detector)
 * @returns vehicles by falling confidence, boxes in frame pixels
 */
export async function detectVehicles(
  frame: Frame,
  network: Network,
  options: DetectOptions = {},
): Promise<{ vehicles: Vehicle[]; timings: Timings }> {
  const started = performance.now();
  const runOptions: RunOptions = detectionOptions(options);
  const response = await network.run({
    source: frame,
    views: wholeFrame(frame),
    options: runOptions,
    fairKey: frame.cameraId,
  });
  const vehicles = detectionsOf(response, 0, network).map(({ box, label, confidence }) => ({ box, label, confidence }));
  return { vehicles, timings: { vehicleDetect: performance.now() - started } };
}
