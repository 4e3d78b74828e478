import type { AnnouncedFrame, FfmpegLog } from '../ffmpeg-log.js';
import { FrameMailbox } from '../frame-mailbox.js';
import type { PipeOutlet } from '../pipe-reader.js';
import type { FromDecoderThread } from '../video-protocol.js';

/** Complaints are passed on at most so often, ms. */
const complaintEveryMs = 1000;

/**
 * A camera's frames: each goes into whichever buffer is free, the newest complete one lies in the mailbox. While the main thread has no
 * time, two buffers take turns, so that ffmpeg never waits and the camera never notices. Only a new size waits for buffers.
 */
export class LiveOutlet implements PipeOutlet {
  private readonly mailbox: FrameMailbox;
  /** Buffers by their slots. */
  private readonly buffers = new Map<number, SharedArrayBuffer>();
  private free: number[] = [];
  private size: AnnouncedFrame | undefined;
  private writing: { slot: number; frame: AnnouncedFrame; arrival: number } | undefined;
  private index = 0;
  private complained = -Infinity;

  constructor(
    memory: SharedArrayBuffer,
    private readonly post: (message: FromDecoderThread) => void,
  ) {
    this.mailbox = new FrameMailbox(memory);
  }

  begin(frame: AnnouncedFrame, log: FfmpegLog): Uint8Array | undefined {
    const { width, height } = frame;
    if (this.size?.width !== width || this.size.height !== height) {
      this.size = frame;
      const returned = this.free;
      this.free = [];
      this.post({ kind: 'announced', frame, stream: log.stream, returned });
    }
    const slot = this.free.pop() ?? this.mailbox.take()?.slot;
    if (slot === undefined) return undefined;
    const buffer = this.buffers.get(slot)!;
    const bytes = width * height * 3;
    if (buffer.byteLength < bytes) {
      // Of the size before, and nobody came for it.
      this.post({ kind: 'announced', frame, stream: log.stream, returned: [slot] });
      return undefined;
    }
    this.writing = { slot, frame, arrival: Number(process.hrtime.bigint()) / 1e6 };
    return new Uint8Array(buffer, 0, bytes);
  }

  complete(): void {
    const { slot, frame, arrival } = this.writing!;
    this.writing = undefined;
    const { width, height, time = NaN } = frame;
    const before = this.mailbox.put(slot, { index: this.index++, time, arrival, width, height });
    if (before === undefined) this.post({ kind: 'filled' });
    else this.free.push(before);
  }

  take(slot: number, buffer: SharedArrayBuffer): void {
    this.buffers.set(slot, buffer);
    this.free.push(slot);
  }

  logged(log: FfmpegLog, frames: number): void {
    const now = performance.now();
    if (now - this.complained < complaintEveryMs) return;
    const { complaint, times } = log.takeDamage();
    // Before the first frame a decoder complains until a key frame comes.
    if (times === 0 || frames === 0) return;
    this.complained = now;
    this.post({ kind: 'damaged', complaint, times });
  }
}
