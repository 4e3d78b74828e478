import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** What a fetched file was like when it was written; the only check of files whose makers publish no checksum. */
export interface DownloadRecord {
  sha256: string;
  /** Bytes. */
  size: number;
  /** Where from, without credentials and query. */
  url: string;
  etag?: string;
  /** ISO 8601. */
  fetched: string;
}

/** Beside the file. Not `.json`: the folder may hold manifests too, and a catalogue takes every `.json` for one. */
export function recordPath(file: string): string {
  return `${file}.download`;
}

/** @returns undefined when there is none, or none that can be read */
export async function readRecord(file: string): Promise<DownloadRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(recordPath(file), 'utf8')) as Partial<DownloadRecord> | null;
    if (record === null || !/^[0-9a-f]{64}$/.test(record.sha256 ?? '') || !Number.isInteger(record.size))
      return undefined;
    return record as DownloadRecord;
  } catch {
    return undefined;
  }
}

/** Takes its place whole: a reader in another process sees the old record, this one or none, never half of one. */
export async function writeRecord(file: string, record: DownloadRecord): Promise<void> {
  await replaceFile(recordPath(file), `${JSON.stringify(record, undefined, 2)}\n`);
}

export async function removeRecord(file: string): Promise<void> {
  await rm(recordPath(file), { force: true });
}

/** Writes a small file beside its place and moves it there. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(fresh, text);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw error;
  }
}
