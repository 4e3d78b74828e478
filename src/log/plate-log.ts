import type { Exported } from './export.js';
import type { ExportQuery, ForgetQuery, SearchQuery, StatisticsQuery, VisitsQuery } from './query.js';
import type { Page, PlateSummary, Visit } from './sql/find.js';
import type { Statistics } from './sql/statistics.js';
import type { Forgot, Health, Retention, Store } from './store.js';
import { entryBytes, entryOf, type EntryOptions, type PictureKind } from './visit.js';
import { WriteQueue, type QueueOptions } from './write-queue.js';

/** How one of its users wants the log to be. Where users differ, the log keeps what the strictest of them wants. */
export interface LogUser {
  retention: Retention;
  /** What is new: rows, size, trouble. */
  onChange: () => void;
}

export interface LogTiming {
  /** How often what may not stay is looked for. */
  retentionMs?: number;
  /** How often rows are counted, at most. */
  healthMs?: number;
  queue?: QueueOptions;
}

const HOUR_MS = 3_600_000;
/** How long closing may wait for a database that does not answer. */
const CLOSE_LIMIT_MS = 5000;

/** One log, shared by everybody who uses the same database. */
export class PlateLog {
  readonly #users = new Set<LogUser>();
  readonly #queue: WriteQueue;
  readonly #healthMs: number;
  #health: Health | undefined;
  #healthTimer: NodeJS.Timeout | undefined;
  #healthAt = -Infinity;
  #healthPause = 0;
  readonly #retentionTimer: NodeJS.Timeout;
  #retaining: Promise<void> | undefined;
  #retainAgain = false;
  /** Bytes that came since the limit of size was looked at. */
  #grown = 0;
  #trouble: Error | undefined;
  #closed = false;

  constructor(
    private readonly store: Store,
    { retentionMs = HOUR_MS, healthMs = 5000, queue = {} }: LogTiming = {},
  ) {
    this.#healthMs = healthMs;
    this.#queue = new WriteQueue((entries) => store.write(entries), {
      ...queue,
      onTrouble: (error) => this.#tell(error),
    });
    this.#retentionTimer = setInterval(() => this.#retain(), retentionMs).unref();
  }

  /** The last count; undefined until the database has answered. */
  get health(): Health | undefined {
    return this.#health;
  }

  /** Why the database cannot be used at present. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /** Events that are not on disk yet. */
  get waiting(): number {
    return this.#queue.size;
  }

  join(user: LogUser): void {
    this.#users.add(user);
    this.#retain();
  }

  leave(user: LogUser): void {
    this.#users.delete(user);
  }

  get users(): number {
    return this.#users.size;
  }

  /**
   * Stores a plate event.
   * @returns when it is on disk: true; false when the options do not want it
   * @throws LogError
   */
  async append(payload: unknown, options: EntryOptions): Promise<boolean> {
    const entry = entryOf(payload, options);
    if (entry === undefined) return false;
    await this.#queue.append(entry);
    this.#grown += entryBytes(entry);
    this.#lookSoon();
    const { maxBytes } = this.#strictest();
    if (maxBytes > 0 && this.#grown > maxBytes / 10) this.#retain();
    return true;
  }

  async search(query: SearchQuery): Promise<Page<Visit>> {
    const page = await this.#ask(() => this.store.search(query));
    // Between threads, Buffers become plain bytes.
    for (const { images } of page.rows) {
      for (const [kind, jpeg] of Object.entries(images ?? {}) as [PictureKind, Uint8Array][]) {
        images![kind] = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
      }
    }
    return page;
  }

  visits(query: VisitsQuery): Promise<Page<PlateSummary>> {
    return this.#ask(() => this.store.visits(query));
  }

  statistics(query: StatisticsQuery): Promise<Statistics> {
    return this.#ask(() => this.store.statistics(query));
  }

  export(query: ExportQuery & { path: string }): Promise<Exported> {
    return this.#ask(() => this.store.export(query));
  }

  async forget(query: ForgetQuery): Promise<Forgot> {
    await this.#queue.settled();
    // What waits in memory would come back after it.
    if (this.#queue.size > 0 && this.#queue.trouble !== undefined) throw this.#queue.trouble;
    const forgot = await this.#ask(() => this.store.forget(query));
    this.#lookSoon();
    return forgot;
  }

  async vacuum(): Promise<{ bytesBefore: number; bytes: number; visits: number }> {
    await this.#retaining;
    const { keepMs, thumbnailMs, maxBytes } = this.#strictest();
    const { visits } = await this.#ask(() => this.store.retain({ keepMs, thumbnailMs, maxBytes }, Date.now()));
    const vacuumed = await this.#ask(() => this.store.vacuum());
    this.#lookSoon();
    return { ...vacuumed, visits };
  }

  /** Rows and size, counted now. */
  async look(): Promise<Health> {
    const started = performance.now();
    const health = await this.#ask(() => this.store.health());
    this.#healthAt = performance.now();
    // Counting a long log takes a while: never more than a twentieth of the time.
    this.#healthPause = Math.max(this.#healthMs, 20 * (this.#healthAt - started));
    this.#health = health;
    this.#changed();
    return health;
  }

  /** @returns how many events could not be written in the end */
  async close(): Promise<number> {
    this.#closed = true;
    clearInterval(this.#retentionTimer);
    clearTimeout(this.#healthTimer);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<number>((resolve) => {
      timer = setTimeout(() => resolve(this.#queue.size), CLOSE_LIMIT_MS);
    });
    const lost = await Promise.race([this.#queue.close(), limit]);
    clearTimeout(timer);
    await this.store.close();
    return lost;
  }

  /** Asks after what came before is written: who stores and then searches, finds. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    await this.#queue.settled();
    return question();
  }

  #tell(error: Error | undefined): void {
    this.#trouble = error;
    this.#changed();
    if (error === undefined) this.#lookSoon();
  }

  #changed(): void {
    if (this.#closed) return;
    for (const { onChange } of this.#users) onChange();
  }

  #lookSoon(): void {
    if (this.#healthTimer !== undefined || this.#closed) return;
    const wait = Math.max(0, this.#healthAt + this.#healthPause - performance.now());
    this.#healthTimer = setTimeout(() => {
      this.#healthTimer = undefined;
      void this.#try(async () => void (await this.look()));
    }, wait).unref();
  }

  /** Deletes what may not stay. Also finds out whether the database can be used at all. */
  #retain(): void {
    this.#grown = 0;
    this.#retainAgain = true;
    this.#retaining ??= this.#try(async () => {
      // Who joins meanwhile may be stricter.
      while (this.#retainAgain && !this.#closed) {
        this.#retainAgain = false;
        await this.#queue.settled();
        await this.store.retain(this.#strictest(), Date.now());
        await this.look();
      }
    }).finally(() => (this.#retaining = undefined));
  }

  /** Trouble of what nobody asked for is told like that of writing. */
  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#queue.trouble === undefined && this.#trouble !== undefined) this.#tell(undefined);
    } catch (error) {
      if (!this.#closed && this.#queue.trouble === undefined) this.#tell(error as Error);
    }
  }

  #strictest(): Retention {
    const least = (name: keyof Retention): number => {
      const limits = [...this.#users].map(({ retention }) => retention[name]).filter((limit) => limit > 0);
      return limits.length === 0 ? 0 : Math.min(...limits);
    };
    return { keepMs: least('keepMs'), thumbnailMs: least('thumbnailMs'), maxBytes: least('maxBytes') };
  }
}
