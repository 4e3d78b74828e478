import { parentPort, workerData } from 'node:worker_threads';
import { endInOrder } from './broken-thread.js';
import type { AnnouncedFrame, FfmpegLog } from './ffmpeg-log.js';
import { LiveOutlet } from './live/live-outlet.js';
import { PipeReader, type PipeOutlet } from './pipe-reader.js';
import type { DecoderStart, FromDecoderThread, ToDecoderThread } from './video-protocol.js';

/**
 * A decoder's thread: reads ffmpeg's pipe into buffers of the main thread. Node makes a new buffer for every 64 KiB read,
 * 155 MB a second at 25 frames of 1080p; here they do not set off garbage collections in Node-RED's large heap.
 */

/** Every frame of a file, one at a time, when the main thread has room for it. */
class FileOutlet implements PipeOutlet {
  private waiting: AnnouncedFrame | undefined;
  private room: SharedArrayBuffer | undefined;

  begin(frame: AnnouncedFrame, log: FfmpegLog): Uint8Array | undefined {
    const { room } = this;
    if (room) {
      this.room = undefined;
      this.waiting = undefined;
      return new Uint8Array(room, 0, frame.width * frame.height * 3);
    }
    if (this.waiting !== frame) post({ kind: 'announced', frame, stream: log.stream, returned: [] });
    this.waiting = frame;
    return undefined;
  }

  complete(): void {
    post({ kind: 'filled' });
  }

  take(buffer: SharedArrayBuffer): void {
    if (this.waiting) this.room = buffer;
  }
}

function post(message: FromDecoderThread): void {
  parentPort!.postMessage(message);
}

const start = workerData as DecoderStart;
const outlet = start.mailbox ? new LiveOutlet(start.mailbox, post) : new FileOutlet();
const reader = new PipeReader(start, outlet, post, () => parentPort!.close());
endInOrder(() => reader.close());
parentPort!.on('message', (message: ToDecoderThread) => {
  if (message.kind === 'close') {
    void reader.close();
    return;
  }
  if (message.kind === 'buffer' && outlet instanceof FileOutlet) outlet.take(message.buffer);
  else if (message.kind === 'slot' && outlet instanceof LiveOutlet) outlet.take(message.slot, message.buffer);
  reader.resume();
});
