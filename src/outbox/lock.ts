import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutboxError, systemReason } from './errors.js';

/** An owner shows that it lives this often, ms. */
const BEAT_MS = 1000;
/** So many looks without a sign of life, one per beat, and the owner is gone. */
const LOOKS = 5;

/** Folders in use in this process. */
const ours = new Set<string>();

/**
 * Makes this the only outbox of the folder, in this process and outside. A lock that a killed process left is taken over: at once
 * when its process is gone, else (another container, where process numbers say nothing) when it shows no sign of life.
 *
 * @param folder absolute path of a folder that exists
 * @returns gives the folder back
 * @throws OutboxError `ALPR_OUTBOX_LOCKED`
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  if (ours.has(folder)) throw locked(folder, 'another outbox of this Node-RED uses it');
  ours.add(folder);
  const path = join(folder, 'lock');
  const token = randomUUID();
  try {
    await acquire(path, folder, token);
  } catch (error) {
    ours.delete(folder);
    throw error;
  }
  const beat = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    ours.delete(folder);
    if ((await ownerOf(path))?.token === token) await rm(path, { force: true }).catch(() => undefined);
  };
}

async function acquire(path: string, folder: string, token: string): Promise<void> {
  const text = JSON.stringify({ token, pid: process.pid, host: hostname() });
  for (;;) {
    try {
      await writeFile(path, text, { flag: 'wx', mode: 0o600 });
      return;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        // What is kept can be delivered without a byte of room, and this process at least knows of itself.
        await rm(path, { force: true }).catch(() => undefined);
        return;
      }
      if (code !== 'EEXIST') {
        const reason = `Expected to use the folder ${folder} but received ${systemReason(cause)}`;
        throw new OutboxError('ALPR_OUTBOX_DISK', reason, { cause });
      }
    }
    if (!(await isLeftBehind(path))) throw locked(folder, 'another process uses it');
    await rm(path, { force: true });
  }
}

async function isLeftBehind(path: string): Promise<boolean> {
  const owner = await ownerOf(path);
  if (owner?.host === hostname()) {
    // Our own number without our knowledge: that process was ours before a restart, as in a container.
    if (owner.pid === process.pid || !isAlive(owner.pid)) return true;
  }
  const timeOf = (): Promise<number> =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  const first = await timeOf();
  for (let look = 0; look < LOOKS; look++) {
    await sleep(BEAT_MS);
    if ((await timeOf()) !== first) return false;
  }
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function ownerOf(path: string): Promise<{ token: string; pid: number; host: string } | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as { token?: unknown; pid?: unknown; host?: unknown };
    const { token, pid, host } = owner;
    if (typeof token !== 'string' || typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { token, pid, host };
  } catch {
    return undefined;
  }
}

function locked(folder: string, why: string): OutboxError {
  return new OutboxError(
    'ALPR_OUTBOX_LOCKED',
    `Expected the folder ${folder} for this outbox alone but ${why}: give each outbox a folder of its own`,
  );
}
