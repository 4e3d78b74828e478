import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Frame } from '../frame/frame.js';
import { decodeImage } from '../image/decode.js';
import { SourceError, type FrameSource } from './source.js';
import { openVideo, type VideoOptions } from './video.js';
import { Arrivals, type Arrival } from './watch/arrivals.js';
import { isVideoName } from './watch/file-names.js';
import { FolderScan, type FoundFile } from './watch/folder-scan.js';
import { removeFile } from './watch/remove-file.js';
import { isWhole } from './watch/whole-file.js';

/** What becomes of a file that was read. */
export const watchFilesChoices = ['keep', 'delete'] as const;
export type WatchFiles = (typeof watchFilesChoices)[number];

export interface WatchOptions extends VideoOptions {
  /** Default keep. `delete`: once all of its frames went out; a file that cannot be read stays. */
  watchFiles?: WatchFiles | undefined;
  /** Also the files that are there at the start. Default false. */
  watchExisting?: boolean | undefined;
  /** At least so long from one look at the folder to the next, ms. Default 1000; more where a look takes long. */
  lookMs?: number | undefined;
  /** A file is taken for written when it has not changed for so long, ms. Default 1000. */
  stableMs?: number | undefined;
  /** A file that has no end yet, although nobody writes, is read after so long all the same, ms. Default 30 000. */
  patienceMs?: number | undefined;
}

/** A look at the folder is followed by so many times its own duration of rest. */
const restFactor = 20;
/** What opening waits for the first look at most, ms. */
const longestOpeningMs = 5000;

/**
 * Pictures and videos that arrive in a folder and its subfolders, as an NVR or a camera puts them there. It never ends by itself.
 *
 * A file is read once it has stopped changing and, where that is quickly told, has its end; oldest first. Pictures are dated by their file's
 * date, which is when the camera or the recorder wrote it (EXIF has no time zone, and cameras' own clocks are often wrong), videos so that
 * they end at it. Dates in the future count as now, and one camera's time never goes back.
 *
 * A folder that is not there, or goes away, is a problem; it goes on when the folder comes back.
 * @throws SourceError when no folder is named
 */
export async function openWatch(path: string, options: WatchOptions): Promise<FrameSource> {
  if (path.trim() === '') throw new SourceError('Expected the path of a folder but received an empty one');
  const source = new WatchSource(path, options);
  await source.start();
  return source;
}

class WatchSource implements FrameSource {
  readonly description: string;
  readonly expectedFrames = undefined;
  currentFile: string | undefined;
  private readonly arrivals: Arrivals;
  private readonly scan: FolderScan;
  private readonly openedAt = Date.now();
  /** Who waits for something, and wants to know when we are closed meanwhile. */
  private readonly waits = new Set<() => void>();
  private looking: Promise<void> | undefined;
  private isClosed = false;
  private video: { source: FrameSource; file: FoundFile; frames: number } | undefined;
  /** Its frames went out when the next one is asked for. */
  private done: FoundFile | undefined;
  private hasLooked = false;
  private isThere = true;
  private nextLook = 0;

  constructor(
    private readonly path: string,
    private readonly options: WatchOptions,
  ) {
    this.description = `watched folder ${basename(path)}`;
    this.arrivals = new Arrivals({ stableMs: options.stableMs ?? 1000 });
    const unreadable = new Set<string>();
    this.scan = new FolderScan(path, (folder, error) => {
      if (unreadable.has(folder) || unreadable.size > 1000) return;
      unreadable.add(folder);
      this.problem(`Expected folder ${folder} to be readable but received ${error.code ?? error.message}`, error);
    });
  }

  /** The first look decides what counts as already there. A drive that does not answer is not waited for here. */
  async start(): Promise<void> {
    this.looking = this.look();
    await this.unlessOver(this.looking, longestOpeningMs);
  }

