import type sharpType from 'sharp';
import { ImageError } from './errors.js';

export type Sharp = typeof sharpType;

let loaded: Sharp | undefined;

/**
 * The picture library, loaded when the first picture comes: a flow without pictures must start where it cannot be loaded.
 * @throws ImageError ALPR_IMAGE_LIBRARY with what went wrong
 */
export function loadSharp(): Sharp {
  if (loaded !== undefined) return loaded;
  try {
    const sharp = require('sharp') as Sharp;
    // Its cache goes by file name: a camera that writes over its snapshot would be answered with the old picture.
    sharp.cache(false);
    loaded = sharp;
    return sharp;
  } catch (error) {
    throw new ImageError(
      'ALPR_IMAGE_LIBRARY',
      `Expected the picture library sharp to load but received: ${firstLine(error)} (run "npm install sharp" in the Node-RED user directory)`,
      { cause: error },
    );
  }
}

/** The first line of an error's message: sharp's go on with advice, libvips's with repetitions. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n', 1)[0] ?? '').slice(0, 200);
}
