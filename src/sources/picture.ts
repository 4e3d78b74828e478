import { basename } from 'node:path';
import type { Frame } from '../frame/frame.js';
import { decodeImage } from '../image/decode.js';
import type { FrameCounter } from './counter.js';
import { checkFile } from './file.js';
import { SourceError, type FrameSource } from './source.js';

export interface PictureOptions {
  counter: FrameCounter;
  /** Pictures above this are refused. Default: the decoder's own limit. */
  maxMegapixels?: number | undefined;
}

/** No camera writes such a file; reading it would only fill the memory. */
const largestFile = 512 * 1024 * 1024;

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
  const size = await checkFile(path, 'picture');
  if (size > largestFile) {
    const received = `${Math.round(size / 2 ** 20)} MiB`;
    throw new SourceError(`Expected a picture of at most 512 MiB for ${path} but received ${received}`);
  }
  const { maxMegapixels } = options;
  return decodeImage(path, options.counter.next(timestamp), maxMegapixels === undefined ? {} : { maxMegapixels });
}
