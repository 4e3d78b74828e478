import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Manifest, ModelFile } from './manifest.js';
import { ModelError } from './errors.js';

export type ModelTarget = 'onnx' | 'hailo8' | 'hailo8l' | 'hailo8r';

/** sha256 by path, size and time of change: a file is read once, not at every deploy. */
const checked = new Map<string, Promise<string>>();

/**
 * The path of a manifest's model file, after checking that it is there and is the one the manifest means.
 * @throws ModelError when it is missing, or its size or sha256 differ
 */
export async function locateModelFile(manifest: Manifest, target: ModelTarget): Promise<string> {
  const entry = target === 'onnx' ? manifest.files.onnx : manifest.files.hef?.[target];
  const name = `model ${manifest.name}`;
  if (!entry) throw new ModelError(`Expected a file for ${target} in the manifest of ${name} but received none`);
  if (manifest.directory === undefined)
    throw new ModelError(`Expected the folder of ${name} to be known but received none`);
  const path = join(manifest.directory, entry.file);
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'found none' : `received ${error.code ?? String(error)}`;
    throw new ModelError(`Expected the file of ${name} at ${path} but ${why}${whereToGet(entry)}`, { cause: error });
  });
  if (!info.isFile()) throw new ModelError(`Expected the file of ${name} at ${path} but received a folder`);
  if (info.size !== entry.size) {
    throw new ModelError(
      `Expected ${entry.size} bytes for ${path} (${name}) but received ${info.size}: it is cut off or another file` +
        whereToGet(entry),
    );
  }
  const sha256 = await checksum(path, `${path}|${info.size}|${info.mtimeMs}|${info.ino}`);
  if (sha256 !== entry.sha256) {
    throw new ModelError(
      `Expected sha256 ${entry.sha256} for ${path} (${name}) but received ${sha256}: it is damaged or another file` +
        whereToGet(entry),
    );
  }
  return path;
}

function whereToGet(entry: ModelFile): string {
  return entry.url === undefined ? '' : `; it can be fetched from ${entry.url}`;
}

function checksum(path: string, key: string): Promise<string> {
  let sum = checked.get(key);
  if (!sum) {
    sum = hashFile(path);
    checked.set(key, sum);
    sum.catch(() => checked.delete(key));
  }
  return sum;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new ModelError(`Expected to read ${path} but received ${String(error)}`, { cause: error });
  }
  return hash.digest('hex');
}
