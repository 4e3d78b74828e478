import { execFile } from 'node:child_process';
import { findNodeAv, type NodeAv } from './node-av.js';
import { shortageOf } from './shortage.js';
import { SourceError } from './source.js';

const howToGetIt =
  'Install it (Debian, Ubuntu, Raspberry Pi OS: "sudo apt install ffmpeg"; Alpine: "apk add ffmpeg"; ' +
  'macOS: "brew install ffmpeg"; Windows: "winget install ffmpeg") or set its path';

export interface Ffmpeg {
  path: string;
  /** As it names itself: `5.1.9-0+deb12u1`, or a build number such as `N-118000-gabc`. */
  version: string;
  /** Options that hand every frame on as it was recorded, neither doubled nor dropped. */
  passthrough: string[];
}

/**
 * The ffmpeg to work with: the one that is set; else the one on PATH; else the one that the package node-av brings, where somebody has installed it.
 * @param path program to run; empty to look for one
 * @throws SourceError ALPR_FFMPEG when it cannot be run, with the way to get it; ALPR_SOURCE when the computer has no process, file
 *   or memory left to run it
 */
export async function findFfmpeg(path = '', lookForNodeAv: () => NodeAv | undefined = findNodeAv): Promise<Ffmpeg> {
  const program = path.trim();
  if (program !== '') return askVersion(program);
  try {
    return await askVersion('ffmpeg');
  } catch (error) {
    const nodeAv = isMissing(error) ? lookForNodeAv() : undefined;
    if (nodeAv?.ffmpeg !== undefined) return askVersion(nodeAv.ffmpeg);
    if (nodeAv === undefined) throw error;
    const hint =
      `The package node-av is at ${nodeAv.folder}, but without its ffmpeg: its install script did not run ` +
      '("npm rebuild node-av --foreground-scripts" runs it; npm 12 wants it approved before).';
    throw new SourceError(`${(error as Error).message} ${hint}`, 'ALPR_FFMPEG', { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return ((error as Error).cause as { code?: unknown } | undefined)?.code === 'ENOENT';
}

/** Asks ffmpeg who it is. */
async function askVersion(program: string): Promise<Ffmpeg> {
  try {
    return await runVersion(program);
  } catch (error) {
    // Too little memory is thrown as it is.
    const shortage = shortageOf((error as Error).cause ?? error);
    if (shortage === undefined) throw error;
    throw new SourceError(`Expected ffmpeg to start but ${shortage}`, 'ALPR_SOURCE', { cause: error });
  }
}

function runVersion(program: string): Promise<Ffmpeg> {
  return new Promise((resolve, reject) => {
    execFile(program, ['-version'], { timeout: 10_000, windowsHide: true }, (error, stdout) => {
      const version = /^ffmpeg version (\S+)/m.exec(stdout)?.[1];
      if (version !== undefined) {
        resolve({ path: program, version, passthrough: passthroughFor(version) });
        return;
      }
      const cause = error ? describeFailure(error) : 'something else answered';
      reject(
        new SourceError(`Expected ffmpeg for video at "${program}" but ${cause}. ${howToGetIt}.`, 'ALPR_FFMPEG', {
          cause: error ?? undefined,
        }),
      );
    });
  });
}

function describeFailure(error: Error & { code?: string | number | null }): string {
  if (error.code === 'ENOENT') return 'there is no such program';
  if (error.code === 'EACCES') return 'it may not be run (permissions)';
  return `it failed (${error.message.split('\n', 1)[0]})`;
}

/** True when ffmpeg is of this version or newer; development builds carry no number and are newer than any. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [, ofMajor, ofMinor] = /^n?(\d+)\.(\d+)/.exec(version) ?? [];
  if (ofMajor === undefined) return true;
  return Number(ofMajor) > major || (Number(ofMajor) === major && Number(ofMinor) >= minor);
}

/** `-fps_mode` came with 5.1 and its forerunner `-vsync` is leaving. */
function passthroughFor(version: string): string[] {
  return isAtLeast(version, 5, 1) ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
}
