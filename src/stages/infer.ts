import type { Network, RunOptions, View, ViewResult } from '../device/device.js';
import type { Plate, Timings, Vehicle } from '../detection/types.js';
import type { Frame } from '../frame/frame.js';
import { detectionOptions } from './detections.js';

export interface InferOptions {
  /** What the network is shown: the whole frame, or a crop of every vehicle or plate. */
  on: 'frame' | 'vehicles' | 'plates';
  confidence?: number | undefined;
  inputSize?: number | undefined;
}

/**
 * Runs any one model.
 *
 * @returns one result per view: for `frame` exactly one, else one per vehicle or plate in their order
 */
export async function inferGeneric(
  frame: Frame,
  vehicles: Vehicle[] | undefined,
  plates: Plate[] | undefined,
  network: Network,
  options: InferOptions,
): Promise<{ results: ViewResult[]; timings: Timings }> {
  const started = performance.now();
  const views = viewsOf(vehicles, plates, network, options);
  // A device reads an empty list as "the whole frame"; no vehicles means nothing to do.
  if (options.on !== 'frame' && views.length === 0) return { results: [], timings: { infer: 0 } };
  const runOptions: RunOptions = detectionOptions(options);
  const { results } = await network.run({ source: frame, views, options: runOptions, fairKey: frame.cameraId });
  return { results, timings: { infer: performance.now() - started } };
}

function viewsOf(
  vehicles: Vehicle[] | undefined,
  plates: Plate[] | undefined,
  network: Network,
  options: InferOptions,
): View[] {
  const margin = network.manifest.input.margin ?? 0;
  if (options.on === 'vehicles') return (vehicles ?? []).map(({ box }) => ({ box, margin }));
  if (options.on === 'plates') {
    return (plates ?? []).map(({ box, corners }) => (corners === undefined ? { box, margin } : { corners, margin }));
  }
  return [];
}
