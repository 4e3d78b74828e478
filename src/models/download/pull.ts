import { mkdir, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ModelError } from '../errors.js';
import { fileEntry, filePlaces, hashFile, inspectModelFile, type ModelTarget } from '../locate.js';
import type { Manifest, ModelFile } from '../manifest.js';
import { diskError, DownloadError } from './download-error.js';
import { KIND_BYTES, wrongKind } from './file-kind.js';
import { withLock } from './lock.js';
import { PartFile } from './part.js';
import { removeRecord, writeRecord } from './record.js';
import { shownUrl } from './shown-url.js';
import { transfer, type FetchOptions } from './transfer.js';

export type { FetchOptions } from './transfer.js';

export interface PullProgress {
  /** `waiting`: for another process that fetches the same file, or before another try. */
  phase: 'waiting' | 'downloading' | 'checking';
  /** Bytes there, those of an earlier run included; falls when a file must be begun anew. */
  received: number;
  /** Bytes in all, where the server or the manifest says. */
  total?: number;
}

export interface PullOptions {
  /** Where to; default `manifest.downloads`. Made when it is not there. */
  folder?: string;
  /** Called often; thrown errors stop the download. */
  onProgress?: (progress: PullProgress) => void;
  /** Stops it; what came so far is kept for the next time. */
  signal?: AbortSignal;
  /** Fetch it even where a good one is in the folder. */
  force?: boolean;
  fetchOptions?: FetchOptions;
}

export interface PulledFile {
  path: string;
  size: number;
  sha256: string;
  /** False: it was there already. */
  fetched: boolean;
}

/**
 * Fetches a model's file into the folder of downloads, unless a good one is there or beside the manifest. The file appears
 * whole and checked under its name, or not at all; a broken download goes on where it stopped, also after a restart. Any number
 * of processes may ask for the same file: one fetches it, the others wait for it.
 *
 * Checked are the size and sha256 of the manifest, where it has them, and that it is no web page, text or archive. What it was
 * like is recorded beside it.
 *
 * @throws ModelError the manifest has no such file, or no address for it
 * @throws DownloadError it could not be fetched: says why and what to do
 */
export async function pullModelFile(
  manifest: Manifest,
  target: ModelTarget,
  options: PullOptions = {},
): Promise<PulledFile> {
  const entry = fileEntry(manifest, target);
  const what = `${target} of model ${manifest.name}`;
  if (entry === undefined) throw new ModelError(`Expected a file for ${what} in its manifest but received none`);
  if (basename(entry.file) !== entry.file || /[\\\0]|^\.*$/.test(entry.file)) {
    throw new ModelError(`Expected a file name without a folder for ${what} but received ${entry.file}`);
  }
  const folder = options.folder ?? manifest.downloads;
  if (folder === undefined) throw new ModelError(`Expected a folder to fetch ${what} to but received none`);
  const present = options.force === true ? undefined : await presentFile(manifest, entry, folder);
  if (present !== undefined) return present;
  const path = join(folder, entry.file);
  const url = addressOf(entry, what, path);
  throwIfAborted(options.signal, url);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw diskError(error, folder, entry.size);
  });
  const { signal, fetchOptions } = options;
  const onWait = () => options.onProgress?.({ phase: 'waiting', received: 0, ...sized(entry.size) });
  const lock = { signal, onWait, staleMs: fetchOptions?.staleMs };
  return withLock(`${path}.lock`, lock, async (assertHeld) => {
    // Whoever had the lock before may have fetched it.
    const ready = options.force === true ? undefined : await presentFile(manifest, entry, folder);
    return ready ?? fetchFile({ target, entry, url, path, options, assertHeld });
  });
}

async function presentFile(manifest: Manifest, entry: ModelFile, folder: string): Promise<PulledFile | undefined> {
  for (const { path } of filePlaces(manifest, entry, folder)) {
    const found = await inspectModelFile(manifest, entry, path);
    if (found.state === 'good') return { path, size: found.size, sha256: found.sha256, fetched: false };
  }
  return undefined;
}

