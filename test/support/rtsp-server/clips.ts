import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Encoded clips and the like; may be deleted at any time. */
export const clipCache = join(__dirname, '..', '..', '..', '.cache', 'rtsp');

export type Codec = 'h264' | 'h265';

/** What a stream shows. Exactly one of `file` and `testsrc`. */
export interface ClipOptions {
  /** Any video that ffmpeg reads, such as samples/road.mp4. */
  file?: string | undefined;
  /** A drawn test picture that moves. */
  testsrc?: { width: number; height: number; fps: number } | undefined;
  codec?: Codec | undefined;
  /** Frames from one key frame to the next. Default: one second. */
  gop?: number | undefined;
  /** file: scaled to so many pixels; default as recorded. */
  width?: number | undefined;
  height?: number | undefined;
  /** file: default as recorded. */
  fps?: number | undefined;
  /** file: only its first picture, with the noise of a sensor so that no two frames are equal. */
  still?: boolean | undefined;
}

export interface Clip {
  /** Annex B, every access unit behind a delimiter, no B frames. */
  file: string;
  fps: number;
}

const testsrcSeconds = 2;
const stillSeconds = 2;

/** An encoded clip from the cache; encoded once per source and options. */
export async function encodedClip(options: ClipOptions): Promise<Clip> {
  const { file, testsrc, codec = 'h264', still = false } = options;
  if ((file === undefined) === (testsrc === undefined))
    throw new Error('Expected one of file and testsrc for a stream but received both or neither');
  const fps = testsrc?.fps ?? options.fps ?? (await frameRate(file!));
  const gop = options.gop ?? Math.max(1, Math.round(fps));
  const input = testsrc
    ? ['-f', 'lavfi', '-i', `testsrc2=size=${testsrc.width}x${testsrc.height}:rate=${fps}:duration=${testsrcSeconds}`]
    : ['-i', file!];
  const filters = [
    ...(still ? ['select=eq(n\\,0)', 'loop=-1:1', `setpts=N/${fps}/TB`] : []),
    ...(file === undefined || still ? [] : [`fps=${fps}`]),
    ...(options.width || options.height ? [`scale=${options.width ?? -2}:${options.height ?? -2}`] : []),
    ...(still ? ['noise=alls=2:allf=t'] : []),
    'format=yuv420p',
  ];
  const encoder =
    codec === 'h264'
      ? ['-c:v', 'libx264', '-x264-params', 'aud=1:open-gop=0']
      : ['-c:v', 'libx265', '-x265-params', 'aud=1:open-gop=0:repeat-headers=1:log-level=error'];
  const encoding = [
    ...['-an', '-vf', filters.join(','), ...(still ? ['-t', String(stillSeconds)] : [])],
    ...[
      '-r',
      String(fps),
      ...encoder,
      '-preset',
      'veryfast',
      '-bf',
      '0',
      '-g',
      String(gop),
      '-keyint_min',
      String(gop),
    ],
    ...['-sc_threshold', '0', '-crf', '21', '-f', codec === 'h264' ? 'h264' : 'hevc'],
  ];
  const source = file === undefined ? '' : `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`;
  const key = createHash('sha256')
    .update([source, ...input, ...encoding].join('\n'))
    .digest('hex')
    .slice(0, 20);
  const output = join(clipCache, `${key}.${codec}`);
  if (!existsSync(output)) {
    mkdirSync(clipCache, { recursive: true });
    // Two processes may want the same clip.
    const unfinished = `${output}.${process.pid}`;
    try {
      await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...input, ...encoding, unfinished]);
      renameSync(unfinished, output);
    } finally {
      rmSync(unfinished, { force: true });
    }
  }
  return { file: output, fps };
}

async function frameRate(file: string): Promise<number> {
  const entries = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=r_frame_rate', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', [...entries, file]);
  const [frames, seconds] = stdout.trim().split('/').map(Number);
  const rate = frames! / (seconds ?? 1);
  if (!(rate > 0)) throw new Error(`Expected a frame rate for ${file} but received ${stdout.trim()}`);
  return rate;
}
