import { basename } from 'node:path';
import type { Frame } from '../frame/frame.js';
import { startChild, stopChild, type PipedChild } from './child.js';
import type { FrameCounter } from './counter.js';
import { FfmpegLog, type AnnouncedFrame } from './ffmpeg-log.js';
import { findFfmpeg, type Ffmpeg } from './ffmpeg.js';
import { checkFile } from './file.js';
import { SourceError, type FrameAllocator, type FrameSource } from './source.js';

export interface VideoOptions {
  counter: FrameCounter;
  pool: FrameAllocator;
  /** At most so many frames per second; left out, every frame. Frames are left away, never doubled. */
  fps?: number | undefined;
  /** Path of ffmpeg; the one on PATH when left out. */
  ffmpeg?: string | undefined;
  /** Frames above this are refused. Default 64. */
  maxMegapixels?: number | undefined;
  /** How long ffmpeg may stay silent while we wait for it, ms. Default 20 000, longer below one frame per second. */
  stallTimeoutMs?: number | undefined;
}

/**
 * A video file through ffmpeg, turned upright, dated by the file's own clock from the start of the run.
 * @throws SourceError when the file is missing or empty, ALPR_FFMPEG when there is no ffmpeg. What is wrong inside the
 *   file comes from next().
 */
export async function openVideo(path: string, options: VideoOptions): Promise<FrameSource> {
  await checkFile(path, 'video');
  const ffmpeg = await findFfmpeg(options.ffmpeg);
  return new VideoSource(path, ffmpeg, options);
}

/** ffmpeg's arguments: every frame as RGB on stdout, announced on stderr. */
export function videoArguments(path: string, ffmpeg: Ffmpeg, fps?: number): string[] {
  const filters = ['showinfo=checksum=0'];
  if (fps !== undefined) {
    // One frame of each 1/fps slot; the small addend keeps times such as 0.2 s, which binary has not, out of the slot before.
    const slot = (time: string) => `floor(${time}*${fps}+0.001)`;
    filters.unshift(`select=isnan(prev_selected_t)+gt(${slot('t')}\\,${slot('prev_selected_t')})`);
  }
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'level+info'],
    // A playlist must not make us fetch things from the net.
    ...['-protocol_whitelist', 'file,crypto,data', '-i', `file:${path}`],
    ...['-map', '0:v:0', '-vf', filters.join(','), ...ffmpeg.passthrough],
    ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
  ];
}

interface Waiter {
  resolve(frame: Frame | null): void;
  reject(error: Error): void;
}

/** At most one finished frame waits here; while it does, the pipe is paused and ffmpeg with it. */
class VideoSource implements FrameSource {
  readonly description: string;
  private readonly log = new FfmpegLog();
  private readonly child: PipedChild;
  private readonly start: number;
  private readonly watchdog: NodeJS.Timeout;
  private logEnded = false;
  private rest: Buffer | undefined;
  private partial: Frame | undefined;
  private pixels: Uint8Array = new Uint8Array(0);
  private filled = 0;
  private ready: Frame | undefined;
  private waiter: Waiter | undefined;
  private problem: Error | undefined;
  private ended = false;
  private delivered = 0;
  private firstTime: number | undefined;
  private lastTime = 0;

  constructor(
    private readonly path: string,
    ffmpeg: Ffmpeg,
    private readonly options: VideoOptions,
  ) {
    this.description = `video ${basename(path)}`;
    this.start = options.counter.begin();
    this.child = startChild(ffmpeg.path, videoArguments(path, ffmpeg, options.fps));
    const timeout = options.stallTimeoutMs ?? 20_000 / Math.min(1, options.fps ?? 1);
    this.watchdog = setTimeout(() => this.stalled(timeout), timeout).unref();
    this.listen();
  }

  get expectedFrames(): number | undefined {
    const { duration, rate } = this.log;
    if (duration === undefined || rate === undefined) return undefined;
    return Math.max(1, Math.round(duration * Math.min(rate, this.options.fps ?? Infinity)));
  }