function addressOf(entry: ModelFile, what: string, path: string): URL {
  if (entry.url === undefined) {
    throw new ModelError(`Expected an address for ${what} in its manifest but received none: put the file at ${path}`);
  }
  if (!URL.canParse(entry.url) || !/^https?:$/.test(new URL(entry.url).protocol)) {
    throw new ModelError(`Expected an address of http or https for ${what} but received ${shownUrl(entry.url)}`);
  }
  return new URL(entry.url);
}

interface Job {
  target: ModelTarget;
  entry: ModelFile;
  url: URL;
  path: string;
  options: PullOptions;
  assertHeld: () => Promise<void>;
}

async function fetchFile(job: Job): Promise<PulledFile> {
  for (;;) {
    const part = await PartFile.open(`${job.path}.part`);
    let outcome: { sha256: string; size: number } | undefined;
    let wrong = false;
    try {
      await fill(job, part);
      outcome = await check(job, part);
      await part.sync();
      await job.assertHeld();
    } catch (thrown) {
      wrong = thrown instanceof DownloadError && thrown.reason === 'wrong-file';
      // A beginning from an earlier run may be what is wrong: then once more, all of it.
      if (!wrong || part.inherited === 0) throw thrown;
    } finally {
      await part.close();
      // What is wrong will not become right by its rest, and a file without bytes is no beginning.
      if (wrong || (outcome === undefined && part.size === 0)) await part.remove();
    }
    if (outcome !== undefined) return install(job, part, outcome);
  }
}

async function fill({ url, entry, path, options }: Job, part: PartFile): Promise<void> {
  try {
    await transfer({
      url,
      part,
      expectedSize: entry.size,
      hasChecksum: entry.sha256 !== undefined,
      signal: options.signal,
      options: options.fetchOptions ?? {},
      onProgress: (phase, received, total = entry.size) => {
        options.onProgress?.({ phase, received, ...sized(total) });
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof DownloadError)) throw thrown;
    // A firewall that swallows packets looks like a line that broke off before the first byte.
    const noWay = thrown.reason === 'offline' || (thrown.reason === 'broken' && part.size === 0);
    if (!noWay) throw thrown;
    const instead = `; or fetch ${shownUrl(url)} on another computer and put it at ${path}`;
    throw new DownloadError(thrown.reason, `${thrown.message}${instead}`, { cause: thrown });
  }
}

async function check({ target, entry, url, options }: Job, part: PartFile): Promise<{ sha256: string; size: number }> {
  const { size } = part;
  options.onProgress?.({ phase: 'checking', received: size, total: size });
  const where = shownUrl(url);
  const wrong = (expected: string, received: string) =>
    new DownloadError('wrong-file', `Expected ${expected} at ${where} but received ${received}`);
  const kind = wrongKind(await part.head(KIND_BYTES), target);
  if (kind !== undefined) throw wrong(target === 'onnx' ? 'an ONNX network' : `a HEF for ${target}`, kind);
  const sha256 = await hashFile(part.path).catch((error: unknown) => {
    throw diskError(error, part.path);
  });
  if (entry.sha256 !== undefined && sha256 !== entry.sha256) {
    throw wrong(`sha256 ${entry.sha256}`, `${sha256}: another file, or one that was damaged on the way`);
  }
  return { sha256, size };
}

/** Gives the part its name. Its record follows, so that none ever stands beside a file that it does not describe. */
async function install(
  { url, path }: Job,
  part: PartFile,
  known: { sha256: string; size: number },
): Promise<PulledFile> {
  try {
    const etag = part.origin?.etag;
    await removeRecord(path);
    await rename(part.path, path);
    await syncFolder(dirname(path));
    await part.removeOrigin();
    const fetched = new Date().toISOString();
    await writeRecord(path, { ...known, url: shownUrl(url), ...(etag === undefined ? {} : { etag }), fetched });
    return { path, ...known, fetched: true };
  } catch (error) {
    throw diskError(error, path);
  }
}

/** Without it the new name may be lost with the power, the file with it. Not every system can. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    return;
  }
}

function sized(total: number | undefined): { total?: number } {
  return total === undefined ? {} : { total };
}

function throwIfAborted(signal: AbortSignal | undefined, url: URL): void {
  if (signal?.aborted) throw new DownloadError('aborted', `Fetching ${shownUrl(url)} was stopped`);
}
