/** What a thread knows of a frame that it has read. */
export interface FrameNote {
  /** Counts up by one per frame that came out of ffmpeg, those included whose pixels were thrown away. From 0. */
  index: number;
  /** Seconds by the stream's clock; NaN where it has none. */
  time: number;
  /** ms by the machine's monotonic clock (`process.hrtime`), which is the same in all threads. */
  arrival: number;
  width: number;
  height: number;
}

const fields = 5;
const empty = 0;

/**
 * Hands frames from the thread that reads them to the one that sends them, without either waiting for the other: the newest frame lies
 * in the box; the reader takes it back when the next is complete before anybody came for it. A slot is a buffer's place: the reader
 * owns it until it puts it into the box, whoever takes it out owns it from then on.
 */
export class FrameMailbox {
  /** One number: the slot in the box, counted from 1, or 0. */
  private readonly box: Int32Array;
  private readonly notes: Float64Array;

  /** @param memory of `FrameMailbox.memory`, the same on both sides */
  constructor(memory: SharedArrayBuffer) {
    this.box = new Int32Array(memory, 0, 1);
    this.notes = new Float64Array(memory, 8);
  }

  static memory(slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer(8 + slots * fields * Float64Array.BYTES_PER_ELEMENT);
  }

  /** Puts a frame in. @returns the slot that lay in the box until now; undefined when it was empty, so that somebody must be told */
  put(slot: number, note: FrameNote): number | undefined {
    this.notes.set([note.index, note.time, note.arrival, note.width, note.height], slot * fields);
    const before = Atomics.exchange(this.box, 0, slot + 1);
    return before === empty ? undefined : before - 1;
  }

  /** Takes the frame out; undefined when the box is empty. */
  take(): { slot: number; note: FrameNote } | undefined {
    const slot = Atomics.exchange(this.box, 0, empty) - 1;
    if (slot < 0) return undefined;
    const [index, time, arrival, width, height] = this.notes.subarray(slot * fields, (slot + 1) * fields);
    return { slot, note: { index: index!, time: time!, arrival: arrival!, width: width!, height: height! } };
  }
}
