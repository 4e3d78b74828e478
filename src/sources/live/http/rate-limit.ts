/** How early or late a picture may come without changing when the next is due, in parts of the time between two: cameras are not that punctual. */
const tolerance = 0.25;

/** Lets at most so many pictures per second through, evenly; a camera that is just as fast as that loses none to its jitter. */
export class RateLimit {
  private readonly period: number;
  private due = -Infinity;

  /** @param fps left out: no limit */
  constructor(fps: number | undefined) {
    this.period = fps === undefined ? 0 : 1000 / fps;
  }

  /** @param now ms of a clock that never goes back */
  admits(now: number): boolean {
    if (now < this.due - this.period * tolerance) return false;
    this.due = Math.max(this.due, now - this.period * tolerance) + this.period;
    return true;
  }
}
