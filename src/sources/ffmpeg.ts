import { execFile } from 'node:child_process';
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
 * Asks ffmpeg who it is.
 * @param path program to run; empty for the one on PATH
 * @throws SourceError ALPR_FFMPEG when it cannot be run, with the way to get it
 */
export function findFfmpeg(path = ''): Promise<Ffmpeg> {
  const program = path.trim() === '' ? 'ffmpeg' : path.trim();
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
