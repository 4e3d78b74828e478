/** ms from the first thing that was freed: a deployment frees much in a short time. */
const DELAY_MS = 2000;
/** ms between two times at least; each takes some milliseconds of a thread. */
const INTERVAL_MS = 10_000;

/**
 * Gives freed memory back to the system. glibc keeps what a thread frees for the next thread that gets the same of its heaps, up
 * to 40 MB in each of eight per core: cameras that come back and logs that are opened again, each time with a new thread, would
 * leave their largest need in one heap after the other.
 */
export class MemoryReturn {
  private timer: NodeJS.Timeout | undefined;
  private last = -Infinity;

  /** @param trim gives the memory back; what it throws is of no interest */
  constructor(
    private readonly trim: () => Promise<void>,
    private readonly delayMs = DELAY_MS,
    private readonly intervalMs = INTERVAL_MS,
  ) {}

  /** Much was freed, for example because a thread has ended. It is given back soon; any number of calls until then are one. */
  soon(): void {
    const rest = this.last + this.intervalMs - performance.now();
    this.timer ??= setTimeout(() => void this.now(), Math.max(this.delayMs, rest)).unref();
  }

  private async now(): Promise<void> {
    this.timer = undefined;
    this.last = performance.now();
    // Where it cannot be done, the C library keeps what it keeps.
    await this.trim().catch(() => undefined);
  }
}

interface Trim {
  async(pad: number, done: (error: unknown) => void): void;
}

let loaded: Trim | Error | undefined;

/**
 * glibc's malloc_trim, which any thread may call at any time; here one of libuv's, so that the event loop goes on.
 * @throws Error where the C library is another one, or koffi does not load
 */
export async function mallocTrim(): Promise<void> {
  loaded ??= loadTrim();
  const trim = loaded;
  if (trim instanceof Error) throw trim;
  await new Promise<void>((resolve) => trim.async(0, () => resolve()));
}

function loadTrim(): Trim | Error {
  if (process.platform !== 'linux') return new Error(`Expected Linux for malloc_trim but received ${process.platform}`);
  try {
    const koffi = require('koffi') as { load(file: string): { func(prototype: string): Trim } };
    // The name of glibc alone.
    return koffi.load('libc.so.6').func('int malloc_trim(size_t pad)');
  } catch (error) {
    return error as Error;
  }
}

/** For the whole process. */
export const memoryReturn = new MemoryReturn(mallocTrim);
