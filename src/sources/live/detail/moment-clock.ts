/** ms of arrivals that count: long enough for one that came without delay, short enough for clocks that drift apart. */
const windowMs = 20_000;
const parts = 10;
/** What was looked at before the stream began, or waited for its key frame, comes late and all at once: only then (ms) is it over. */
const settlingMs = 1000;
/** A difference (ms) that leaves the window's by so much is no delay: one of the clocks was set. */
const jumpMs = 2000;

/**
 * Relates a stream's own clock to the machine's. Of the arrivals of the last seconds the one with the least delay counts, so neither
 * jitter of the network nor large key frames move the result, and a camera's clock that runs fast or slow is followed.
 */
export class MomentClock {
  private first: number | undefined;
  private seen = 0;
  /** Arrivals in a row that came too late for a delay. */
  private late = 0;
  /** Smallest difference per part of the window, oldest first. */
  private readonly least: { from: number; difference: number }[] = [];

  /** @param time ms of the stream; @param arrival ms of the machine's monotonic clock */
  see(time: number, arrival: number): void {
    const difference = arrival - time;
    this.first ??= arrival;
    this.seen = arrival;
    const { offset } = this;
    if (offset !== undefined && Math.abs(difference - offset) > jumpMs) {
      // A delay is longer than the window's least, never shorter; both can be told from a jump only by what comes next.
      if (difference < offset || ++this.late > parts) this.reset();
      else return;
    }
    this.late = 0;
    const last = this.least.at(-1);
    if (last !== undefined && arrival - last.from < windowMs / parts) {
      last.difference = Math.min(last.difference, difference);
      return;
    }
    this.least.push({ from: arrival, difference });
    while (arrival - this.least[0]!.from > windowMs) this.least.shift();
  }

  /** Whether the offset can be relied on. */
  get settled(): boolean {
    return this.first !== undefined && this.seen - this.first >= settlingMs;
  }

  /** The machine's time less the stream's, ms, without delay; undefined before anything was seen. */
  get offset(): number | undefined {
    return this.least.length === 0 ? undefined : Math.min(...this.least.map(({ difference }) => difference));
  }

  reset(): void {
    this.least.length = 0;
    this.late = 0;
    this.first = undefined;
  }
}

/** ms of the machine's monotonic clock, the same in all threads. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
