import type { Timers } from '../../src/sources/live/timers.js';

interface Waiting {
  at: number;
  callback: () => void;
}

/** A clock that moves when the test says so. */
export class FakeTimers implements Timers {
  private time = 1_000_000;
  private readonly waiting = new Set<Waiting>();

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.time + ms, callback };
    this.waiting.add(entry);
    return () => void this.waiting.delete(entry);
  }

  /** ms until the next timer; undefined without one. */
  get next(): number | undefined {
    const [first] = this.inOrder();
    return first === undefined ? undefined : first.at - this.time;
  }

  get count(): number {
    return this.waiting.size;
  }

  /** Lets time pass; timers fire when they are due, and what follows from them happens in between. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    await turns();
    for (let [first] = this.inOrder(); first !== undefined && first.at <= end; [first] = this.inOrder()) {
      this.time = Math.max(this.time, first.at);
      this.waiting.delete(first);
      first.callback();
      await turns();
    }
    this.time = end;
    await turns();
  }

  /** The machine slept or the event loop was blocked: time is over at once, timers fire late. */
  async jump(ms: number): Promise<void> {
    this.time += ms;
    await this.pass(0);
  }

  private inOrder(): Waiting[] {
    return [...this.waiting].sort((a, b) => a.at - b.at);
  }
}

/** Lets everything happen that needs no time; more turns than a lease wants to become idle. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
