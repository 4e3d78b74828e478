import type { Worker } from 'node:worker_threads';
import { endWorker } from '../device/pool/end-worker.js';
import { fromPlainError } from '../device/pool/protocol.js';
import { startWorker } from '../device/pool/worker-file.js';
import { LogError } from './errors.js';
import type { Exported } from './export.js';
import type { FileCall, FileReply, FileStart } from './file-protocol.js';
import type { ExportQuery, ForgetQuery, SearchQuery, StatisticsQuery, VisitsQuery } from './query.js';
import type { Erased } from './sql/erase.js';
import type { Page, PlateSummary, Visit } from './sql/find.js';
import type { Statistics } from './sql/statistics.js';
import type { Forgot, Health, Retention, Store } from './store.js';
import type { Entry } from './visit.js';

const CLOSE_LIMIT_MS = 5000;
/** How much longer its thread may take to end; one that waits for a disk is left to itself. */
const END_LIMIT_MS = 2000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A log in a file, which a thread of its own works with. A thread that dies fails its calls; the next call starts another. */
export class FileStore implements Store {
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;
  readonly #waiting = new Map<number, Waiting>();

  /** @param onThread is shown every thread that starts */
  constructor(
    private readonly start: FileStart,
    private readonly onThread: (worker: Worker) => void = () => undefined,
  ) {}

  write(entries: Entry[]): Promise<void> {
    return this.#call('write', entries);
  }

  search(query: SearchQuery): Promise<Page<Visit>> {
    return this.#call('search', query);
  }

  visits(query: VisitsQuery): Promise<Page<PlateSummary>> {
    return this.#call('visits', query);
  }

  statistics(query: StatisticsQuery): Promise<Statistics> {
    return this.#call('statistics', query);
  }

  export(query: ExportQuery & { path: string }): Promise<Exported> {
    return this.#call('export', query);
  }

  forget(query: ForgetQuery): Promise<Forgot> {
    return this.#call('forget', query);
  }

  retain(retention: Retention, now: number): Promise<Erased> {
    return this.#call('retain', retention, now);
  }

  vacuum(): Promise<{ bytesBefore: number; bytes: number }> {
    return this.#call('vacuum');
  }

  health(): Promise<Health> {
    return this.#call('health');
  }

  /** Lets what was asked for come to its end, for a while, and ends the thread. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const closing = this.#worker === undefined ? undefined : this.#call<void>('close').catch(() => undefined);
    this.#closed = true;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([closing, new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_LIMIT_MS)))]);
    clearTimeout(timer);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#fail(new LogError('ALPR_LOG_CLOSED', 'Expected an open log but it was closed'));
    if (worker !== undefined) await endWorker(worker, END_LIMIT_MS);
  }

  #call<T>(method: FileCall['method'], ...args: unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(new LogError('ALPR_LOG_CLOSED', 'Expected an open log but it was closed'));
        return;
      }
      const worker = (this.#worker ??= this.#startWorker());
      const id = this.#nextId++;
      if (this.#waiting.size === 0) worker.ref();
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      worker.postMessage({ id, method, args } satisfies FileCall);
    });
  }

  #startWorker(): Worker {
    const worker = startWorker(__dirname, 'file-worker', {
      workerData: this.start,
      // Pages of answers are made here, and they are larger than what the device's threads make.
      resourceLimits: { maxYoungGenerationSizeMb: 32 },
    });
    worker.unref();
    this.onThread(worker);
    worker.on('message', (reply: FileReply) => this.#settle(worker, reply));
    worker.on('messageerror', (error) => this.#lose(worker, error.message));
    worker.on('error', (error) => this.#lose(worker, String(error)));
    worker.on('exit', (code) => this.#lose(worker, `exit code ${code}`));
    return worker;
  }

  #settle(worker: Worker, reply: FileReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) worker.unref();
    if ('error' in reply) waiting?.reject(fromPlainError(reply.error));
    else waiting?.resolve(reply.result);
  }

  #lose(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#fail(new LogError('ALPR_LOG_THREAD', `Expected the log's thread to answer but received ${why}`));
    void worker.terminate();
  }

  #fail(error: LogError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
