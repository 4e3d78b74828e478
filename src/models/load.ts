import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Manifest } from './manifest.js';
import { ModelError } from './errors.js';
import { validateManifest } from './validate.js';

/**
 * Reads and checks one manifest; its `directory` is set.
 * @throws ModelError when the file cannot be read, is not JSON or has a wrong field
 */
export function loadManifest(path: string): Manifest {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is none' : `reading it failed (${code ?? String(error)})`;
    throw new ModelError(`Expected a model manifest at ${path} but ${why}`, { cause: error });
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ModelError(`${path}: Expected JSON but received ${(error as Error).message}`, { cause: error });
  }
  const directory = dirname(resolve(path));
  return { ...validateManifest(json, path, directory), directory };
}
