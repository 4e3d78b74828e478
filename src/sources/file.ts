import { stat } from 'node:fs/promises';
import { SourceError } from './source.js';

/**
 * Size in bytes of a file that must be there, be a file and not be empty.
 * @throws SourceError that names the path
 */
export async function checkFile(path: string, kind: string): Promise<number> {
  if (path.trim() === '') throw new SourceError(`Expected the path of a ${kind} but received an empty one`);
  const expected = `Expected a ${kind} file for ${path} but received`;
  let found;
  try {
    found = await stat(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SourceError(`${expected} ${missing ? 'no such file' : (error as Error).message}`, 'ALPR_SOURCE', {
      cause: error,
    });
  }
  if (!found.isFile()) throw new SourceError(`${expected} ${found.isDirectory() ? 'a folder' : 'something else'}`);
  if (found.size === 0) throw new SourceError(`${expected} an empty file (0 bytes)`);
  return found.size;
}
