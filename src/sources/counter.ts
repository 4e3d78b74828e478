import type { FrameStamp } from './source.js';

/**
 * Numbers and dates the frames of one camera over all its runs: sequences go on and time never goes back when a file is
 * played again (a clip read faster than it was recorded ends in the future; the next run then starts behind that end).
 */
export class FrameCounter {
  readonly cameraId: string;
  private sequence = 0;
  private last = -Infinity;

  constructor(cameraId: string) {
    this.cameraId = cameraId;
  }

  /** Time of a new run's first frame, ms since the epoch. */
  begin(now = Date.now()): number {
    return Math.max(now, this.last + 1);
  }

  /** So many frames were captured and are gone: their numbers are missing in the sequence. */
  skip(frames: number): void {
    this.sequence += frames;
  }

  /** The stamp of the frame captured at `timestamp`; moved on by 1 ms where it would not be later than the one before. */
  next(timestamp: number): FrameStamp {
    this.last = Math.max(timestamp, this.last + 1);
    return { cameraId: this.cameraId, sequence: this.sequence++, timestamp: this.last };
  }
}
