import type { Frame } from '../../frame/frame.js';
import type { FrameAllocator } from '../source.js';
import type { Timers } from './timers.js';

export interface LatestFrameOptions {
  /** Frames in the flow at once, 1 or more. */
  inFlight: number;
  pool: Pick<FrameAllocator, 'recycle'>;
  timers: Timers;
  /** `waitedMs`: how long the frame waited for the flow. @returns false when it was not sent; its pixels are taken back then */
  send(frame: Frame, waitedMs: number): boolean;
  /** A frame gave way to a newer one, or came too late to be sent. */
  dropped(): void;
  /** `ready` may have changed. */
  changed(): void;
}

interface Waiting {
  frame: Frame;
  since: number;
  /** Told when this frame, or a newer one in its place, has been sent. */
  sent: (() => void)[];
}

/** The way from a camera into the flow: a few frames are in there, the newest one waits, and older ones go back to the pool. */
export class LatestFrame {
  private waiting: Waiting | undefined;
  private inFlow = 0;

  constructor(private readonly options: LatestFrameOptions) {}

  /** Whether a frame would go into the flow at once. */
  get ready(): boolean {
    return this.inFlow < this.options.inFlight;
  }

  /** Takes a frame over. @param sent called when it, or a newer one, went into the flow */
  offer(frame: Frame, sent: readonly (() => void)[] = []): void {
    const before = this.waiting;
    this.waiting = { frame, since: this.options.timers.now(), sent: [...(before?.sent ?? []), ...sent] };
    if (before !== undefined) this.drop(before.frame);
    this.flush();
  }

  /** The frame that waits will not be sent. */
  clear(): void {
    const before = this.waiting;
    this.waiting = undefined;
    if (before !== undefined) this.drop(before.frame);
  }

  private flush(): void {
    const { waiting } = this;
    if (waiting === undefined || !this.ready) return;
    const { frame, since, sent } = waiting;
    this.waiting = undefined;
    if (!this.options.send(frame, this.options.timers.now() - since)) {
      this.drop(frame);
      return;
    }
    this.inFlow += 1;
    frame.lease.onIdle(() => {
      this.inFlow -= 1;
      this.flush();
      this.options.changed();
    });
    this.options.changed();
    for (const tell of sent) tell();
  }

  private drop(frame: Frame): void {
    this.options.pool.recycle(frame);
    this.options.dropped();
  }
}
