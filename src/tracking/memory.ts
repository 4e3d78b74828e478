import type { PlateVote, RatedReading, Reading, ReadingQuality } from '../detection/types.js';

/** When a vote counts as settled. */
export interface SettleRule {
  settleReads: number;
  settleConfidence: number;
}

/** How readings become one plate; src/reading/vote.ts has the one that ships. Handed in, because rooms do not import sideways. */
export interface Voting {
  /** @returns undefined when there is no text in any reading */
  vote(readings: readonly RatedReading[], rule: SettleRule): PlateVote | undefined;
  /** Of several readings the one that can best be done without. @returns its index */
  leastTelling(readings: readonly RatedReading[]): number;
}

/** Readings kept per track. A visit at 30 fps has hundreds; beyond the best few dozen they change nothing. */
export const READINGS_PER_TRACK = 32;

/** Everything that was read of one track, as far as it still counts. */
export class ReadingMemory {
  readonly #readings: RatedReading[] = [];
  readonly #voting: Voting;
  readonly #rule: SettleRule;
  #vote: PlateVote | undefined;

  constructor(voting: Voting, rule: SettleRule) {
    this.#voting = voting;
    this.#rule = rule;
  }

  /** The vote as it stands. */
  get vote(): PlateVote | undefined {
    return this.#vote;
  }

  /** Readings kept. */
  get size(): number {
    return this.#readings.length;
  }

  /** Takes in a reading, drops the least telling when there are too many, and votes anew. Empty readings say nothing. */
  add(reading: Reading, quality: ReadingQuality): PlateVote | undefined {
    if (reading.characters.length === 0) return this.#vote;
    this.#readings.push({ reading, quality });
    if (this.#readings.length > READINGS_PER_TRACK) {
      this.#readings.splice(this.#voting.leastTelling(this.#readings), 1);
    }
    this.#vote = this.#voting.vote(this.#readings, this.#rule);
    return this.#vote;
  }
}
