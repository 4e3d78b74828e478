import { SourceError } from '../source.js';
import type { Timers } from './timers.js';

interface Snapshot {
  resolve(): void;
  reject(error: Error): void;
  forget(): void;
}

/** Frames that somebody asked for one by one. */
export class Snapshots {
  private open: Snapshot[] = [];

  /** @param ended called when the last one that was open is over */
  constructor(
    private readonly timers: Timers,
    private readonly ended: () => void,
  ) {}

  /** Frames were asked for and have not gone into the flow yet. */
  get waiting(): boolean {
    return this.open.length > 0;
  }

  /** Resolves when a frame was sent that came after this call; rejects without one after `limitMs`. */
  ask(description: string, limitMs: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const forget = this.timers.after(limitMs, () => {
        const seconds = Math.round(limitMs / 100) / 10;
        const text = `Expected a frame of ${description} for a snapshot within ${seconds} s but received none`;
        this.finish(snapshot, () => reject(new SourceError(text, 'ALPR_SOURCE_STALLED')));
      });
      const snapshot: Snapshot = { resolve, reject, forget };
      this.open.push(snapshot);
    });
  }

  /** For the frame that has just come: what to call when it went into the flow. */
  answers(): (() => void)[] {
    return this.open.map((snapshot) => () => this.finish(snapshot, snapshot.resolve));
  }

  /** No frame will come. */
  fail(error: Error): void {
    for (const snapshot of [...this.open]) this.finish(snapshot, () => snapshot.reject(error));
  }

  private finish(snapshot: Snapshot, answer: () => void): void {
    if (!this.open.includes(snapshot)) return;
    this.open = this.open.filter((other) => other !== snapshot);
    snapshot.forget();
    answer();
    if (this.open.length === 0) this.ended();
  }
}
