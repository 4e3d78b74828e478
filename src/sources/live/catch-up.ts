/** Frames that came so much faster than the camera took them wait already: a share of the camera's step. */
const burst = 0.5;
/** Without another frame for so long, nothing more waits, ms. */
const quietMs = 150;
/** What comes faster than it was taken even after so long is no backlog, but a file or the like, ms. */
const longestMs = 1000;

/**
 * The beginning of a connection. While ffmpeg looked at the stream it gathered up to a second of frames, which now come all at once, old as
 * they are. Only the newest of them is sent: the others would be dated wrongly, since nobody knows yet how late they are.
 */
export class CatchUp<Item> {
  private held: Item | undefined;
  private done = false;
  private began = NaN;
  private lastTime = NaN;
  private lastArrival = NaN;
  private timer: NodeJS.Timeout | undefined;

  /** @param pass gets what is to be sent  @param drop gets what gave way */
  constructor(
    private readonly pass: (item: Item) => void,
    private readonly drop: (item: Item) => void,
  ) {}

  /**
   * @param time seconds by the stream's clock; NaN where it has none
   * @param arrival ms
   */
  offer(item: Item, time: number, arrival: number): void {
    if (this.done) return this.pass(item);
    const wait = arrival - this.lastArrival;
    const isFirst = Number.isNaN(this.lastArrival) && Number.isFinite(time);
    const isBurst = wait < burst * 1000 * (time - this.lastTime) && arrival - this.began < longestMs;
    if (isFirst) this.began = arrival;
    this.lastTime = time;
    this.lastArrival = arrival;
    if (!isFirst && !isBurst) {
      this.flush();
      return this.pass(item);
    }
    if (this.held !== undefined) this.drop(this.held);
    this.held = item;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), quietMs);
  }

  /** Nothing waits any more: what is held is sent. */
  flush(): void {
    this.done = true;
    clearTimeout(this.timer);
    const { held } = this;
    this.held = undefined;
    if (held !== undefined) this.pass(held);
  }

  /** The connection is over: what is held is dropped. */
  close(): void {
    this.done = true;
    clearTimeout(this.timer);
    if (this.held !== undefined) this.drop(this.held);
    this.held = undefined;
  }
}
