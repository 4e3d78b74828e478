import { parentPort, workerData } from 'node:worker_threads';
import { startChild, stopChild, type PipedChild } from './child.js';
import { FfmpegLog } from './ffmpeg-log.js';
import type { SourceErrorCode } from './source.js';
import type { FromVideoThread, ToVideoThread, VideoThreadStart } from './video-protocol.js';

/**
 * A video's thread: reads ffmpeg's pipe into buffers of the main thread. Node makes a new buffer for every 64 KiB read,
 * 155 MB a second at 25 frames of 1080p; here they do not set off garbage collections in Node-RED's large heap.
 */
class VideoThread {
  private readonly log = new FfmpegLog();
  private readonly child: PipedChild;
  private readonly watchdog: NodeJS.Timeout;
  private logEnded = false;
  /** Read but not yet used. Little: the pipe is paused meanwhile (Node resumes it when ffmpeg ends, so it may be several). */
  private readonly chunks: Buffer[] = [];
  private exit: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  private announced: { width: number; height: number } | undefined;
  private pixels: Uint8Array | undefined;
  private filled = 0;
  private frames = 0;
  private ended = false;

  constructor(private readonly start: VideoThreadStart) {
    this.child = startChild(start.program, start.arguments);
    this.watchdog = setTimeout(() => this.stalled(), start.stallTimeoutMs);
    this.listen();
    post({ kind: 'started', pid: this.child.pid });
  }

  take(buffer: SharedArrayBuffer): void {
    if (!this.announced || this.ended) return;
    const { width, height } = this.announced;
    this.announced = undefined;
    this.pixels = new Uint8Array(buffer, 0, width * height * 3);
    this.filled = 0;
    this.pump();
  }

  /** Ends ffmpeg; the thread ends when it is gone. */
  async close(): Promise<void> {
    this.ended = true;
    clearTimeout(this.watchdog);
    this.chunks.length = 0;
    await stopChild(this.child);
    parentPort!.close();
  }

  private listen(): void {
    const { child, log } = this;
    child.stdout.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.pump();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log.write(text);
      this.pump();
    });
    child.stderr.on('end', () => {
      this.logEnded = true;
      this.pump();
    });
    child.stdout.on('error', (error) => this.fail(error.message));
    child.stderr.on('error', () => undefined);
    child.on('error', (error) => this.fail(`Expected ffmpeg to run but received ${error.message}`, 'ALPR_FFMPEG'));
    child.on('close', (code, signal) => {
      this.exit = { code, signal };
      this.pump();
    });
  }

  /** Moves bytes from the pipe into buffers until one is missing or the bytes are used up. */
  private pump(): void {
    if (this.ended) return;
    this.watchdog.refresh();
    for (let bytes = this.chunks[0]; bytes; bytes = this.chunks[0]) {
      if (!this.pixels) {
        this.announce();
        this.child.stdout.pause();
        return;
      }
      this.fill(bytes, this.pixels);
    }
    if (this.exit) this.exited(this.exit);
    else if (this.child.stdout.isPaused()) this.child.stdout.resume();
  }

  /** Asks for a buffer for the next frame, once; it comes with a message. */
  private announce(): void {
    if (this.announced) return;
    const frame = this.log.frames.shift();
    if (!frame) {
      if (this.logEnded) this.fail(this.complain('sent pixels without their size'));
      return;
    }
    const { width, height } = frame;
    const { maxMegapixels, path } = this.start;
    if (width * height > maxMegapixels * 1e6) {
      this.fail(`Expected at most ${maxMegapixels} megapixels for ${path} but received ${width}x${height}`);
      return;
    }
    this.announced = { width, height };
    post({ kind: 'announced', frame, duration: this.log.duration, rate: this.log.rate });
  }

  private fill(bytes: Buffer, pixels: Uint8Array): void {
    const count = Math.min(bytes.length, pixels.length - this.filled);
    pixels.set(count === bytes.length ? bytes : bytes.subarray(0, count), this.filled);
    this.filled += count;
    if (count === bytes.length) this.chunks.shift();
    else this.chunks[0] = bytes.subarray(count);
    if (this.filled < pixels.length) return;
    this.pixels = undefined;
    this.frames++;
    post({ kind: 'filled' });
  }

  private exited({ code, signal }: { code: number | null; signal: NodeJS.Signals | null }): void {
    if (code !== 0) this.fail(this.complain(signal ? `was ended by ${signal}` : `ended with code ${code}`));
    else if (this.frames === 0) this.fail(this.complain('found no frame in it'));
    else {
      post({ kind: 'ended' });
      void this.close();
    }
  }

  private stalled(): void {
    if (this.ended) return;
    if (this.announced) {
      // It is the flow that takes its time.
      this.watchdog.refresh();
      return;
    }
    const seconds = Math.round(this.start.stallTimeoutMs / 100) / 10;
    this.fail(this.complain(`sent nothing for ${seconds} s`), 'ALPR_SOURCE_STALLED');
  }

  private complain(what: string): string {
    const complaints = this.log.complaints();
    return `Expected a video for ${this.start.path} but ffmpeg ${what}${complaints === '' ? '' : `: ${complaints}`}`;
  }

  private fail(message: string, code: SourceErrorCode = 'ALPR_SOURCE'): void {
    if (this.ended) return;
    void this.close();
    post({ kind: 'failed', message, code });
  }
}

function post(message: FromVideoThread): void {
  parentPort!.postMessage(message);
}

const thread = new VideoThread(workerData as VideoThreadStart);
parentPort!.on('message', (message: ToVideoThread) => {
  if (message.kind === 'buffer') thread.take(message.buffer);
  else void thread.close();
});
