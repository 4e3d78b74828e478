import { LogError, isPassing, isWhole } from './errors.js';
import { entryBytes, type Entry } from './visit.js';

export interface QueueOptions {
  /** What may wait in memory; one event more is refused. */
  maxEvents?: number;
  maxBytes?: number;
  /** An event that could not be written for so long is given up. */
  giveUpMs?: number;
  /** The first and the longest wait between attempts. */
  retryMs?: { first: number; longest: number };
  /** Trouble that begins, changes or (undefined) ends. */
  onTrouble?: (error: Error | undefined) => void;
}

/** One transaction: large enough to make the wait for the disk small, small enough to let questions in between. */
const BATCH_EVENTS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;

interface Waiting {
  entry: Entry;
  bytes: number;
  /** performance.now(): the system clock may be set. */
  since: number;
  resolve(): void;
  reject(error: Error): void;
}

interface Watcher {
  upTo: number;
  resolve(): void;
}

/**
 * Events on their way into a database, in the order in which they came. While one transaction is written, the next one gathers, so
 * that a burst costs few of them. An event is acknowledged when it is on disk. When the database cannot be written, events
 * wait, within limits, and it is tried again and again.
 */
export class WriteQueue {
  readonly #waiting: Waiting[] = [];
  readonly #options: Required<QueueOptions>;
  #bytes = 0;
  #running: Promise<void> | undefined;
  #trouble: Error | undefined;
  #wake: (() => void) | undefined;
  #closing = false;
  /** Events written or given up so far. */
  #done = 0;
  #watchers: Watcher[] = [];

  constructor(
    private readonly write: (entries: Entry[]) => Promise<void>,
    options: QueueOptions = {},
  ) {
    this.#options = {
      maxEvents: 20_000,
      maxBytes: 128 * 1024 * 1024,
      giveUpMs: 600_000,
      retryMs: { first: 500, longest: 30_000 },
      onTrouble: () => undefined,
      ...options,
    };
  }

  /** Events that are not on disk yet. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Why nothing can be written at present. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /** @returns when the event is on disk */
  append(entry: Entry): Promise<void> {
    if (this.#closing) return Promise.reject(closedError());
    const bytes = entryBytes(entry);
    const { maxEvents, maxBytes } = this.#options;
    if (this.#waiting.length >= maxEvents || (this.#bytes + bytes > maxBytes && this.#waiting.length > 0)) {
      const why = this.#trouble === undefined ? '' : `: ${this.#trouble.message}`;
      const text = `Expected at most ${maxEvents} events or ${mebibytes(maxBytes)} waiting but received one more`;
      return Promise.reject(new LogError('ALPR_LOG_BUSY', `${text}${why}`));
    }
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ entry, bytes, since: performance.now(), resolve, reject });
      this.#bytes += bytes;
      this.#running ??= this.#run().finally(() => (this.#running = undefined));
    });
  }

  /** Resolves when all that wait now are written or given up, or when there is trouble. */
  settled(): Promise<void> {
    if (this.#waiting.length === 0 || this.#trouble !== undefined) return Promise.resolve();
    const upTo = this.#done + this.#waiting.length;
    return new Promise((resolve) => this.#watchers.push({ upTo, resolve }));
  }

  /** Tries once more, gives up what cannot be written, and takes no more. @returns how many were given up */
  async close(): Promise<number> {
    this.#closing = true;
    this.#wake?.();
    await this.#running;
    const lost = this.#waiting.length;
    this.#giveUp(lost, this.#trouble ?? closedError());
    return lost;
  }

  async #run(): Promise<void> {
    const { first, longest } = this.#options.retryMs;
    let pause = first;
    let single = 0;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, single > 0 ? 1 : this.#batchSize());
      try {
        await this.write(batch.map(({ entry }) => entry));
        for (const { resolve } of this.#take(batch.length)) resolve();
        this.#tell(undefined);
        pause = first;
        single = Math.max(0, single - 1);
        continue;
      } catch (thrown) {
        const error = thrown as Error;
        if (isPassing(error)) {
          this.#tell(error);
          if (this.#closing) return;
          this.#giveUpOld(error);
          await this.#sleep(pause);
          pause = Math.min(2 * pause, longest);
        } else if (isWhole(error)) {
          // Waiting would not help: somebody has to do something.
          this.#tell(error);
          this.#giveUp(this.#waiting.length, error);
        } else if (batch.length === 1) {
          this.#giveUp(1, error);
          single = Math.max(0, single - 1);
        } else {
          // One of them is refused: find out which, and write the others.
          single = batch.length;
        }
      }
    }
  }

  #batchSize(): number {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes;
      if (count > 0 && (bytes > BATCH_BYTES || count >= BATCH_EVENTS)) break;
      count++;
    }
    return count;
  }

  #take(count: number): Waiting[] {
    const taken = this.#waiting.splice(0, count);
    for (const { bytes } of taken) this.#bytes -= bytes;
    this.#done += taken.length;
    this.#callWatchers(({ upTo }) => upTo <= this.#done);
    return taken;
  }

  #giveUp(count: number, error: Error): void {
    for (const { reject } of this.#take(count)) reject(error);
  }

  #giveUpOld(error: Error): void {
    const before = performance.now() - this.#options.giveUpMs;
    let old = 0;
    while (old < this.#waiting.length && this.#waiting[old]!.since <= before) old++;
    this.#giveUp(old, error);
  }

  #tell(error: Error | undefined): void {
    const changed = error?.message !== this.#trouble?.message;
    this.#trouble = error;
    if (error !== undefined) this.#callWatchers(() => true);
    if (changed) this.#options.onTrouble(error);
  }

  #callWatchers(which: (watcher: Watcher) => boolean): void {
    for (const watcher of this.#watchers.filter(which)) watcher.resolve();
    this.#watchers = this.#watchers.filter((watcher) => !which(watcher));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function closedError(): LogError {
  return new LogError('ALPR_LOG_CLOSED', 'Expected an open log but it was closed');
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
