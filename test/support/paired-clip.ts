import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { FrameCounter } from '../../src/sources/counter.js';
import { Decoder } from '../../src/sources/live/detail/decoder.js';
import { machineTime } from '../../src/sources/live/detail/moment-clock.js';
import { PictureSupply } from '../../src/sources/live/detail/picture-supply.js';
import { TsReader } from '../../src/sources/live/detail/ts-reader.js';
import type { AccessUnit } from '../../src/sources/live/detail/access-unit.js';
import { openVideo } from '../../src/sources/video.js';

const run = promisify(execFile);
const cache = join(__dirname, '..', '..', '.cache', 'clips');

async function encoded(file: string, options: string[], extension: string): Promise<string> {
  const key = createHash('sha256')
    .update([file, statSync(file).size, ...options].join('\n'))
    .digest('hex')
    .slice(0, 20);
  const output = join(cache, `${key}.${extension}`);
  if (existsSync(output)) return output;
  mkdirSync(cache, { recursive: true });
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-i', file, '-an', ...options, `${output}.part.${extension}`]);
  renameSync(`${output}.part.${extension}`, output);
  return output;
}

export interface PairedOptions {
  /** Of the smaller stream; the larger keeps the clip's. */
  width: number;
  height: number;
  /** Of the larger stream: ffmpeg's encoder and its options. */
  encoding?: string[];
  /** What the encoding says, for those who must know. */
  gop?: number;
}

/** The clip's two streams, encoded once and kept. */
export async function pairedFiles(
  file: string,
  { width, height, encoding }: PairedOptions,
): Promise<{ small: string; large: string }> {
  const main = encoding ?? ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '30', '-crf', '23'];
  return {
    small: await encoded(file, ['-vf', `scale=${width}:${height}`, '-c:v', 'libx264', '-crf', '23'], 'mp4'),
    large: await encoded(file, main, 'ts'),
  };
}

/** A clip as a camera with two streams would send it, without a camera and its clocks: every frame brings a way to its larger picture. */
export class PairedClip {
  /** Requests for larger pictures, and frames that asked. */
  requests = 0;
  decoders = 0;
  /** ms per request. */
  readonly latencies: number[] = [];
  private readonly waiting = new Map<number, (frame: Frame | undefined) => void>();
  private readonly filling = new Map<number, { ids: number[]; frame: Frame }>();
  private readonly supply: PictureSupply;
  /** Larger pictures of the frame before. */
  private readonly lent: Frame[] = [];
  private given = 0;

  private constructor(
    private readonly source: Awaited<ReturnType<typeof openVideo>>,
    private readonly units: AccessUnit[],
    private readonly fps: number,
  ) {
    const pool = framePool();
    this.supply = new PictureSupply({
      now: machineTime,
      idleMs: 2000,
      // A loaded machine must not look like a decoder that waits.
      quietMs: 60_000,
      decoder: (rest) => {
        this.decoders++;
        return new Decoder({ program: 'ffmpeg', passthrough: ['-fps_mode', 'passthrough'], inputOptions: [], ...rest });
      },
      replies: {
        none: (id) => this.answer(id, undefined),
        same: (id) => this.answer(id, undefined),
        picture: (ids, unit, width, height) => {
          const frame = pool.acquire({ cameraId: 'gate', sequence: 0, timestamp: 0, width, height });
          this.filling.set(unit, { ids, frame });
          return Promise.resolve(frame.pixels);
        },
        filled: (unit) => {
          const { ids, frame } = this.filling.get(unit)!;
          this.filling.delete(unit);
          this.lent.push(frame);
          for (const id of ids) this.answer(id, frame);
        },
        resting: () => undefined,
      },
    });
  }

  static async open(file: string, fps: number, options: PairedOptions): Promise<PairedClip> {
    const { small, large } = await pairedFiles(file, options);
    const units: AccessUnit[] = [];
    // Arrives as it is shown.
    const reader = new TsReader({
      now: () => 0,
      unit: (unit) => units.push({ ...unit, arrival: ((units.length + 1) * 1000) / fps }),
      unsupported: () => undefined,
    });
    reader.push(readFileSync(large));
    const source = await openVideo(small, {
      pool: framePool(),
      counter: new FrameCounter('gate'),
    });
    return new PairedClip(source, units, fps);
  }

  /** Units that decoders were given. */
  get decoded(): number {
    return this.supply.decoded;
  }

  /** The next frame; the one before is done with. @param paired false: without its larger picture */
  async next(number: number, paired = true): Promise<Frame | null> {
    for (const done of this.lent.splice(0)) framePool().recycle(done);
    const frame = await this.source.next();
    if (frame === null) return null;
    // A flow looks at a frame a little later than it came.
    while (this.given < Math.min(this.units.length, number + 3)) this.supply.take(this.units[this.given++]!);
    if (!paired) return frame;
    let found: Promise<Frame | undefined> | undefined;
    frame.lease.detail = () => (found ??= this.at((number * 1000) / this.fps));
    return frame;
  }

  async close(): Promise<void> {
    await Promise.all([this.source.close(), this.supply.close()]);
  }

  private at(time: number): Promise<Frame | undefined> {
    const id = ++this.requests;
    const started = performance.now();
    return new Promise((resolve) => {
      this.waiting.set(id, (frame) => {
        this.latencies.push(performance.now() - started);
        resolve(frame);
      });
      this.supply.want(id, time);
    });
  }

  private answer(id: number, frame: Frame | undefined): void {
    this.waiting.get(id)?.(frame);
    this.waiting.delete(id);
  }
}
