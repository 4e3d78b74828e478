import { lstat, realpath, unlink } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { FoundFile } from './folder-scan.js';

/**
 * Deletes a file that was read, unless it is no longer that file (written over meanwhile, or a link by now), or no longer in the folder.
 * @returns whether it is gone
 * @throws what the file system says when it may not be deleted
 */
export async function removeFile(root: string, { path, size, mtimeMs }: FoundFile): Promise<boolean> {
  try {
    const stats = await lstat(path);
    if (!stats.isFile() || stats.size !== size || stats.mtimeMs !== mtimeMs) return false;
    const [home, folder] = [await realpath(root), await realpath(dirname(path))];
    if (folder !== home && !folder.startsWith(home.endsWith(sep) ? home : home + sep)) return false;
    await unlink(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}
