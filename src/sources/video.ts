import { basename, extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Frame } from '../frame/frame.js';
import type { FrameCounter } from './counter.js';
import type { AnnouncedFrame } from './ffmpeg-log.js';
import { findFfmpeg, type Ffmpeg } from './ffmpeg.js';
import { checkFile } from './file.js';
import { SourceError, type FrameAllocator, type FrameSource } from './source.js';
import type { FromVideoThread, ToVideoThread, VideoThreadStart } from './video-protocol.js';

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

/** Longer than the thread takes to kill an ffmpeg that does not listen. */
const threadGraceMs = 5000;

/** At most one finished frame waits here; while it does, the thread gets no buffer, and ffmpeg's pipe stays full. */
class VideoSource implements FrameSource {
  readonly description: string;
  private readonly thread: Worker;
  private readonly exited: Promise<void>;
  private readonly start: number;
  private ffmpegPid: number | undefined;
  private duration: number | undefined;
  private rate: number | undefined;
  private announced: AnnouncedFrame | undefined;
  private partial: Frame | undefined;
  private ready: Frame | undefined;
  private waiter: Waiter | undefined;
  private problem: Error | undefined;
  private ended = false;
  private firstTime: number | undefined;
  private lastTime = 0;

  constructor(
    path: string,
    ffmpeg: Ffmpeg,
    private readonly options: VideoOptions,
  ) {
    this.description = `video ${basename(path)}`;
    this.start = options.counter.begin();
    this.thread = startThread({
      program: ffmpeg.path,
      arguments: videoArguments(path, ffmpeg, options.fps),
      path,
      maxMegapixels: options.maxMegapixels ?? 64,
      stallTimeoutMs: options.stallTimeoutMs ?? 20_000 / Math.min(1, options.fps ?? 1),
    });
    this.thread.on('message', (message: FromVideoThread) => this.receive(message));
    this.thread.on('error', (error) => this.end(new SourceError(`${this.description}: ${error.message}`)));
    this.exited = new Promise((resolve) => {
      this.thread.once('exit', () => {
        this.end(new SourceError(`Expected ${this.description} to go on but its thread has ended`));
        this.releasePartial();
        resolve();
      });
    });
  }

  get expectedFrames(): number | undefined {
    const { duration, rate } = this;
    if (duration === undefined || rate === undefined) return undefined;
    return Math.max(1, Math.round(duration * Math.min(rate, this.options.fps ?? Infinity)));
  }

  next(): Promise<Frame | null> {
    if (this.waiter) return Promise.reject(new SourceError('Expected one next() at a time but received a second'));
    const { ready, problem } = this;
    if (ready) {
      this.ready = undefined;
      this.grant();
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
    this.end();
    this.problem = undefined;
    if (this.ready) this.options.pool.recycle(this.ready);
    this.ready = undefined;
    this.post({ kind: 'close' });
    const timer = setTimeout(() => this.force(), threadGraceMs);
    await this.exited;
    clearTimeout(timer);
  }

  private receive(message: FromVideoThread): void {
    switch (message.kind) {
      case 'started':
        this.ffmpegPid = message.pid;
        return;
      case 'announced':
        this.duration = message.duration;
        this.rate = message.rate;
        this.announced = message.frame;
        this.grant();
        return;
      case 'filled':
        this.deliver();
        return;
      case 'ended':
        this.end();
        return;
      case 'failed':
        this.end(new SourceError(message.message, message.code));
    }
  }

  /** Gives the thread a buffer for the announced frame, unless a finished one still waits. */
  private grant(): void {
    const { announced } = this;
    if (!announced || this.ready || this.ended) return;
    this.announced = undefined;
    const { width, height } = announced;
    try {
      const stamp = this.options.counter.next(this.date(announced));
      this.partial = this.options.pool.acquire({ ...stamp, width, height });
    } catch (error) {
      this.end(error as Error);
      this.post({ kind: 'close' });
      return;
    }
    this.post({ kind: 'buffer', buffer: this.partial.buffer });
  }

  private date(announced: AnnouncedFrame): number {
    const step = 1 / (this.rate ?? 25);
    const time = announced.time ?? (this.firstTime === undefined ? 0 : this.lastTime + step);
    this.firstTime ??= time;
    this.lastTime = time;
    return this.start + (time - this.firstTime) * 1000;
  }

  private deliver(): void {
    const { partial, waiter } = this;
    if (!partial || this.ended) return;
    this.partial = undefined;
    this.waiter = undefined;
    if (waiter) waiter.resolve(partial);
    else this.ready = partial;
  }

  /** No more frames come; one that is ready may still be fetched, and the problem after it. */
  private end(problem?: Error): void {
    if (this.ended) return;
    this.ended = true;
    const { waiter } = this;
    this.waiter = undefined;
    if (problem === undefined) waiter?.resolve(null);
    else if (waiter) waiter.reject(problem);
    else this.problem = problem;
  }

  /** Only once the thread has ended: until then it may be writing into it. */
  private releasePartial(): void {
    if (this.partial) this.options.pool.recycle(this.partial);
    this.partial = undefined;
  }

  private force(): void {
    try {
      if (this.ffmpegPid !== undefined) process.kill(this.ffmpegPid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    void this.thread.terminate();
  }

  private post(message: ToVideoThread): void {
    this.thread.postMessage(message);
  }
}

/** The thread's module beside this one: compiled, or as TypeScript where this runs from its source through tsx. */
function startThread(start: VideoThreadStart): Worker {
  const extension = extname(__filename);
  const execArgv = extension === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  return new Worker(join(__dirname, `video-thread${extension}`), {
    workerData: start,
    execArgv,
    // Chunks of the pipe are garbage at once; V8 would collect 48 MB of them before it looks.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
}
