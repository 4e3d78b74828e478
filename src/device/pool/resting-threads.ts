import type { Worker } from 'node:worker_threads';
import { endWorker } from './end-worker.js';
import { memoryReturn } from './memory-return.js';

/** A deployment closes a pool and opens the next one some seconds later, on a slow machine. */
const DEFAULT_REST_MS = 30_000;
const END_LIMIT_MS = 2000;

/**
 * Threads that have nothing to do any more, kept for a while for the next pool that wants some. On Linux the C library gives each
 * new thread one of eight heaps per core, and every heap keeps up to 40 MB of the networks that were loaded in it: threads that
 * ended and began with every deployment filled one heap after the other.
 */
export class RestingThreads {
  /** The latest last. */
  private readonly resting: { worker: Worker; wake: () => void }[] = [];

  /**
   * @param start begins a thread; its module calls `serve`
   * @param restMs how long a thread waits for somebody who wants it, ms; default 30 s
   */
  constructor(
    private readonly start: () => Worker,
    private readonly restMs = DEFAULT_REST_MS,
  ) {}

  /** How many rest now. */
  get size(): number {
    return this.resting.length;
  }

  /** The thread that rests for the shortest time, or a new one. Without listeners. */
  take(): Worker {
    const latest = this.resting.pop();
    if (latest === undefined) return this.start();
    latest.wake();
    return latest.worker;
  }

  /** Keeps a thread without listeners that was asked for nothing any more; ends it when nobody takes it in time. */
  keep(worker: Worker): void {
    const leave = (): void => {
      const index = this.resting.findIndex((other) => other.worker === worker);
      if (index >= 0) this.resting.splice(index, 1);
    };
    const timer = setTimeout(() => {
      leave();
      wake();
      void endWorker(worker, END_LIMIT_MS);
    }, this.restMs);
    const wake = (): void => {
      clearTimeout(timer);
      worker.off('error', leave).off('exit', leave);
    };
    timer.unref();
    worker.unref();
    worker.on('error', leave).on('exit', leave);
    this.resting.push({ worker, wake });
    memoryReturn.soon();
  }
}
