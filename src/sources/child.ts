import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { guardAgainstOrphan } from './orphan-guard.js';

export type PipedChild = ChildProcessByStdio<null, Readable, Readable>;
export type FedChild = ChildProcessByStdio<Writable, Readable, Readable>;

/** How long a program may take to end by itself before it is killed. */
const graceMs = 1000;

/** When the guards of programs that have ended are gone. */
const guards = new WeakMap<ChildProcess, Promise<void>>();

/** Starts a program whose output we read. It has no stdin, and it does not outlive us. */
export function startChild(path: string, programArguments: readonly string[]): PipedChild {
  return guarded(spawn(path, programArguments, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true }));
}

/** The same with a stdin that we write. When it ends before it has read all, the rest is thrown away. */
export function startFedChild(path: string, programArguments: readonly string[]): FedChild {
  const child = guarded(spawn(path, programArguments, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true }));
  child.stdin.on('error', () => undefined);
  return child;
}

/** Asks the program to end, kills it after a second, and resolves when it is gone. Its output is thrown away. */
export async function stopChild(child: PipedChild | FedChild): Promise<void> {
  child.stdin?.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }
  await guards.get(child);
}

function guarded<Child extends ChildProcess>(child: Child): Child {
  if (child.pid === undefined) return child;
  const takeAway = guardAgainstOrphan(child.pid);
  guards.set(child, new Promise((resolve) => child.once('exit', () => void takeAway().then(resolve))));
  return child;
}
