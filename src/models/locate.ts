import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readRecord, recordPath } from './download/record.js';
import { shownUrl } from './download/shown-url.js';
import { ModelError } from './errors.js';
import type { Manifest, ModelFile } from './manifest.js';

export const modelTargets = ['onnx', 'hailo8', 'hailo8l', 'hailo8r'] as const;

/** The CPU's file, or that of a chip. */
export type ModelTarget = (typeof modelTargets)[number];

/** A place where a model's file may lie. */
export interface FilePlace {
  path: string;
  /** In the folder of downloads rather than beside its manifest. */
  downloaded: boolean;
}

/** What is at one place. */
export type FileInspection =
  | { state: 'good'; size: number; sha256: string; checkedAgainst: 'manifest' | 'download' | 'nothing' }
  | { state: 'missing' | 'damaged'; size?: number; error: ModelError };

/** sha256 by path, size and time of change: a file is read once, not at every deploy. */
const checked = new Map<string, Promise<string>>();

/**
 * The path of a manifest's model file, after checking that it is there and is the one the manifest means: beside the manifest,
 * else in the folder of downloads. Where the manifest has no checksum the file must be what it was when it was fetched; one that
 * was put there by hand is taken as it is.
 *
 * @param options.downloads the folder of downloads; default `manifest.downloads`
 * @throws ModelError when it is missing, or its size or sha256 differ
 */
export async function locateModelFile(
  manifest: Manifest,
  target: ModelTarget,
  options: { downloads?: string } = {},
): Promise<string> {
  const entry = fileEntry(manifest, target);
  const name = `model ${manifest.name}`;
  if (!entry) throw new ModelError(`Expected a file for ${target} in the manifest of ${name} but received none`);
  const places = filePlaces(manifest, entry, options.downloads);
  if (places.length === 0) throw new ModelError(`Expected the folder of ${name} to be known but received none`);
  let problem: ModelError | undefined;
  for (const { path } of places) {
    const found = await inspectModelFile(manifest, entry, path);
    if (found.state === 'good') return path;
    // A damaged file is the better explanation, unless another place has a good one.
    if (found.state === 'damaged') problem ??= found.error;
  }
  throw problem ?? missing(manifest, entry, places);
}

export function fileEntry({ files }: Manifest, target: ModelTarget): ModelFile | undefined {
  return target === 'onnx' ? files.onnx : files.hef?.[target];
}

/** Where a model's file is looked for, the first place first. */
export function filePlaces(manifest: Manifest, entry: ModelFile, downloads = manifest.downloads): FilePlace[] {
  const places: FilePlace[] = [];
  if (manifest.directory !== undefined) places.push({ path: join(manifest.directory, entry.file), downloaded: false });
  if (downloads !== undefined) {
    const path = join(downloads, entry.file);
    if (!places.some((place) => resolve(place.path) === resolve(path))) places.push({ path, downloaded: true });
  }
  return places;
}

/** Looks at a model's file at one place; never rejects. */
export async function inspectModelFile(manifest: Manifest, entry: ModelFile, path: string): Promise<FileInspection> {
  const name = `model ${manifest.name}`;
  const help = whereToGet(manifest, entry);
  const damaged = (what: string, size?: number, cause?: unknown): FileInspection => {
    const error = new ModelError(`Expected ${what}`, {
      brief: 'fetch model again',
      ...(cause === undefined ? {} : { cause }),
    });
    return size === undefined ? { state: 'damaged', error } : { state: 'damaged', size, error };
  };
  try {
    const info = await stat(path);
    if (!info.isFile()) return damaged(`the file of ${name} at ${path} but received a folder`);
    const { size } = info;
    if (entry.size !== undefined && size !== entry.size) {
      const received = `${size}: it is cut off or another file`;
      return damaged(`${entry.size} bytes for ${path} (${name}) but received ${received}${help}`, size);
    }
    const sha256 = await checksum(path, `${path}|${size}|${info.mtimeMs}|${info.ino}`);
    if (entry.sha256 !== undefined) {
      if (sha256 === entry.sha256) return { state: 'good', size, sha256, checkedAgainst: 'manifest' };
      const received = `${sha256}: it is damaged or another file`;
      return damaged(`sha256 ${entry.sha256} for ${path} (${name}) but received ${received}${help}`, size);
    }
    const record = await readRecord(path);
    if (record === undefined) return { state: 'good', size, sha256, checkedAgainst: 'nothing' };
    if (sha256 === record.sha256) return { state: 'good', size, sha256, checkedAgainst: 'download' };
    const own = `; if you put it there yourself, delete ${recordPath(path)}`;
    const received = `${sha256}: it is damaged or another file`;
    return damaged(
      `sha256 ${record.sha256}, as fetched, for ${path} (${name}) but received ${received}${help}${own}`,
      size,
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Part of the path may be a file: then there is nothing at this place either.
    const absent = code === 'ENOENT' || code === 'ENOTDIR';
    if (absent) return { state: 'missing', error: missing(manifest, entry, [{ path, downloaded: false }]) };
    return damaged(`the file of ${name} at ${path} but received ${code ?? String(error)}${help}`, undefined, error);
  }
}

function missing(manifest: Manifest, entry: ModelFile, places: FilePlace[]): ModelError {
  const where = places.map(({ path }) => path).join(' or ');
  return new ModelError(
    `Expected the file of model ${manifest.name} at ${where} but found none${whereToGet(manifest, entry)}`,
    { brief: 'fetch the model' },
  );
}

function whereToGet({ name }: Manifest, entry: ModelFile): string {
  if (entry.url === undefined) return '';
  return `; it can be fetched from ${shownUrl(entry.url)}, or with: alpr models pull ${name}`;
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

/** sha256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