  async next(): Promise<Frame | null> {
    await this.removeDone();
    while (!this.isClosed) {
      const frame = this.video ? await this.nextOfVideo(this.video) : await this.nextFile();
      if (frame) return frame;
    }
    return null;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const release of [...this.waits]) release();
    await this.video?.source.close();
  }

  /** Undefined when the file brought nothing. */
  private async nextFile(): Promise<Frame | undefined> {
    const file = await this.pick();
    if (!file || !(await this.isStillThat(file))) return undefined;
    const endsAt = Math.min(file.mtimeMs, Date.now());
    try {
      if (isVideoName(file.path)) {
        const source = await openVideo(file.path, { ...this.options, endsAt });
        if (this.isClosed) await source.close();
        else this.video = { source, file, frames: 0 };
        return undefined;
      }
      const frame = await this.readPicture(file, endsAt);
      this.currentFile = file.path;
      this.done = file;
      return frame;
    } catch (error) {
      if (!this.isClosed) this.options.onProblem?.(error as Error);
      return undefined;
    }
  }

  private async readPicture(file: FoundFile, timestamp: number): Promise<Frame | undefined> {
    const { counter, pool, maxMegapixels, maxWidth } = this.options;
    const header = { ...counter.next(timestamp), still: true };
    const reading = decodeImage(file.path, header, { maxMegapixels, maxWidth, pool });
    const frame = await this.unlessClosed(reading);
    if (!frame) {
      // A drive that has gone may keep us waiting for ever, but not whoever closes us.
      reading.then(
        (late) => pool.recycle(late),
        () => undefined,
      );
    }
    return frame;
  }

  private async nextOfVideo(video: {
    source: FrameSource;
    file: FoundFile;
    frames: number;
  }): Promise<Frame | undefined> {
    try {
      const frame = await video.source.next();
      if (frame && !this.isClosed) {
        video.frames++;
        this.currentFile = video.file.path;
        return frame;
      }
      if (frame) this.options.pool.recycle(frame);
      if (!this.isClosed && video.frames > 0) this.done = video.file;
    } catch (error) {
      if (!this.isClosed) this.options.onProblem?.(error as Error);
    }
    this.video = undefined;
    await video.source.close();
    await this.removeDone();
    return undefined;
  }

  /** The oldest file that is ready, as soon as there is one; undefined when closed. */
  private async pick(): Promise<Arrival | undefined> {
    await this.unlessClosed(this.looking ?? Promise.resolve());
    while (!this.isClosed) {
      for (const file of this.arrivals.settled(performance.now())) {
        if (!(await this.isReady(file))) continue;
        this.arrivals.take(file);
        return file;
      }
      await this.pause(this.nextLook - performance.now());
      this.looking ??= this.isClosed ? undefined : this.look();
      await this.unlessClosed(this.looking ?? Promise.resolve());
    }
    return undefined;
  }

  private async isReady(file: Arrival): Promise<boolean> {
    if (performance.now() - file.since >= (this.options.patienceMs ?? 30_000)) return true;
    file.isWhole ??= (await this.unlessClosed(isWhole(file.path, file.size).catch(() => true))) ?? true;
    return file.isWhole;
  }

  /** Changed files wait anew; deleted ones are nobody's business. */
  private async isStillThat({ path, size, mtimeMs }: FoundFile): Promise<boolean> {
    const stats = await this.unlessClosed(lstat(path).catch(() => undefined));
    if (stats?.isFile() !== true) return false;
    if (stats.size === size && stats.mtimeMs === mtimeMs) return true;
    this.arrivals.note({ path, size: stats.size, mtimeMs: stats.mtimeMs });
    return false;
  }

  private async look(): Promise<void> {
    const started = performance.now();
    const { arrivals } = this;
    const isFirst = !this.hasLooked;
    arrivals.begin();
    try {
      await this.scan.look(
        (file) => (isFirst && this.wasThere(file) ? arrivals.take(file) : arrivals.note(file)),
        () => this.isClosed,
        arrivals.isWaiting,
      );
      if (this.isClosed) return;
      arrivals.end(performance.now());
      this.hasLooked = true;
      this.isThere = true;
    } catch (error) {
      if (this.isThere) this.problem(this.missing(error as NodeJS.ErrnoException), error);
      this.isThere = false;
    }
    const now = performance.now();
    this.looking = undefined;
    this.nextLook = now + Math.max(this.options.lookMs ?? 1000, (now - started) * restFactor);
  }

  /** In the first look. Where the folder was missing before, files that are younger than our start have arrived since. */
  private wasThere(file: FoundFile): boolean {
    if (this.options.watchExisting === true) return false;
    return this.isThere || file.mtimeMs < this.openedAt;
  }

  private async removeDone(): Promise<void> {
    const { done } = this;
    this.done = undefined;
    if (!done || this.options.watchFiles !== 'delete' || this.isClosed) return;
    try {
      await this.unlessClosed(removeFile(this.path, done));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.problem(`Expected to delete ${done.path} after it was read but received ${code ?? message}`, error);
    }
  }

  private missing(error: NodeJS.ErrnoException): string {
    const received = { ENOENT: 'nothing there', ENOTDIR: 'a file', EACCES: 'one that may not be read' }[
      error.code ?? ''
    ];
    return `Expected a folder to watch at ${this.path} but received ${received ?? error.message}`;
  }

  private problem(message: string, cause: unknown): void {
    this.options.onProblem?.(new SourceError(message, 'ALPR_SOURCE', { cause }));
  }

  private async pause(ms: number): Promise<void> {
    await this.unlessOver(new Promise<never>(() => undefined), ms);
  }

  /** Undefined when closed before. */
  private unlessClosed<T>(work: Promise<T>): Promise<T | undefined> {
    return this.unlessOver(work);
  }

  /** Undefined when closed before, or after so long. (A race with one promise for the closing would keep something for every call.) */
  private unlessOver<T>(work: Promise<T>, ms?: number): Promise<T | undefined> {
    return new Promise<T | undefined>((resolve, reject) => {
      const timer = ms === undefined ? undefined : setTimeout(() => release(), Math.max(0, ms));
      const release = (): void => {
        this.waits.delete(release);
        clearTimeout(timer);
        resolve(undefined);
      };
      if (this.isClosed) return release();
      this.waits.add(release);
      work.then(resolve, reject).finally(release);
    });
  }
}
