import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a person has who installed the package `node-av`. */
export interface NodeAv {
  /** Its folder. */
  folder: string;
  /** The ffmpeg that its install script fetches; undefined where that script did not run. */
  ffmpeg: string | undefined;
}

/**
 * Looks for `node-av` where Node.js would find it from this package, from the folder we run in, and from Node-RED's usual user directory.
 * It is nobody's dependency: people may install it beside this package where a system has no ffmpeg of its own.
 * @param starts folders to look from, upwards
 */
export function findNodeAv(
  starts: readonly string[] = [__dirname, process.cwd(), join(homedir(), '.node-red')],
): NodeAv | undefined {
  for (const start of starts) {
    for (let at = start; ; at = dirname(at)) {
      const folder = join(at, 'node_modules', 'node-av');
      if (existsSync(join(folder, 'package.json'))) {
        const program = join(folder, 'binary', process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
        return { folder, ffmpeg: existsSync(program) ? program : undefined };
      }
      if (dirname(at) === at) break;
    }
  }
  return undefined;
}
