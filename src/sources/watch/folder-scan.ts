import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isWatchedName } from './file-names.js';

export interface FoundFile {
  path: string;
  /** Bytes. */
  size: number;
  /** ms since the epoch. */
  mtimeMs: number;
}

interface KnownFolder {
  mtimeMs: number;
  /** Time of the youngest file in it. */
  youngest: number;
  folders: string[];
}

/** A folder in which nothing has happened for so long is only asked for its own date, ms. */
const quietAfterMs = 3600_000;
/** Every so many looks all folders are read: dates of folders are not reliable everywhere, and a file written over changes none. */
const thoroughEvery = 30;
const deepest = 8;
const mostFolders = 10_000;
/** Files asked at once; libuv has four threads, and pictures are decoded there, too. */
const atOnce = 3;

/**
 * Goes through a folder and its subfolders, again and again. It asks the file system itself, as fs.watch notices nothing of what other computers do on
 * a network drive. Links are not followed: nothing outside the folder is ever named.
 */
export class FolderScan {
  private known = new Map<string, KnownFolder>();
  private looks = 0;

  /** @param unreadable told of subfolders that may not be read */
  constructor(
    private readonly root: string,
    private readonly unreadable: (folder: string, error: NodeJS.ErrnoException) => void,
  ) {}

  /**
   * Names every file with a watched name, apart from those of folders where nothing has happened for long.
   * @param everything those, too: whoever waits for a file wants to hear that it is still there
   * @throws what the file system says when the folder itself cannot be read
   */
  async look(found: (file: FoundFile) => void, isOver: () => boolean, everything = false): Promise<void> {
    const thorough = this.looks++ % thoroughEvery === 0 || everything;
    const next = new Map<string, KnownFolder>();
    const waiting = [{ path: await realpath(this.root), depth: 0 }];
    for (let folder = waiting.shift(); folder && !isOver(); folder = waiting.shift()) {
      const { path, depth } = folder;
      try {
        const state = await this.readFolder(folder, thorough, found, isOver);
        if (!state) continue;
        next.set(path, state);
        if (depth >= deepest) continue;
        for (const name of state.folders) {
          if (next.size + waiting.length < mostFolders) waiting.push({ path: join(path, name), depth: depth + 1 });
        }
      } catch (error) {
        if (depth === 0) throw error;
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.unreadable(path, error as NodeJS.ErrnoException);
      }
    }
    if (!isOver()) this.known = next;
  }

  private async readFolder(
    { path, depth }: { path: string; depth: number },
    thorough: boolean,
    found: (file: FoundFile) => void,
    isOver: () => boolean,
  ): Promise<KnownFolder | undefined> {
    const stats = await lstat(path);
    if (!stats.isDirectory()) {
      if (depth === 0) throw Object.assign(new Error('a file'), { code: 'ENOTDIR' });
      return undefined;
    }
    const before = this.known.get(path);
    const isQuiet =
      before?.mtimeMs === stats.mtimeMs && Date.now() - Math.max(before.youngest, before.mtimeMs) > quietAfterMs;
    if (isQuiet && !thorough) return before;

    const entries = await readdir(path, { withFileTypes: true });
    const state: KnownFolder = { mtimeMs: stats.mtimeMs, youngest: 0, folders: [] };
    const candidates = entries.filter((entry) => !entry.name.startsWith('.') && !entry.isSymbolicLink());
    for (let i = 0; i < candidates.length && !isOver(); i += atOnce) {
      await Promise.all(
        candidates.slice(i, i + atOnce).map(async (entry) => {
          if (entry.isDirectory()) state.folders.push(entry.name);
          else await this.readEntry(path, entry, state, found);
        }),
      );
    }
    return state;
  }

  private async readEntry(
    folder: string,
    entry: Dirent,
    state: KnownFolder,
    found: (file: FoundFile) => void,
  ): Promise<void> {
    // Some network drives do not say what an entry is.
    if (entry.isFile() && !isWatchedName(entry.name)) return;
    const path = join(folder, entry.name);
    let stats: Stats;
    try {
      stats = await lstat(path);
    } catch {
      return;
    }
    if (stats.isDirectory()) state.folders.push(entry.name);
    if (!stats.isFile() || !isWatchedName(entry.name)) return;
    state.youngest = Math.max(state.youngest, stats.mtimeMs);
    found({ path, size: stats.size, mtimeMs: stats.mtimeMs });
  }
}
