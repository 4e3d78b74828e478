import { exportVisits, type Exported } from './export.js';
import { LogError } from './errors.js';
import type { ExportQuery, ForgetQuery, SearchQuery, StatisticsQuery, VisitsQuery } from './query.js';
import {
  counters,
  eraseOldest,
  eraseThumbnails,
  eraseVisits,
  forget,
  type Erased,
  type Forgotten,
} from './sql/erase.js';
import { count, search, visitsPerPlate, type Page, type PlateSummary, type Visit } from './sql/find.js';
import { migrate } from './sql/schema.js';
import type { Backend } from './sql/sql.js';
import { statistics, type Statistics } from './sql/statistics.js';
import { writeEntries } from './sql/write.js';
import type { Entry } from './visit.js';

/** What may stay, and how long. 0: for ever, or as much as there is room. */
export interface Retention {
  keepMs: number;
  thumbnailMs: number;
  maxBytes: number;
}

export interface Health {
  visits: number;
  /** On disk. */
  bytes: number;
  /** Deleted so far, because of their age or the limit of size, and on request. */
  expired: number;
  forgotten: number;
}

/** `erased`: what was deleted cannot be read in the database's files any more. */
export type Forgot = Forgotten & { erased: boolean };

/** A log, wherever it is. All methods reject with errors that have a code of `LogErrorCode`. */
export interface Store {
  /** @returns when all of them are on disk; twice the same entry is one */
  write(entries: Entry[]): Promise<void>;
  search(query: SearchQuery): Promise<Page<Visit>>;
  visits(query: VisitsQuery): Promise<Page<PlateSummary>>;
  statistics(query: StatisticsQuery): Promise<Statistics>;
  export(query: ExportQuery & { path: string }): Promise<Exported>;
  forget(query: ForgetQuery): Promise<Forgot>;
  /** Deletes what may not stay. @param now ms since 1970 */
  retain(retention: Retention, now: number): Promise<Erased>;
  /** Gives back the room of what was deleted. */
  vacuum(): Promise<{ bytesBefore: number; bytes: number }>;
  health(): Promise<Health>;
  close(): Promise<void>;
}

/** Of the room that a log may take, what is left when the oldest visits had to go: they do not go one by one. */
const AFTER_LIMIT = 0.9;

/** A log in a database, whichever it is. It is opened with the first call, and again after it was lost. */
export class SqlStore implements Store {
  #backend: Promise<Backend> | undefined;
  #closed = false;

  constructor(private readonly connect: () => Promise<Backend>) {}

  async write(entries: Entry[]): Promise<void> {
    const sql = await this.#open();
    await sql.batch(writeEntries(entries));
  }

  async search(query: SearchQuery): Promise<Page<Visit>> {
    return search(await this.#open(), query);
  }

  async visits(query: VisitsQuery): Promise<Page<PlateSummary>> {
    return visitsPerPlate(await this.#open(), query);
  }

  async statistics(query: StatisticsQuery): Promise<Statistics> {
    return statistics(await this.#open(), query);
  }

  async export(query: ExportQuery & { path: string }): Promise<Exported> {
    return exportVisits(await this.#open(), query);
  }

  async forget(query: ForgetQuery): Promise<Forgot> {
    const sql = await this.#open();
    const forgotten = await forget(sql, query);
    return { ...forgotten, erased: await sql.tidy(true) };
  }

  async retain({ keepMs, thumbnailMs, maxBytes }: Retention, now: number): Promise<Erased> {
    const sql = await this.#open();
    const sum: Erased = { visits: 0, thumbnails: 0 };
    const add = ({ visits, thumbnails }: Erased): void => {
      sum.visits += visits;
      sum.thumbnails += thumbnails;
    };
    if (thumbnailMs > 0) add(await eraseThumbnails(sql, now - thumbnailMs));
    if (keepMs > 0) add(await eraseVisits(sql, now - keepMs));
    if (maxBytes > 0) add(await shrink(sql, maxBytes));
    if (sum.visits + sum.thumbnails > 0) await sql.tidy(false);
    return sum;
  }

  async vacuum(): Promise<{ bytesBefore: number; bytes: number }> {
    const sql = await this.#open();
    const { bytes: bytesBefore } = await sql.size();
    await sql.tidy(true);
    return { bytesBefore, bytes: (await sql.size()).bytes };
  }

  async health(): Promise<Health> {
    const sql = await this.#open();
    return { visits: await count(sql, {}), bytes: (await sql.size()).bytes, ...(await counters(sql)) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const backend = await this.#backend?.catch(() => undefined);
    await backend?.close();
  }

  #open(): Promise<Backend> {
    if (this.#closed) return Promise.reject(new LogError('ALPR_LOG_CLOSED', 'Expected an open log but it was closed'));
    this.#backend ??= this.#start().catch((error: unknown) => {
      this.#backend = undefined;
      throw error;
    });
    return this.#backend;
  }

  async #start(): Promise<Backend> {
    const backend = await this.connect();
    try {
      await migrate(backend);
      return backend;
    } catch (error) {
      await backend.close();
      throw error;
    }
  }
}

/** Deletes the oldest visits until the rest is small enough. */
async function shrink(sql: Backend, maxBytes: number): Promise<Erased> {
  const sum: Erased = { visits: 0, thumbnails: 0 };
  let { live } = await sql.size();
  if (live <= maxBytes) return sum;
  while (live > maxBytes * AFTER_LIMIT) {
    const rows = await count(sql, {});
    if (rows === 0) break;
    // As many as are too many, if all were of one size; never all at once.
    const share = 1 - (maxBytes * AFTER_LIMIT) / live;
    const { visits, thumbnails } = await eraseOldest(sql, Math.max(1, Math.min(1000, Math.ceil(rows * share))));
    sum.visits += visits;
    sum.thumbnails += thumbnails;
    if (visits === 0) break;
    live = (await sql.size()).live;
  }
  return sum;
}
