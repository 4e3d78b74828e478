import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import type { Frame } from '../../src/frame/frame.js';
import type { FrameSource } from '../../src/sources/source.js';

/** Skips, saying why, where there is no ffmpeg to make clips with; CI must have one. */
export function needFfmpeg(context: Context): void {
  if (spawnSync('ffmpeg', ['-version']).status === 0) return;
  if (process.env['CI']) throw new Error('Expected ffmpeg in CI but there is none');
  console.log('      skipped: ffmpeg is not installed');
  context.skip();
}

export class TemporaryFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'alpr-sources-'));

  file(name: string, content: string | Uint8Array = ''): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  /** A file made by ffmpeg; `options` stand between the lavfi input and the file's name. */
  clip(name: string, lavfi: string, ...options: string[]): string {
    const path = join(this.path, name);
    execFileSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', lavfi, ...options, '-y', path]);
    return path;
  }

  /** A program to be run in ffmpeg's stead: a script for Node that answers -version and then does as told. */
  fakeFfmpeg(name: string, body: string): string {
    const script = `#!${process.execPath}
if (process.argv[2] === '-version') { console.log('ffmpeg version 9.9'); process.exit(0); }
${body}
`;
    const path = this.file(name, script);
    execFileSync('chmod', ['+x', path]);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** All frames that are left. */
export async function readAll(source: FrameSource): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let frame = await source.next(); frame; frame = await source.next()) frames.push(frame);
  await source.close();
  return frames;
}

/** Red, green and blue of the pixel. */
export function pixelOf(frame: Frame, x: number, y: number): number[] {
  const i = (y * frame.width + x) * 3;
  return [...frame.pixels.subarray(i, i + 3)];
}

interface Process {
  pid: number;
  parent: number;
  /** Ended, but nobody has asked for its exit code: a zombie. */
  ended: boolean;
}

/** From /proc where there is one (small containers have no ps), else from ps. */
function processes(): Process[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          // pid (name) state parent …; the name may contain anything.
          const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').pop()!.split(' ');
          return [{ pid: Number(name), parent: Number(parent), ended: state === 'Z' }];
        } catch {
          return [];
        }
      });
  }
  const { stdout } = spawnSync('ps', ['-e', '-o', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , name]) => name !== 'ps')
    .map(([pid, parent, state]) => ({ pid: Number(pid), parent: Number(parent), ended: state!.startsWith('Z') }));
}

/** True while the operating system knows the process and it has not ended. */
export function isRunning(pid: number): boolean {
  return processes().some((found) => found.pid === pid && !found.ended);
}

/** Process ids of the direct children, ended ones that nobody collected included. */
export function childrenOf(pid: number): number[] {
  return processes()
    .filter((found) => found.parent === pid)
    .map((found) => found.pid);
}
