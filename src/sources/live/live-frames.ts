import type { Frame } from '../../frame/frame.js';
import { FrameMailbox, type FrameNote } from '../frame-mailbox.js';
import { CatchUp } from './catch-up.js';
import { ClockMap } from './clock-map.js';
import type { FeedContext } from './feed.js';
import { wallClock } from './wall-clock.js';

/** One is written while the other waits to be fetched. */
const slots = 2;

/** A frame that came, and when it was captured: ms, monotonic. */
interface Arrived {
  blank: Frame;
  note: FrameNote;
  captured: number;
}

type Grant = (slot: number, buffer: SharedArrayBuffer) => void;

/** The frames of a decoder's thread, as the main thread sees them: lends buffers of the pool, takes them back full, dates and numbers them. */
export class LiveFrames {
  private mailbox: FrameMailbox | undefined;
  private clock = new ClockMap();
  private start: CatchUp<Arrived> | undefined;
  /** What the thread, or its mailbox, has now; by slot. Their headers are not true yet. */
  private lent = new Map<number, Frame>();
  private size = { width: 1, height: 1 };
  private expected = 0;

  constructor(
    private readonly context: FeedContext,
    private readonly send: (frame: Frame) => void,
  ) {}

  /** For a new thread. @returns its mailbox's memory */
  restart(): SharedArrayBuffer {
    const memory = FrameMailbox.memory(slots);
    this.mailbox = new FrameMailbox(memory);
    this.clock = new ClockMap();
    this.expected = 0;
    this.start = new CatchUp(
      (arrived) => this.send(this.finish(arrived)),
      ({ blank }) => this.context.pool.recycle(blank),
    );
    return memory;
  }

  /**
   * Lends buffers of that size: for the slots given back, and those never lent.
   * @throws FramePoolError when there cannot be such frames
   */
  provide(size: { width: number; height: number }, returned: readonly number[], grant: Grant): void {
    this.size = size;
    for (let slot = 0; slot < slots; slot++) {
      const lent = this.lent.get(slot);
      if (lent && !returned.includes(slot)) continue;
      if (lent) this.context.pool.recycle(lent);
      this.lent.delete(slot);
      this.lend(slot, grant);
    }
  }

  /** Fetches the newest frame, if there is one, and lends a buffer in its place. */
  deliver(grant: Grant): void {
    const taken = this.mailbox?.take();
    const blank = taken && this.lent.get(taken.slot);
    if (!blank) return;
    this.lent.delete(taken.slot);
    this.lend(taken.slot, grant);
    const { note } = taken;
    const captured = this.clock.capture(note.time, note.arrival);
    this.start?.offer({ blank, note, captured }, note.time, note.arrival);
  }

  /** The thread has ended by itself: what is still held back is sent. */
  flush(): void {
    this.start?.flush();
  }

  /** Forgets the thread. @returns gives its buffers back to the pool, to be called when the thread has ended */
  release(): () => void {
    const { lent } = this;
    this.lent = new Map();
    this.mailbox = undefined;
    this.start?.close();
    return () => {
      for (const frame of lent.values()) this.context.pool.recycle(frame);
    };
  }

  private lend(slot: number, grant: Grant): void {
    const { pool, counter } = this.context;
    const frame = pool.acquire({ cameraId: counter.cameraId, sequence: -1, timestamp: 0, ...this.size });
    this.lent.set(slot, frame);
    grant(slot, frame.buffer);
  }

  private finish({ blank, captured, note: { index, width, height } }: Arrived): Frame {
    const { pool, counter } = this.context;
    // Those between gave way to this one.
    counter.skip(Math.max(0, index - this.expected));
    this.expected = index + 1;
    const stamp = counter.next(wallClock().date(captured));
    return pool.restamp(blank, { ...stamp, width, height });
  }
}
