import type { Frame } from '../frame/frame.js';
import { SourceError, type FrameSource } from './source.js';

/**
 * Plays a source again and again.
 * @param open makes a fresh source for every round, the first one included
 * @throws SourceError from next() when a round brings no frame: the next would not either
 */
export async function loopSource(open: () => Promise<FrameSource>): Promise<FrameSource> {
  let source = await open();
  let framesThisRound = 0;
  let closed = false;
  let opening: Promise<FrameSource> | undefined;

  async function next(): Promise<Frame | null> {
    while (!closed) {
      const frame = await source.next();
      if (frame) {
        framesThisRound++;
        return frame;
      }
      if (closed) break;
      if (framesThisRound === 0) {
        throw new SourceError(`Expected frames for ${source.description} to repeat but received none in a whole round`);
      }
      framesThisRound = 0;
      await source.close();
      opening = open();
      source = await opening;
    }
    // Closed while the next round was being opened: that source is ours to end.
    await source.close();
    return null;
  }

  return {
    get description() {
      return `${source.description}, repeated`;
    },
    expectedFrames: undefined,
    get hint() {
      return source.hint;
    },
    get currentFile() {
      return source.currentFile;
    },
    next,
    async close() {
      closed = true;
      await source.close();
      await opening?.then(
        (next) => next.close(),
        () => undefined,
      );
    },
  };
}
