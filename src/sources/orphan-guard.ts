import { spawn } from 'node:child_process';

/**
 * Waits for a line or the end of its input. A line: the program has ended, all is well. The end: whoever started it is dead (nobody
 * else holds that pipe), so the program is asked to end and killed a second later. Signals to our group, such as Ctrl-C, are ours to handle.
 */
const watcher = `trap '' HUP INT TERM
read -r line && exit 0
kill "$1" 2>/dev/null || exit 0
sleep 1
kill -9 "$1" 2>/dev/null`;

/**
 * Sees to it that a program does not outlive this process, even when this is killed with -9 while the program neither reads nor
 * writes (a decoder whose camera is silent), or the thread that started it, when that is terminated. Linux, macOS and the like: a shell
 * that sleeps on a pipe of ours, which programs started later do not inherit (libuv opens with close-on-exec). Windows needs none:
 * libuv puts children into a job object that ends them with us. Where there is no shell, the program still ends with its next write.
 * @returns takes the guard away, to be called when the program has ended; resolves when the shell is gone
 */
export function guardAgainstOrphan(pid: number): () => Promise<void> {
  if (process.platform === 'win32') return () => Promise.resolve();
  let shell: ReturnType<typeof startShell>;
  try {
    shell = startShell(pid);
  } catch {
    // Too little memory. The program goes on without a guard.
    return () => Promise.resolve();
  }
  const gone = new Promise<void>((resolve) => {
    shell.once('error', () => resolve());
    shell.once('exit', () => resolve());
  });
  // Where no file can be opened any more, Node makes no pipe either, whatever its types say.
  const stdin = shell.stdin as typeof shell.stdin | undefined;
  stdin?.on('error', () => undefined);
  return () => {
    stdin?.end('done\n');
    return gone;
  };
}

function startShell(pid: number) {
  return spawn('/bin/sh', ['-c', watcher, 'sh', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'] });
}
