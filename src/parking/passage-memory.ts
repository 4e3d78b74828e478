import type { ParkingSession, Side } from './session.js';

/** Visits whose events may still be corrected. */
const MAX_VISITS = 1000;

/** What a visit of plate-out did, so that it can be undone. */
export interface Passage {
  side: Side;
  key: string;
  /** Stays before and after; undefined: there was none, or it is gone. */
  touched: { id: string; before?: ParkingSession; after?: ParkingSession }[];
  /** What it changed about the count's adjustment. */
  adjustment: number;
  /** It turned back; whatever else is said of it does not count. */
  withdrawn?: boolean;
}

/** The passages counted last, by visit. */
export class PassageMemory {
  readonly #visits = new Map<string, Passage>();

  has(visit: string): boolean {
    return this.#visits.has(visit);
  }

  get(visit: string): Passage | undefined {
    return this.#visits.get(visit);
  }

  remember(visit: string, passage: Passage): void {
    this.#visits.delete(visit);
    this.#visits.set(visit, passage);
    for (const oldest of this.#visits.keys()) {
      if (this.#visits.size <= MAX_VISITS) break;
      this.#visits.delete(oldest);
    }
  }

  forget(which: (passage: Passage) => boolean): void {
    for (const [visit, passage] of this.#visits) if (which(passage)) this.#visits.delete(visit);
  }
}
