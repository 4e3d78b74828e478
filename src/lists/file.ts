import { createHash } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What becomes of a watched file. Each is told when it becomes so, not again with every look at it. */
export interface FileEvents {
  /** The file's bytes, at first and whenever they are others. */
  content(bytes: Buffer): void;
  /** There is no such file, and not only for the moment in which an editor replaces it. */
  missing(): void;
  /** It is there, or its folder is not, and it cannot be read. */
  unreadable(error: Error): void;
}

export interface FileTiming {
  /** How often to look, where the system does not tell of changes: network drives, replaced folders. */
  pollMs?: number;
  /** A file that changed is read when it has stayed the same for so long. */
  settleMs?: number;
}

/** 100 000 plates with names and notes are a few MiB. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Clocks of file systems that count seconds in twos (FAT) miss a change shortly after another one. */
const COARSE_CLOCK_MS = 3000;

type State = { is: 'content'; signature: string; hash: string } | { is: 'missing' } | { is: 'unreadable'; why: string };

/**
 * Watches one file by its folder, because editors replace files instead of writing them, and looks at it again and again,
 * because network drives tell of nothing.
 */
export class WatchedFile {
  #state: State | undefined;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> | undefined;
  #closed = false;
  readonly #pollMs: number;
  readonly #settleMs: number;

  constructor(
    readonly path: string,
    private readonly events: FileEvents,
    { pollMs = 2000, settleMs = 250 }: FileTiming = {},
  ) {
    this.#pollMs = pollMs;
    this.#settleMs = settleMs;
  }

  /** Reads the file for the first time and watches it from then on. Resolves when the first event has been told. */
  async start(): Promise<void> {
    await this.#lookOnce(true);
    this.#schedule(this.#pollMs);
  }

  /** Looks at the file now, whatever is known of it, and tells what it finds again. */
  async reload(): Promise<void> {
    await this.#look;
    this.#state = undefined;
    await this.#lookOnce(true);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#watchFolder();
    this.#timer = setTimeout(() => {
      void this.#lookOnce(false).then(() => this.#schedule(this.#pollMs));
    }, ms).unref();
  }

  /** Changes in the folder only say when to look; what is believed is the file itself. */
  #watchFolder(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = watch(dirname(this.path), { persistent: false }, () => this.#schedule(this.#settleMs));
      const drop = (): void => {
        watcher.close();
        if (this.#watcher === watcher) this.#watcher = undefined;
      };
      watcher.on('error', drop);
      this.#watcher = watcher;
    } catch {
      // No such folder yet, or a file system that cannot: looking again and again is enough.
    }
  }

  /** Never rejects. One at a time. */
  #lookOnce(atOnce: boolean): Promise<void> {
    this.#look ??= this.#lookAt(atOnce).finally(() => (this.#look = undefined));
    return this.#look;
  }

  async #lookAt(atOnce: boolean): Promise<void> {
    try {
      let signature = await signatureOf(this.path);
      const known = this.#state;
      if (known?.is === 'content' && known.signature === signature) return;
      if (!atOnce) signature = await this.#settled(signature);
      if (this.#closed) return;
      const bytes = await readWhole(this.path);
      if (this.#closed) return;
      const hash = createHash('sha256').update(bytes).digest('base64');
      const same = known?.is === 'content' && known.hash === hash;
      this.#state = { is: 'content', signature: isSettled(signature) ? signature : '', hash };
      if (!same) this.events.content(bytes);
    } catch (error) {
      await this.#failed(error as NodeJS.ErrnoException, atOnce);
    }
  }

  /** What the file is when it has stopped changing. */
  async #settled(first: string): Promise<string> {
    let before = first;
    // A file that never stands still is read as it is in the end.
    for (let tries = 0; tries < 20; tries++) {
      await this.#pause();
      const now = await signatureOf(this.path);
      if (now === before || this.#closed) return now;
      before = now;
    }
    return before;
  }

  async #failed(error: NodeJS.ErrnoException, atOnce: boolean): Promise<void> {
    if (error.code === 'ENOENT' && !atOnce && this.#state?.is === 'content') {
      await this.#pause();
      if (this.#closed || (await exists(this.path))) return;
    }
    if (this.#closed) return;
    // A folder that is gone is a drive that is gone, more likely than a list that somebody deleted.
    if (error.code === 'ENOENT' && (await exists(dirname(this.path)))) {
      if (this.#state?.is === 'missing') return;
      this.#state = { is: 'missing' };
      this.events.missing();
      return;
    }
    if (this.#state?.is === 'unreadable' && this.#state.why === error.message) return;
    this.#state = { is: 'unreadable', why: error.message };
    this.events.unreadable(error);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#settleMs).unref());
  }
}

/** Changes whenever the file is written or replaced: time, size, and which file it is. */
async function signatureOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${size} ${ino}`;
}

function isSettled(signature: string): boolean {
  // A drive's clock may be ahead of ours.
  return Math.abs(Date.now() - Number(signature.split(' ')[0])) > COARSE_CLOCK_MS;
}

async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) {
      throw new Error(`Expected a list of at most ${MAX_BYTES / 1024 / 1024} MiB but received ${size} bytes`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