  next(): Promise<Frame | null> {
    if (this.waiter) return Promise.reject(new SourceError('Expected one next() at a time but received a second'));
    const { ready, problem } = this;
    if (ready) {
      this.ready = undefined;
      this.pump();
      return Promise.resolve(ready);
    }
    if (problem) {
      this.problem = undefined;
      return Promise.reject(problem);
    }
    if (this.ended) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
    });
  }

  async close(): Promise<void> {
    this.finish();
    this.problem = undefined;
    if (this.ready) this.options.pool.recycle(this.ready);
    this.ready = undefined;
    await stopChild(this.child);
  }

  private listen(): void {
    const { child, log } = this;
    child.stdout.on('data', (chunk: Buffer) => {
      this.rest = chunk;
      this.pump();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log.write(text);
      if (this.rest) this.pump();
    });
    child.stderr.on('end', () => {
      this.logEnded = true;
      if (this.rest) this.pump();
    });
    child.stdout.on('error', (error) => this.fail(error));
    child.stderr.on('error', () => undefined);
    child.on('error', (error) =>
      this.fail(
        new SourceError(`Expected ffmpeg to run but received ${error.message}`, 'ALPR_FFMPEG', { cause: error }),
      ),
    );
    child.on('close', (code, signal) => this.exited(code, signal));
  }

  /** Moves bytes from the pipe into frames until one is ready or the bytes are used up. */
  private pump(): void {
    if (this.ended) return;
    this.watchdog.refresh();
    try {
      while (this.rest && !this.ended) {
        if (this.ready) {
          this.child.stdout.pause();
          return;
        }
        if (!this.partial && !this.begin()) return;
        this.fill(this.rest);
      }
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (!this.ended && this.child.stdout.isPaused()) this.child.stdout.resume();
  }

  /** Takes a buffer for the next announced frame; false when the announcement has yet to come. */
  private begin(): boolean {
    const announced = this.log.frames.shift();
    if (!announced) {
      if (this.logEnded) throw new SourceError(this.complain('sent pixels without their size'));
      this.child.stdout.pause();
      return false;
    }
    const { width, height } = announced;
    const limit = this.options.maxMegapixels ?? 64;
    if (width * height > limit * 1e6) {
      throw new SourceError(`Expected at most ${limit} megapixels for ${this.path} but received ${width}x${height}`);
    }
    const stamp = this.options.counter.next(this.date(announced));
    this.partial = this.options.pool.acquire({ ...stamp, width, height });
    this.pixels = this.partial.pixels;
    this.filled = 0;
    return true;
  }

  private date(announced: AnnouncedFrame): number {
    const step = 1 / (this.log.rate ?? 25);
    const time = announced.time ?? (this.firstTime === undefined ? 0 : this.lastTime + step);
    this.firstTime ??= time;
    this.lastTime = time;
    return this.start + (time - this.firstTime) * 1000;
  }

  private fill(bytes: Buffer): void {
    const { pixels } = this;
    const count = Math.min(bytes.length, pixels.length - this.filled);
    pixels.set(count === bytes.length ? bytes : bytes.subarray(0, count), this.filled);
    this.filled += count;
    this.rest = count === bytes.length ? undefined : bytes.subarray(count);
    if (this.filled < pixels.length) return;
    const frame = this.partial!;
    const { waiter } = this;
    this.partial = undefined;
    this.delivered++;
    this.waiter = undefined;
    if (waiter) waiter.resolve(frame);
    else this.ready = frame;
  }

  private exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.ended) return;
    if (code !== 0)
      this.fail(new SourceError(this.complain(signal ? `was ended by ${signal}` : `ended with code ${code}`)));
    else if (this.delivered === 0) this.fail(new SourceError(this.complain('found no frame in it')));
    else this.finish();
  }

  private stalled(timeout: number): void {
    if (this.ended) return;
    if (this.ready) {
      this.watchdog.refresh();
      return;
    }
    const what = `sent nothing for ${Math.round(timeout / 100) / 10} s`;
    this.fail(new SourceError(this.complain(what), 'ALPR_SOURCE_STALLED'));
  }

  private complain(what: string): string {
    const complaints = this.log.complaints();
    return `Expected a video for ${this.path} but ffmpeg ${what}${complaints === '' ? '' : `: ${complaints}`}`;
  }

  /** No more frames come; what is ready may still be fetched, and the problem after it. */
  private fail(problem: Error): void {
    if (this.ended) return;
    const { waiter } = this;
    this.waiter = undefined;
    this.finish();
    void stopChild(this.child);
    if (waiter) waiter.reject(problem);
    else this.problem = problem;
  }

  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.watchdog);
    this.rest = undefined;
    if (this.partial) this.options.pool.recycle(this.partial);
    this.partial = undefined;
    this.waiter?.resolve(null);
    this.waiter = undefined;
  }
}
