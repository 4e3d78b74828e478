import { randomBytes } from 'node:crypto';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ListEntry } from './entry.js';
import { ListError, problemsText } from './errors.js';
import { parseJson } from './json.js';
import { listKey } from './key.js';

/** Plates that messages may add. */
const MAX_STORED = 200_000;

/**
 * The plates that were added by messages: one entry per plate, kept in a JSON file, or in memory only.
 *
 * A change counts when the file has been written and is safe on the disk; when that fails nothing has changed.
 */
export class PlateStore {
  #entries = new Map<string, ListEntry>();
  #blocked: ListError | undefined;
  /** Changes come one after the other. */
  #line: Promise<unknown> = Promise.resolve();

  /** @param path where to keep them; '' for in memory only */
  constructor(readonly path: string) {}

  get entries(): ListEntry[] {
    return [...this.#entries.values()];
  }

  /**
   * Reads the file; there need not be one yet.
   *
   * @throws ListError when it cannot be read or an entry is wrong; then nothing is known and nothing can be changed, so that
   * the file stays as it is until it has been put right and is loaded again
   */
  load(): Promise<void> {
    return this.#inLine(async () => {
      if (this.path === '') return;
      try {
        const { entries, problems } = parseJson(await readFile(this.path, 'utf8'));
        if (problems.length > 0) throw new Error(problemsText(problems));
        this.#entries = new Map(entries.map((entry) => [listKey(entry.plate), entry]));
        this.#blocked = undefined;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
          this.#entries = new Map();
          this.#blocked = undefined;
          return;
        }
        this.#blocked = new ListError(
          'ALPR_LIST_STORE',
          `Expected the file of added plates to be readable but received ${this.path}: ${(cause as Error).message}`,
          { cause },
        );
        throw this.#blocked;
      }
    });
  }

  /** Adds entries; one of the same plate is replaced. @returns the plates' keys, once they are kept */
  add(entries: readonly ListEntry[]): Promise<string[]> {
    return this.#change((kept) => {
      const keys = entries.map((entry) => {
        const key = listKey(entry.plate);
        kept.set(key, entry);
        return key;
      });
      if (kept.size > MAX_STORED) {
        throw new ListError(
          'ALPR_LIST_STORE',
          `Expected at most ${MAX_STORED} added plates but received ${kept.size}; put long lists into a CSV or JSON file`,
        );
      }
      return keys;
    });
  }

  /** Takes plates out. @returns the keys of those that were there */
  remove(plates: readonly string[]): Promise<string[]> {
    return this.#change((kept) => [...new Set(plates.map(listKey))].filter((key) => kept.delete(key)));
  }

  /** Takes all out. @returns their keys */
  clear(): Promise<string[]> {
    return this.#change((kept) => {
      const keys = [...kept.keys()];
      kept.clear();
      return keys;
    });
  }

  #change(edit: (kept: Map<string, ListEntry>) => string[]): Promise<string[]> {
    return this.#inLine(async () => {
      if (this.#blocked !== undefined) throw this.#blocked;
      const kept = new Map(this.#entries);
      const keys = edit(kept);
      if (keys.length > 0) await this.#save([...kept.values()]);
      this.#entries = kept;
      return keys;
    });
  }

  /** Into a file beside it, which then takes its place: whoever reads, or a power cut, finds the old or the new one whole. */
  async #save(entries: readonly ListEntry[]): Promise<void> {
    if (this.path === '') return;
    const text = entries.length === 0 ? '[]\n' : `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`;
    const temporary = `${this.path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.path);
      await syncFolder(dirname(this.path));
    } catch (cause) {
      await unlink(temporary).catch(() => undefined);
      throw new ListError(
        'ALPR_LIST_STORE',
        `Expected to keep the added plates in ${this.path} but received ${(cause as Error).message}; nothing was changed`,
        { cause },
      );
    }
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#line.then(work);
    this.#line = done.catch(() => undefined);
    return done;
  }
}

/** Makes the new name safe, too, where the system can. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // Windows opens no folders.
  }
}
