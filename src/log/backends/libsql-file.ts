import { mkdirSync, openSync, closeSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client } from '@libsql/client' with { 'resolution-mode': 'import' };
import { LogError } from '../errors.js';
import { numberIn } from '../sql/schema.js';
import type { Backend, Row, Size, SqlValue, Statement } from '../sql/sql.js';
import { libsqlError } from './libsql-error.js';

/** How long another process may hold the file before we call it locked. */
const BUSY_TIMEOUT_MS = 3000;
/** Larger files are not read through when they are opened: a memory card would take minutes. */
const CHECKED_BYTES = 64 * 1024 * 1024;
/** Pages that are given back in one go: events get in between. */
const PAGES_AT_ONCE = 1000;

/**
 * Opens a database in a file, or makes one. Its calls compute on the calling thread and wait for the disk there: only for a
 * thread of its own.
 *
 * Committed is on disk (WAL with synchronous=FULL: SQLite's documentation, "PRAGMA synchronous"), what is deleted is
 * overwritten (secure_delete), and nothing is written beside the file (temp_store).
 *
 * @param key encrypts the file; '' for none
 * @throws LogError
 */
export async function openLibsqlFile(path: string, key: string): Promise<Backend> {
  prepareFile(path);
  const database = new LibsqlFile(path, key);
  try {
    await database.open();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** A file that only we may read; SQLite gives its journals the same rights. */
function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw libsqlError({ code: 'SQLITE_FULL', message }, path, false);
    throw new LogError(
      'ALPR_LOG_FOLDER',
      `Expected to write ${path} but received ${message}: check folder and rights`,
      {
        cause,
      },
    );
  }
}

class LibsqlFile implements Backend {
  readonly dialect = 'file';
  #client: Client | undefined;
  /** The connection has our settings; one that broke is replaced by one that has not. */
  #ready = false;

  constructor(
    private readonly path: string,
    private readonly key: string,
  ) {}

  async open(): Promise<void> {
    await this.#guard(async (client) => {
      // Only reads, so that nothing is changed in a file that is not ours.
      const { rows } = await client.execute('SELECT name FROM sqlite_master');
      const names = rows.map(({ name }) => String(name));
      if (names.length > 0 && !names.includes('alpr_meta')) throw this.#notOurs();
      await this.#checkWhole(client);
      // For a new file only: pages can be given back one by one.
      if (names.length === 0) await client.execute('PRAGMA auto_vacuum = INCREMENTAL');
      await client.execute('PRAGMA journal_mode = WAL');
      // Tells at once when the file may not be written.
      await client.batch(['SELECT 1'], 'write');
    });
  }

  #notOurs(): LogError {
    const fix = 'set another file';
    const text = `Expected a log of plates in ${this.path} but received a database of another program: ${fix}`;
    return new LogError('ALPR_LOG_WRONG_KEY', text);
  }

  /** Where SQLite would notice damage only when it comes across it. */
  async #checkWhole(client: Client): Promise<void> {
    const { size } = statSync(this.path);
    if (size > CHECKED_BYTES) return;
    const { rows } = await client.execute('PRAGMA quick_check(1)');
    const result = String(rows[0]?.[0] ?? 'ok');
    if (result !== 'ok') throw libsqlError({ code: 'SQLITE_CORRUPT', message: result }, this.path, this.key !== '');
  }

  all(sql: string, args: SqlValue[] = []): Promise<Row[]> {
    return this.#guard(async (client) => {
      const { rows } = await client.execute({ sql, args });
      return rows.map(plainRow);
    });
  }

  batch(statements: Statement[]): Promise<number[]> {
    return this.#guard(async (client) => {
      const results = await client.batch(statements, 'write');
      return results.map(({ rowsAffected }) => rowsAffected);
    });
  }

  async size(): Promise<Size> {
    const pages = numberIn((await this.all('PRAGMA page_count'))[0], 'page_count');
    const free = numberIn((await this.all('PRAGMA freelist_count'))[0], 'freelist_count');
    const page = numberIn((await this.all('PRAGMA page_size'))[0], 'page_size');
    const journal = statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    return { bytes: pages * page + journal, live: (pages - free) * page };
  }

  async tidy(): Promise<boolean> {
    for (;;) {
      const free = numberIn((await this.all('PRAGMA freelist_count'))[0], 'freelist_count');
      if (free === 0) break;
      await this.#guard((client) => client.executeMultiple(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`));
      const left = numberIn((await this.all('PRAGMA freelist_count'))[0], 'freelist_count');
      if (left >= free) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [result] = await this.all('PRAGMA wal_checkpoint(TRUNCATE)');
    return numberIn(result, 'busy') === 0;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // libSQL lets go of the file when its statements are collected as garbage; the journal should be gone before.
    if (this.#ready) await client?.execute('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
    client?.close();
  }

  async #guard<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      const client = (this.#client ??= await connect(this.path, this.key));
      if (!this.#ready) await settings(client);
      this.#ready = true;
      return await work(client);
    } catch (thrown) {
      this.#ready = false;
      throw libsqlError(thrown, this.path, this.key !== '');
    }
  }
}

async function connect(path: string, key: string): Promise<Client> {
  const { createClient } = await import('@libsql/client/sqlite3');
  // One connection: settings are a connection's.
  return createClient({ url: pathToFileURL(path).href, concurrency: 1, ...(key === '' ? {} : { encryptionKey: key }) });
}

async function settings(client: Client): Promise<void> {
  await client.execute(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  await client.execute('PRAGMA synchronous = FULL');
  await client.execute('PRAGMA secure_delete = ON');
  // Sorting large answers must not leave plates in /tmp.
  await client.execute('PRAGMA temp_store = MEMORY');
}

/** Rows as they travel between threads: plain objects, bytes as Uint8Array. */
export function plainRow(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof ArrayBuffer ? new Uint8Array(value) : value]),
  );
}
