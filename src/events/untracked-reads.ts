import type { Plate, PlateVote } from '../detection/types.js';
import { plateKey } from './acceptance.js';
import { readingAsVote } from './track-state.js';
import type { BestView } from './views.js';

/** Readings of one plate that belongs to no track. */
export interface Tally {
  reads: number;
  firstSeen: number;
  lastSeen: number;
  /** The surest reading. */
  plate: Plate & { text: string };
  vote: PlateVote;
  /** The sight of it that was best to read. */
  view?: BestView;
}

/** Plates per camera that wait for another reading; beyond it the oldest is given up. */
const MAX_TALLIES = 500;
/** Readings agree over at least this time (ms), also where dedupe is off. */
const LEAST_WINDOW = 2000;

/** In a flow with a tracker, plates without a track (their vehicle was not found) must be read alike several times, too. */
export class UntrackedReads {
  readonly #tallies = new Map<string, Tally>();
  readonly #window: number;

  constructor(dedupeMs: number) {
    this.#window = Math.max(dedupeMs, LEAST_WINDOW);
  }

  get size(): number {
    return this.#tallies.size;
  }

  /** Counts an acceptable reading; returns all of this text so far. */
  add(plate: Plate & { text: string }, now: number): Tally {
    const key = plateKey(plate.text);
    const before = this.#tallies.get(key);
    const single = readingAsVote(plate, 1, 1);
    const tally: Tally = before ?? { reads: 0, firstSeen: now, lastSeen: now, plate, vote: single };
    tally.reads++;
    tally.lastSeen = now;
    if (single.confidence > tally.vote.confidence) {
      tally.plate = plate;
      tally.vote = single;
    }
    tally.vote = { ...tally.vote, reads: tally.reads, agreeing: tally.reads };
    this.#tallies.set(key, tally);
    return tally;
  }

  delete(text: string): void {
    this.#tallies.delete(plateKey(text));
  }

  /** Takes out what was not read again in time. */
  expire(now: number): Tally[] {
    const expired: Tally[] = [];
    for (const [key, tally] of this.#tallies) {
      const late = Math.abs(now - tally.lastSeen) > this.#window;
      if (!late && this.#tallies.size <= MAX_TALLIES) continue;
      expired.push(tally);
      this.#tallies.delete(key);
    }
    return expired;
  }
}
