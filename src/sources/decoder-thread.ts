import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { shortageOf } from './shortage.js';
import { startThread } from './thread.js';
import type { DecoderStart, FromDecoderThread, ToDecoderThread } from './video-protocol.js';

/** Longer than the thread takes to kill an ffmpeg that does not listen. */
const threadGraceMs = 5000;

/** A thread that runs ffmpeg and reads its frames (video-thread.ts), as the main thread sees it. */
export class DecoderThread {
  /** The thread has ended, and with it ffmpeg: nobody writes into buffers any more. */
  readonly exited: Promise<void>;
  private readonly worker: Worker;
  private ffmpegPid: number | undefined;

  /**
   * @param receive every message; `failed` also when the thread itself broke, possibly after `ended` or another `failed`
   * @throws SourceError when the computer gives no thread
   */
  constructor(start: DecoderStart, receive: (message: FromDecoderThread) => void) {
    this.worker = startThread(join(__dirname, 'video-thread'), start);
    this.worker.on('message', (message: FromDecoderThread) => {
      if (message.kind === 'started') this.ffmpegPid = message.pid;
      receive(message);
    });
    const fail = (what: string) => receive({ kind: 'failed', failure: 'thread', what, complaints: '', frames: 0 });
    this.worker.on('error', (error) => fail(shortageOf(error) ?? `its thread failed (${error.message})`));
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', () => {
        fail('its thread has ended');
        resolve();
      });
    });
  }

  post(message: ToDecoderThread): void {
    this.worker.postMessage(message);
  }

  /** Ends ffmpeg and the thread, by force after some seconds. At any time, any number of times. */
  async close(): Promise<void> {
    this.post({ kind: 'close' });
    const timer = setTimeout(() => this.force(), threadGraceMs);
    await this.exited;
    clearTimeout(timer);
  }

  private force(): void {
    try {
      if (this.ffmpegPid !== undefined) process.kill(this.ffmpegPid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    void this.worker.terminate();
  }
}
