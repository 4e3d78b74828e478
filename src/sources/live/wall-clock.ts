/** Forward steps of the system's clock up to this are walked, larger ones are jumped, ms. */
const jump = 250;
/** How much faster or slower than real time goes by while a difference is walked off. */
const rate = 0.1;

/**
 * Turns times of the machine's monotonic clock into ms since the epoch. Where the system's clock is set forward (a Raspberry Pi learns
 * the time from the network some time after its start) dates jump with it. Where it is set back, they go on more slowly until both
 * meet: tracks, visits and cool-downs count on time that never goes back, and 90 % of a second is still nearly one.
 */
export class WallClock {
  private offset: number | undefined;
  private last = 0;

  /** @param monotonic now, ms  @param system now, ms since the epoch */
  constructor(
    private readonly monotonic: () => number = () => Number(process.hrtime.bigint()) / 1e6,
    private readonly system: () => number = Date.now,
  ) {}

  /** The date of this moment, ms since the epoch. */
  now(): number {
    return this.date(this.monotonic());
  }

  /** @param moment ms, monotonic; in the recent past */
  date(moment: number): number {
    const now = this.monotonic();
    const wanted = this.system() - now;
    const walk = rate * Math.max(0, now - this.last);
    this.last = now;
    const difference = wanted - (this.offset ?? wanted);
    if (this.offset === undefined || difference > jump) this.offset = wanted;
    else this.offset += Math.sign(difference) * Math.min(walk, Math.abs(difference));
    return moment + this.offset;
  }
}

let shared: WallClock | undefined;

/** One for all cameras of the process, over all their connections, so that their dates agree. */
export function wallClock(): WallClock {
  shared ??= new WallClock();
  return shared;
}
