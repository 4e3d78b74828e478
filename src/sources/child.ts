import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export type PipedChild = ChildProcessByStdio<null, Readable, Readable>;

/** How long a program may take to end by itself before it is killed. */
const graceMs = 1000;

/**
 * Starts a program whose output we read. It has no stdin, and it does not outlive us: when this process dies, however,
 * its output pipe breaks and the next write ends it.
 */
export function startChild(path: string, programArguments: readonly string[]): PipedChild {
  return spawn(path, programArguments, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
}

/** Asks the program to end, kills it after a second, and resolves when it is gone. Its output is thrown away. */
export function stopChild(child: PipedChild): Promise<void> {
  child.stdout.destroy();
  child.stderr.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
