import type { Network, RunOptions, RunResponse } from '../device/device.js';
import type { Detection, Reading } from '../detection/types.js';

/** What the detecting stages let people set; everything left out comes from the manifest. */
export interface DetectOptions {
  /** 0..1. Raise it: fewer false finds; lower it: fewer misses. */
  confidence?: number | undefined;
  /** 0..1. Overlap above which two boxes count as one thing. */
  iou?: number | undefined;
  /** Side of the square network input, px; rounded up to what the model takes. */
  inputSize?: number | undefined;
}

/** A stage was given a model that does something else. */
export class ModelTaskError extends Error {
  readonly code = 'ALPR_MODEL_TASK';
  constructor(model: string, expected: string, received: string) {
    super(`Expected a model that gives ${expected} but '${model}' gives ${received}`);
    this.name = 'ModelTaskError';
  }
}

export function detectionOptions(options: DetectOptions): RunOptions {
  const result: RunOptions = {};
  if (options.confidence !== undefined) result.confidenceThreshold = options.confidence;
  if (options.iou !== undefined) result.iouThreshold = options.iou;
  if (options.inputSize !== undefined) result.inputSize = { width: options.inputSize, height: options.inputSize };
  return result;
}

export function detectionsOf(response: RunResponse, view: number, network: Network): Detection[] {
  const result = response.results[view];
  if (result?.kind !== 'detections') {
    throw new ModelTaskError(network.manifest.name, 'boxes', result?.kind ?? 'nothing');
  }
  return result.detections;
}

export function readingOf(response: RunResponse, view: number, network: Network): Reading {
  const result = response.results[view];
  if (result?.kind !== 'reading') {
    throw new ModelTaskError(network.manifest.name, 'text', result?.kind ?? 'nothing');
  }
  return result.reading;
}
