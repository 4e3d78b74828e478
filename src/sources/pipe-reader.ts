import { startChild, startFedChild, stopChild, whyNotStarted, type FedChild, type PipedChild } from './child.js';
import { FfmpegLog, type AnnouncedFrame } from './ffmpeg-log.js';
import { shortageOf } from './shortage.js';
import type { DecoderFailure, DecoderStart, FromDecoderThread } from './video-protocol.js';

/** Where the frames of a pipe go. */
export interface PipeOutlet {
  /** Room for the pixels of the next frame; undefined stops the pipe until `resume`. */
  begin(frame: AnnouncedFrame, log: FfmpegLog): Uint8Array | undefined;
  /** That room is full. */
  complete(): void;
  /** The log has grown. */
  logged?(log: FfmpegLog, frames: number): void;
}

const keptLines = 4;

/** Runs ffmpeg, and what feeds it, and cuts its output into frames. Posts nothing after `ended`, `failed` or `close`. */
export class PipeReader {
  private readonly log = new FfmpegLog();
  private readonly child: PipedChild | FedChild;
  private readonly producer: PipedChild | undefined;
  private readonly watchdog: NodeJS.Timeout;
  private producerWords: string[] = [];
  private logEnded = false;
  private codec: string | undefined;
  /** Read but not yet used. Little: the pipe is paused meanwhile (Node resumes it when ffmpeg ends, so it may be several). */
  private readonly chunks: Buffer[] = [];
  private exit: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  private announced: AnnouncedFrame | undefined;
  private pixels: Uint8Array | undefined;
  private filled = 0;
  private frames = 0;
  private ended = false;

  constructor(
    private readonly start: DecoderStart,
    private readonly outlet: PipeOutlet,
    private readonly post: (message: FromDecoderThread) => void,
    private readonly closed: () => void,
  ) {
    if (start.stdin === undefined && start.producer === undefined) {
      this.child = startChild(start.program, start.arguments);
    } else {
      const child = startFedChild(start.program, start.arguments);
      this.child = child;
      if (start.producer) this.producer = this.startProducer(start.producer, child);
      else child.stdin.end(start.stdin);
    }
    this.watchdog = setTimeout(() => this.stalled(), start.stallTimeoutMs);
    this.listen();
    post({ kind: 'started', pid: this.child.pid });
  }

  /** There is room again. */
  resume(): void {
    this.pump();
  }

  /** Ends the programs and says so when they are gone. */
  async close(): Promise<void> {
    this.ended = true;
    clearTimeout(this.watchdog);
    this.chunks.length = 0;
    await Promise.all([stopChild(this.child), this.producer && stopChild(this.producer)]);
    this.closed();
  }

  private startProducer({ program, arguments: options }: NonNullable<DecoderStart['producer']>, to: FedChild) {
    const producer = startChild(program, options);
    producer.stdout.on('error', () => undefined).pipe(to.stdin);
    producer.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = text.split(/\r?\n|\r/).filter((line) => line.trim() !== '');
      this.producerWords = [...this.producerWords, ...lines].slice(-keptLines);
    });
    producer.stderr.on('error', () => undefined);
    producer.on('error', (error) => this.notStarted(program, error));
    return producer;
  }

  private listen(): void {
    const { child, log } = this;
    child.stdout.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.pump();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log.write(text);
      this.logged();
      this.pump();
    });
    child.stderr.on('end', () => {
      this.logEnded = true;
      this.pump();
    });
    child.stdout.on('error', (error) => this.fail('end', `its output broke (${error.message})`));
    child.stderr.on('error', () => undefined);
    child.on('error', (error) => this.notStarted('ffmpeg', error));
    child.on('close', (code, signal) => {
      this.exit = { code, signal };
      this.pump();
    });
  }

  private logged(): void {
    if (this.ended) return;
    const { codec } = this.log.stream;
    if (codec !== undefined && codec !== this.codec) {
      this.codec = codec;
      this.post({ kind: 'codec', codec });
    }
    this.outlet.logged?.(this.log, this.frames);
  }

  /** Moves bytes from the pipe into buffers until one is missing or the bytes are used up. */
  private pump(): void {
    if (this.ended) return;
    // A camera must bring frames; of a file any sign of life is good enough, since one frame may take long.
    if (!this.start.mailbox) this.watchdog.refresh();
    for (let bytes = this.chunks[0]; bytes; bytes = this.chunks[0]) {
      this.pixels ??= this.begin();
      if (this.ended) return;
      if (!this.pixels) {
        this.child.stdout.pause();
        return;
      }
      this.fill(bytes, this.pixels);
    }
    if (this.exit) this.exited(this.exit);
    else if (this.child.stdout.isPaused()) this.child.stdout.resume();
  }

  private begin(): Uint8Array | undefined {
    this.announced ??= this.log.frames.shift();
    if (!this.announced) {
      if (this.logEnded) this.fail('end', 'ffmpeg sent pixels without their size');
      return undefined;
    }
    const { width, height } = this.announced;
    const { maxMegapixels } = this.start;
    if (width * height > maxMegapixels * 1e6) {
      this.fail('size', `received ${width}x${height}`);
      return undefined;
    }
    const pixels = this.outlet.begin(this.announced, this.log);
    if (!pixels) return undefined;
    this.announced = undefined;
    this.filled = 0;
    return pixels;
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
    this.watchdog.refresh();
    this.outlet.complete();
  }

  private exited({ code, signal }: { code: number | null; signal: NodeJS.Signals | null }): void {
    if (code !== 0) this.fail('end', `ffmpeg ${signal ? `was ended by ${signal}` : `ended with code ${code}`}`);
    else if (this.frames === 0) this.fail('end', 'ffmpeg found no frame in it');
    else {
      this.post({ kind: 'ended' });
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
    this.fail('stall', `ffmpeg sent nothing for ${Math.round(this.start.stallTimeoutMs / 100) / 10} s`);
  }

  private notStarted(program: string, error: Error): void {
    this.fail(shortageOf(error) === undefined ? 'program' : 'shortage', whyNotStarted(program, error));
  }

  private fail(failure: DecoderFailure, what: string): void {
    if (this.ended) return;
    void this.close();
    const complaints = [...this.producerWords, this.log.complaints()].filter((text) => text !== '').join('; ');
    this.post({ kind: 'failed', failure, what, complaints, frames: this.frames });
  }
}
