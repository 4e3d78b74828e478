import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Frame } from '../frame/frame.js';
import { readPicture, type PictureOptions } from './picture.js';
import { SourceError, type FrameSource } from './source.js';

export const pictureExtensions = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif'];

export interface FolderOptions extends PictureOptions {
  /** Dates the pictures so many per second from the start of the run; left out, each gets the time of its reading. */
  fps?: number | undefined;
  /** Told of every picture that could not be read; it is skipped. */
  onProblem?: ((error: Error) => void) | undefined;
}

/**
 * The pictures of a folder, by name as people count (2 before 10), without its subfolders.
 * @throws SourceError when the folder is not there or has no pictures
 */
export async function openFolder(path: string, options: FolderOptions): Promise<FrameSource> {
  return openPictures(await listPictures(path), `folder ${basename(path)}`, options);
}

/** The pictures at these paths, in this order. */
export function openPictures(paths: readonly string[], description: string, options: FolderOptions): FrameSource {
  const start = options.counter.begin();
  let position = 0;
  let closed = false;
  let currentFile: string | undefined;

  async function next(): Promise<Frame | null> {
    while (!closed && position < paths.length) {
      const index = position++;
      const timestamp = options.fps === undefined ? Date.now() : start + (index * 1000) / options.fps;
      try {
        const frame = await readPicture(paths[index]!, timestamp, options);
        currentFile = paths[index];
        return closed ? null : frame;
      } catch (error) {
        if (closed) return null;
        options.onProblem?.(error as Error);
      }
    }
    return null;
  }

  return {
    description,
    expectedFrames: paths.length,
    get currentFile() {
      return currentFile;
    },
    next,
    async close() {
      closed = true;
    },
  };
}

/**
 * Paths of a folder's pictures in natural order.
 * @throws SourceError when there are none
 */
export async function listPictures(path: string): Promise<string[]> {
  if (path.trim() === '') throw new SourceError('Expected the path of a folder but received an empty one');
  let entries;
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const received = code === 'ENOENT' ? 'nothing there' : code === 'ENOTDIR' ? 'a file' : (error as Error).message;
    throw new SourceError(`Expected a folder for ${path} but received ${received}`, 'ALPR_SOURCE', { cause: error });
  }
  const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && isPictureName(entry.name))
    .map((entry) => entry.name)
    .sort(natural.compare);
  if (names.length === 0) {
    throw new SourceError(
      `Expected pictures (${pictureExtensions.join(', ')}) for folder ${path} but received ` +
        (entries.length === 0 ? 'an empty folder' : `${entries.length} entries of other kinds`),
    );
  }
  return names.map((name) => join(path, name));
}

/** True for names that end like a picture's. */
export function isPictureName(name: string): boolean {
  return pictureExtensions.includes(extname(name).toLowerCase());
}
