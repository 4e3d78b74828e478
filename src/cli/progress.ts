/** A one-line progress bar on stderr, so that stdout stays clean for results; silent where nobody watches. */
export class Progress {
  private done = 0;
  private lastDrawn = 0;
  private readonly started = Date.now();
  private readonly stream = process.stderr;

  /**
   * @param total 0 when it is not known, as for videos
   * @param show how an amount is written, `12.3 MB`; plain numbers when left out
   */
  constructor(
    private readonly title: string,
    private total: number,
    private readonly show?: (amount: number) => string,
  ) {}

  advance(by = 1): void {
    this.set(this.done + by, this.total);
  }

  /** For what may begin anew, or whose end is learnt on the way. */
  set(done: number, total: number): void {
    this.done = done;
    this.total = total;
    const now = Date.now();
    if (!this.stream.isTTY || (now - this.lastDrawn < 100 && this.done !== this.total)) return;
    this.lastDrawn = now;
    this.stream.write(`\r${this.line(now)}\x1b[K`);
  }

  /** Clears the line, so that what is printed next starts clean. */
  finish(): void {
    if (this.stream.isTTY) this.stream.write('\r\x1b[K');
  }

  private line(now: number): string {
    const seconds = (now - this.started) / 1000;
    const rate = this.done / Math.max(seconds, 0.001);
    const amount = this.show ?? String;
    const speed = this.show?.(rate) ?? rate.toFixed(1);
    if (this.total <= 0) return `${this.title} ${amount(this.done)}  ${speed}/s`;
    const width = 24;
    const filled = Math.round((Math.min(this.done, this.total) / this.total) * width);
    const left = Math.max(0, Math.round((this.total - this.done) / Math.max(rate, 0.001)));
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    return `${this.title} ${bar} ${amount(this.done)}/${amount(this.total)}  ${left} s left`;
  }
}
