import { basename } from 'node:path';
import type { Frame } from '../frame/frame.js';
import { decodeImage } from '../image/decode.js';
import type { FrameCounter } from './counter.js';
import { checkFile } from './file.js';
import type { FrameSource } from './source.js';

export interface PictureOptions {
  counter: FrameCounter;
  /** Pictures above this are refused. Default: the decoder's own limit. */
  maxMegapixels?: number | undefined;
}

/** One picture file, once. */
export function openPicture(path: string, options: PictureOptions): FrameSource {
  let done = false;
  return {
    description: `picture ${basename(path)}`,
    expectedFrames: 1,
    currentFile: path,
    async next() {
      if (done) return null;
      done = true;
      return readPicture(path, options.counter.begin(), options);
    },
    async close() {
      done = true;
    },
  };
}

/**
 * Reads and decodes one picture file.
 * @param timestamp ms since the epoch
 * @throws SourceError when the file cannot be read; the decoder's ImageError when it is no picture
 */
export async function readPicture(path: string, timestamp: number, options: PictureOptions): Promise<Frame> {
  await checkFile(path, 'picture');
  const { maxMegapixels } = options;
  const header = { ...options.counter.next(timestamp), still: true };
  return decodeImage(path, header, maxMegapixels === undefined ? {} : { maxMegapixels });
}
