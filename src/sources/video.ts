import { basename } from 'node:path';
import type { Frame } from '../frame/frame.js';
import type { FrameCounter } from './counter.js';
import { DecoderChoice } from './decoder-choice.js';
import { DecoderThread } from './decoder-thread.js';
import { logOptions, outputArguments, type FilterOptions } from './ffmpeg-arguments.js';
import type { AnnouncedFrame } from './ffmpeg-log.js';
import { findFfmpeg, type Ffmpeg } from './ffmpeg.js';
import { checkFile } from './file.js';
import type { HardwareDecoder } from './live/settings.js';
import { SourceError, type FrameAllocator, type FrameSource } from './source.js';
import type { FromDecoderThread, ToDecoderThread } from './video-protocol.js';

export interface VideoOptions {
  counter: FrameCounter;
  pool: FrameAllocator;
  /** At most so many frames per second; left out, every frame. Frames are left away, never doubled. */
  fps?: number | undefined;
  /** Wider frames are scaled down to this, pixels. */
  maxWidth?: number | undefined;
  /** Default none. What does not work is done by software, and said through onProblem. */
  hwaccel?: HardwareDecoder | undefined;
  hwDevice?: string | undefined;
  onProblem?: ((error: Error) => void) | undefined;
  /** Path of ffmpeg; the one on PATH when left out. */
  ffmpeg?: string | undefined;
  /** Frames above this are refused. Default 64. */
  maxMegapixels?: number | undefined;
  /** When the recording ended, ms since the epoch: frames are dated back from there. Left out, they are dated from now on. */
  endsAt?: number | undefined;
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
export function videoArguments(
  path: string,
  ffmpeg: Ffmpeg,
  options: FilterOptions = {},
  decoder: string[] = [],
): string[] {
  return [
    ...logOptions,
    ...decoder,
    // A playlist must not make us fetch things from the net.
    ...['-protocol_whitelist', 'file,crypto,data', '-i', `file:${path}`],
    ...outputArguments(ffmpeg, options),
  ];
}

interface Waiter {
  resolve(frame: Frame | null): void;
  reject(error: Error): void;
}

/** At most one finished frame waits here; while it does, the thread gets no buffer, and ffmpeg's pipe stays full. */
class VideoSource implements FrameSource {
  readonly description: string;
  private readonly decoder: DecoderChoice;
  private start: number;
  private thread: DecoderThread;
  /** Threads that were given up. */
  private readonly former: Promise<void>[] = [];
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
    private readonly path: string,
    private readonly ffmpeg: Ffmpeg,
    private readonly options: VideoOptions,
  ) {
    this.description = `video ${basename(path)}`;
    this.start = options.counter.begin();
    this.decoder = new DecoderChoice(options.hwaccel, options.hwDevice);
    this.thread = this.launch();
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
    await Promise.all([this.thread.close(), ...this.former]);
  }

  private launch(): DecoderThread {
    const { fps, maxWidth, maxMegapixels = 64, stallTimeoutMs = 20_000 / Math.min(1, fps ?? 1) } = this.options;
    const thread = new DecoderThread(
      {
        program: this.ffmpeg.path,
        arguments: videoArguments(this.path, this.ffmpeg, { fps, maxWidth }, this.decoder.arguments),
        maxMegapixels,
        stallTimeoutMs,
      },
      (message) => {
        if (thread === this.thread) this.receive(message);
      },
    );
    void thread.exited.then(() => {
      if (thread === this.thread) this.releasePartial();
    });
    return thread;
  }

  /** The same file with another decoder, before its first frame. */
  private relaunch(): void {
    this.former.push(this.thread.close());
    try {
      this.thread = this.launch();
    } catch (error) {
      this.end(error as Error);
    }
  }

  private receive(message: FromDecoderThread): void {
    if (this.ended) return;
    switch (message.kind) {
      case 'codec':
        if (this.decoder.learn(message.codec)) this.relaunch();
        return;
      case 'announced':
        this.duration = message.stream.duration;
        this.rate = message.stream.rate;
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
        this.fail(message);
    }
  }

  private fail({ failure, what, complaints, frames }: FromDecoderThread & { kind: 'failed' }): void {
    const { maxMegapixels = 64, onProblem } = this.options;
    const why = complaints === '' ? what : `${what}: ${complaints}`;
    if (frames === 0 && this.decoder.isHardware && (failure === 'end' || failure === 'stall')) {
      const { name } = this.decoder;
      this.decoder.refuse();
      this.relaunch();
      onProblem?.(new SourceError(`Expected ${name} to decode ${this.path} but ${why}. Software decodes it now.`));
      return;
    }
    const expected =
      failure === 'size'
        ? `at most ${maxMegapixels} megapixels for ${this.path}`
        : `${failure === 'program' || failure === 'shortage' ? 'ffmpeg to read' : 'a video for'} ${this.path}`;
    const code = { program: 'ALPR_FFMPEG', stall: 'ALPR_SOURCE_STALLED' } as const;
    this.end(new SourceError(`Expected ${expected} but ${why}`, code[failure as 'program']));
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
    if (this.firstTime === undefined) {
      this.firstTime = time;
      const { endsAt, counter } = this.options;
      if (endsAt !== undefined) this.start = counter.begin(endsAt - 1000 * (this.duration ?? 0));
    }
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

  private post(message: ToDecoderThread): void {
    this.thread.post(message);
  }
}
