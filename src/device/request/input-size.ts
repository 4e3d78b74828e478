import type { Manifest } from '../../models/manifest.js';
import { ModelError } from '../../models/errors.js';

const LONGEST_SIDE = 4096;

export interface Size {
  width: number;
  height: number;
}

/**
 * The network input's size for a request: the manifest's own, or the wished one rounded up to what the network takes.
 * @throws ModelError when the network has one size only, or the wish is out of range
 */
export function inputSize(manifest: Manifest, wished?: Size): Size {
  const { width, height, multipleOf } = manifest.input;
  if (!wished || (wished.width === width && wished.height === height)) return { width, height };
  const received = `${wished.width}x${wished.height}`;
  if (multipleOf === undefined) {
    throw new ModelError(
      `Expected ${width}x${height} for the input size of model ${manifest.name} but received ${received}: it takes no other`,
    );
  }
  for (const side of [wished.width, wished.height]) {
    if (!(side >= 1 && side <= LONGEST_SIDE)) {
      throw new ModelError(
        `Expected sides from 1 to ${LONGEST_SIDE} for the input size of model ${manifest.name} but received ${received}`,
      );
    }
  }
  return { width: roundUp(wished.width, multipleOf), height: roundUp(wished.height, multipleOf) };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
