/** The least lateness of so much time is taken for the way's own, ms. */
const windowMs = 5000;
/** A pause counts as no more than this, ms: what comes after a gap must not outvote what came before it. */
const longestStep = 200;
/** Rise of the offset follows with this time constant, ms. */
const settleMs = 2000;
/** Frames that are later than this do not come late: the stream's clock stood still or was set back, ms. */
const latest = 5000;

/**
 * When frames were captured, by the machine's monotonic clock. Frames come in bursts and late, never early; a camera's own clock says how far
 * they are apart, but not when it began, runs a little fast or slow, and may jump. The frame that was on its way the shortest time tells
 * the offset between both clocks; the others are dated by it. What is constant on the way (exposure, encoding, network, decoding) is not
 * known and stays in the dates.
 */
export class ClockMap {
  /** Arrival less stream time of the frames in the window, ascending from the least: those that can still become it. */
  private window: { at: number; offset: number }[] = [];
  private offset: number | undefined;
  /** Sum of the steps between frames. */
  private age = 0;
  private lastTime = NaN;
  private lastArrival = NaN;
  private last = -Infinity;

  /**
   * @param time seconds by the stream's clock; NaN where it has none
   * @param arrival ms, monotonic
   * @returns ms of the same clock as `arrival`, not later than it, and later than for the frame before
   */
  capture(time: number, arrival: number): number {
    const captured = Math.min(arrival, this.map(time * 1000, arrival));
    // Several frames of one burst at the start, or after a jump, would else have one date.
    this.last = Math.max(captured, this.last + 0.001);
    return this.last;
  }

  private map(time: number, arrival: number): number {
    const step = Math.max(0, Math.min(longestStep, arrival - this.lastArrival || 0));
    const goesOn = time > this.lastTime || Number.isNaN(this.lastTime);
    this.lastArrival = arrival;
    // Doubles tell thousandths of a ms apart up to here; also false for what is no number.
    if (!(Math.abs(time) < 1e12)) return arrival;
    this.lastTime = time;
    const offset = arrival - time;
    if (!goesOn || this.offset === undefined || offset - this.offset > latest) {
      this.window = [];
      this.offset = offset;
    }
    this.age += step;
    while (this.window.length > 0 && this.window.at(-1)!.offset >= offset) this.window.pop();
    this.window.push({ at: this.age, offset });
    while (this.window[0]!.at < this.age - windowMs) this.window.shift();
    const least = this.window[0]!.offset;
    this.offset = least <= this.offset ? least : this.offset + (least - this.offset) * (1 - Math.exp(-step / settleMs));
    return time + this.offset;
  }
}
