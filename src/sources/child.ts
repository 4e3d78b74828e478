import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { guardAgainstOrphan } from './orphan-guard.js';
import { shortageOf } from './shortage.js';

export type PipedChild = ChildProcessByStdio<null, Readable, Readable>;
export type FedChild = ChildProcessByStdio<Writable, Readable, Readable>;

/** How long a program may take to end by itself before it is killed. */
const graceMs = 1000;

/** When the guards of programs that have ended are gone. */
const guards = new WeakMap<ChildProcess, Promise<void>>();

/**
 * Starts a program whose output we read. It has no stdin, and it does not outlive us. Why it could not be started, whatever the
 * reason, is said by an event `error` in a later turn; its output is empty then. `whyNotStarted` has words for it.
 */
export function startChild(path: string, programArguments: readonly string[]): PipedChild {
  return start(path, programArguments, 'ignore') as PipedChild;
}

/** The same with a stdin that we write. When it ends before it has read all, the rest is thrown away. */
export function startFedChild(path: string, programArguments: readonly string[]): FedChild {
  const child = start(path, programArguments, 'pipe') as FedChild;
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

/** Why a program did not start, to go on after "but ". @param program as people call it */
export function whyNotStarted(program: string, error: Error): string {
  const shortage = shortageOf(error);
  return shortage === undefined
    ? `${program} could not be run (${error.message})`
    : `${program} could not be started: ${shortage}`;
}

function start(path: string, programArguments: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess {
  let child: ChildProcess;
  try {
    child = spawn(path, programArguments, { stdio: [stdin, 'pipe', 'pipe'], windowsHide: true });
  } catch (error) {
    // Most reasons come as an event, too little memory comes as this.
    child = unborn();
    setImmediate(() => child.emit('error', error));
  }
  // Where no file can be opened any more, Node makes no pipes, whatever its types say.
  child.stdout ??= emptyPipe();
  child.stderr ??= emptyPipe();
  if (stdin === 'pipe') child.stdin ??= new PassThrough().resume();
  return guarded(child);
}

function unborn(): ChildProcess {
  const nothing = { pid: undefined, exitCode: null, signalCode: null, stdin: null, stdout: null, stderr: null };
  return Object.assign(new EventEmitter(), nothing, { kill: () => false }) as unknown as ChildProcess;
}

function emptyPipe(): PassThrough {
  const pipe = new PassThrough();
  pipe.end();
  return pipe;
}

function guarded<Child extends ChildProcess>(child: Child): Child {
  if (child.pid === undefined) return child;
  const takeAway = guardAgainstOrphan(child.pid);
  guards.set(child, new Promise((resolve) => child.once('exit', () => void takeAway().then(resolve))));
  return child;
}
