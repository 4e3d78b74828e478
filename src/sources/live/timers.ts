/** Time as live cameras see it; replaced in tests. */
export interface Timers {
  /** ms of a clock that nobody sets: it neither jumps nor goes back. */
  now(): number;
  /** Calls back once, not before `ms` have passed. @returns forgets it */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's. What waits here does not keep the process alive. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves with the promises, whatever becomes of them, or after `ms` without them. */
export function settledWithin(promises: Iterable<Promise<unknown>>, ms: number, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    const forget = timers.after(ms, resolve);
    void Promise.allSettled(promises).then(() => {
      forget();
      resolve();
    });
  });
}
