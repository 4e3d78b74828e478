/** Whether a camera's frames come, and how fast; all times in ms since the epoch. */
export class Heartbeat {
  /** The last frame was the first after none: the camera is there (again). */
  changed = false;
  #isOn = false;
  #last = 0;
  #since: number | undefined;
  #frames = 0;
  #milliseconds = 0;
  /** What the camera's own node said last, if it says anything. */
  #reported: boolean | undefined;

  constructor(
    private readonly silenceMs: number,
    private readonly reportMs: number,
  ) {}

  /** @returns figures of the time since the last report, when one is due */
  frame(milliseconds: number, now: number): { fps: number; inferMs: number } | undefined {
    // Frames that were on their way when the camera was lost do not bring it back.
    const isOn = this.#reported !== false;
    this.changed = isOn && !this.#isOn;
    this.#isOn = isOn;
    this.#last = now;
    // A clock that was set back would hold the next report for as long.
    if (this.#since === undefined || now < this.#since) {
      [this.#since, this.#frames, this.#milliseconds] = [now, 0, 0];
      return undefined;
    }
    this.#frames += 1;
    this.#milliseconds += Number.isFinite(milliseconds) ? milliseconds : 0;
    const elapsed = now - this.#since;
    if (elapsed < this.reportMs || elapsed <= 0) return undefined;
    const report = {
      fps: Math.round((10_000 * this.#frames) / elapsed) / 10,
      inferMs: Math.round((10 * this.#milliseconds) / this.#frames) / 10,
    };
    [this.#since, this.#frames, this.#milliseconds] = [now, 0, 0];
    return report;
  }

  /**
   * The camera's own node says whether it is there; from then on silence says nothing: perhaps nothing moves.
   * @returns whether that is news
   */
  report(isThere: boolean): boolean {
    this.#reported = isThere;
    const was = this.#isOn;
    this.#isOn = isThere;
    if (!isThere) this.#since = undefined;
    return was !== isThere;
  }

  isSilent(now: number): boolean {
    return this.#isOn && this.#reported !== true && now - this.#last > this.silenceMs;
  }

  /** @returns whether the camera was there until now */
  stop(): boolean {
    const was = this.#isOn;
    this.#isOn = false;
    this.#since = undefined;
    return was;
  }
}
