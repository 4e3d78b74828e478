import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = join(__dirname, '..', '..', '.cache', 'clips');
/** Bits of the number in every frame. */
const bits = 10;

export interface CountedClipOptions {
  width: number;
  height: number;
  fps: number;
  frames: number;
  /** ffmpeg's encoder and its options. */
  encoding: readonly string[];
  /** ffmpeg's name of the format. */
  format: string;
}

/**
 * A clip whose frames carry their number: black and white fields in a row along the upper edge, the lowest bit first, above a picture
 * that moves. Encoded once, then kept.
 */
export async function countedClip({
  width,
  height,
  fps,
  frames,
  encoding,
  format,
}: CountedClipOptions): Promise<string> {
  const side = width / (bits + 2);
  const fields = Array.from({ length: bits }, (_, bit) => {
    const place = `x=${Math.round((bit + 1) * side)}:y=0:w=${Math.ceil(side)}:h=${Math.ceil(height / 6)}`;
    return `drawbox=${place}:color=white:t=fill:enable='mod(floor(n/${2 ** bit})\\,2)'`;
  });
  const filters = [
    `drawbox=x=0:y=0:w=${width}:h=${Math.ceil(height / 6)}:color=black:t=fill`,
    ...fields,
    'format=yuv420p',
  ];
  const input = ['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${fps}`, '-frames:v', String(frames)];
  const all = [...input, '-vf', filters.join(','), ...encoding, '-f', format];
  const key = createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 20);
  const output = join(cache, `${key}.${format}`);
  if (existsSync(output)) return output;
  mkdirSync(cache, { recursive: true });
  const unfinished = `${output}.${process.pid}`;
  try {
    await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...all, unfinished]);
    renameSync(unfinished, output);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return output;
}

/** The number that a frame of such a clip carries, at whatever size. @throws Error where a field is neither black nor white */
export function countIn({ pixels, width, height }: { pixels: Uint8Array; width: number; height: number }): number {
  const side = width / (bits + 2);
  let count = 0;
  for (let bit = 0; bit < bits; bit++) {
    const at = (Math.round(height / 12) * width + Math.round((bit + 1.5) * side)) * 3;
    const level = pixels[at + 1]!;
    if (level > 80 && level < 175) throw new Error(`Expected black or white for bit ${bit} but received ${level}`);
    if (level >= 128) count += 2 ** bit;
  }
  return count;
}
