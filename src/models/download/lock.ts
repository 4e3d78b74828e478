import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DownloadError, diskError } from './download-error.js';

interface Owner {
  token: string;
  pid: number;
  host: string;
}

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once when another one has the lock. */
  onWait?: () => void;
  /** ms without a sign of life after which a lock is taken over; default 10 000. */
  staleMs?: number | undefined;
}

/** How long a lock may stand still, ms. */
const STALE_MS = 10_000;

/**
 * Runs `work` while this process alone has the lock file, and waits for it before. An owner changes the file's time every
 * second or so; a lock that stands still was left by a process that died, and is taken over. Clocks are not compared: only whether
 * the time changes, so that this works on shared folders too.
 *
 * @param work gets a check to make before the last, irrevocable step: it throws when the lock was taken over, as happens to a
 *   process that was suspended
 * @throws DownloadError `disk`, or `aborted` while waiting
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: (assertHeld: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const owner: Owner = { token: randomUUID(), pid: process.pid, host: hostname() };
  await acquire(path, owner, options);
  const isHeld = async () => (await readOwner(path))?.token === owner.token;
  const beat = setInterval(() => {
    const now = new Date();
    void isHeld()
      .then((held) => (held ? utimes(path, now, now) : undefined))
      .catch(() => undefined);
  }, beatOf(options));
  beat.unref();
  try {
    return await work(async () => {
      if (await isHeld()) return;
      const text = `Expected to be the only one that fetches ${path.replace(/\.lock$/, '')} but another process took over`;
      throw new DownloadError('disk', `${text}: wait for it, or try again`);
    });
  } finally {
    clearInterval(beat);
    if (await isHeld()) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** How often an owner gives a sign of life, and others look for it, ms. */
function beatOf({ staleMs = STALE_MS }: LockOptions): number {
  return Math.min(1000, staleMs / 5);
}

async function acquire(path: string, owner: Owner, options: LockOptions): Promise<void> {
  const { signal, onWait, staleMs = STALE_MS } = options;
  const pause = Math.min(200, beatOf(options) / 2);
  let seen: { token: string; mtime: number; looks: number } | undefined;
  let waiting = false;
  for (;;) {
    throwIfAborted(signal, path);
    try {
      await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A full disk takes the file's name but not what is in it.
      if (code === 'ENOSPC' || code === 'EDQUOT') await rm(path, { force: true }).catch(() => undefined);
      if (code !== 'EEXIST') throw diskError(error, path);
    }
    if (!waiting) onWait?.();
    waiting = true;
    const mtime = await stat(path).then(
      (info) => info.mtimeMs,
      () => undefined,
    );
    if (mtime !== undefined) {
      const other = await readOwner(path);
      const token = other?.token ?? '';
      if (seen === undefined || seen.token !== token || seen.mtime !== mtime) {
        seen = { token, mtime, looks: 0 };
      }
      seen.looks += 1;
      // The number of a process says nothing in another container, even of the same host name: its sign of life counts too.
      const patience = other !== undefined && isDead(other, owner) ? staleMs / 4 : staleMs;
      // Looks are counted, not time: a process that was itself held up must not blame the owner.
      if (seen.looks * pause >= patience) {
        await breakLock(path, token);
        seen = undefined;
        continue;
      }
    }
    await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Moves a lock away whose owner is gone. Of several that try, one moves it; who moved a newer lock by mistake puts it back. */
async function breakLock(path: string, token: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if (((await readOwner(aside))?.token ?? '') !== token) await link(aside, path);
  } catch {
    // Somebody else was faster.
  } finally {
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

/** @returns undefined when there is no lock, or its owner is just writing it */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null;
    return typeof owner?.token === 'string' ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

function isDead(other: Owner, me: Owner): boolean {
  if (other.host !== me.host || !Number.isInteger(other.pid)) return false;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function throwIfAborted(signal: AbortSignal | undefined, path: string): void {
  if (signal?.aborted) throw new DownloadError('aborted', `Waiting for ${path} was stopped`);
}
