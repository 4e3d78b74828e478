import type { ListEntry, Rule } from './entry.js';
import { listKey } from './key.js';
import type { ListMatch } from './plate-list.js';
import type { Sighting } from './sighting.js';

/** What a plate must be like, beyond being on the list, to be let in. */
export interface GateRules {
  /** Readings that must agree. */
  minReads: number;
  /** 0..1. */
  minConfidence: number;
  /** The same plate is let in again after so many ms at the earliest. */
  cooldownMs: number;
}

export type Verdict = 'allowed' | 'alert' | 'not-allowed';

/** Why, for programs. */
export type VerdictCode =
  | 'listed'
  | 'denied'
  | 'unknown'
  | 'expired'
  | 'not-yet'
  | 'not-final'
  | 'few-reads'
  | 'confidence'
  | 'cool-down'
  | 'no-list';

/** What is known of a plate, and what follows from it. What comes behind `rule` is missing for plates that are on no list. */
export interface Known {
  verdict: Verdict;
  code: VerdictCode;
  /** For people, with the numbers: `agreeing 1 < 2`. */
  reason: string;
  /** `unknown`: on no list. */
  rule: Rule | 'unknown';
  /** As on the list. */
  plate?: string;
  name?: string;
  tags?: string[];
  note?: string;
  validFrom?: string;
  validUntil?: string;
  /** From the plate on the list; 0 when it is this very one. */
  distance?: number;
  exact?: boolean;
  /** Another entry is as near; the strictest counted. */
  ambiguous?: boolean;
}

/** Decides about plates one after the other. Whatever is not clearly to be let in is not. */
export class Gate {
  /** Keys of the plates (as listed) that were let in, oldest first, and when. */
  readonly #opened = new Map<string, number>();

  constructor(private readonly rules: GateRules) {}

  /**
   * @param match what the list says; undefined for nothing
   * @param complete false while a list that was asked for could not be read: then nobody is let in
   * @param now ms of a clock that only goes forward, for the cool-down
   */
  decide(sighting: Sighting, match: ListMatch | undefined, complete: boolean, now: number): Known {
    if (match === undefined) {
      if (!complete) return { verdict: 'not-allowed', ...NO_LIST, rule: 'unknown' };
      return { verdict: 'not-allowed', code: 'unknown', reason: 'not on the list', rule: 'unknown' };
    }
    const about = aboutOf(match);
    const { entry, validity } = match;
    if (validity === 'expired') {
      return { verdict: 'not-allowed', code: 'expired', reason: `valid until ${entry.validUntil}`, ...about };
    }
    if (validity === 'not-yet') {
      return { verdict: 'not-allowed', code: 'not-yet', reason: `valid from ${entry.validFrom}`, ...about };
    }
    if (entry.rule === 'deny')
      return { verdict: 'not-allowed', code: 'denied', reason: 'denied by the list', ...about };
    if (entry.rule === 'alert')
      return { verdict: 'alert', code: 'listed', reason: 'on the list for an alert', ...about };
    const doubt = complete ? this.#doubt(sighting, entry, now) : NO_LIST;
    if (doubt !== undefined) return { verdict: 'not-allowed', ...doubt, ...about };
    this.#open(entry, now);
    return { verdict: 'allowed', code: 'listed', reason: 'allowed by the list', ...about };
  }

  /** Forgets whom it let in. */
  reset(): void {
    this.#opened.clear();
  }

  #doubt(sighting: Sighting, entry: ListEntry, now: number): { code: VerdictCode; reason: string } | undefined {
    const { minReads, minConfidence, cooldownMs } = this.rules;
    if (sighting.event !== undefined && sighting.event !== 'final') {
      return { code: 'not-final', reason: `event is ${sighting.event}` };
    }
    if (!(sighting.agreeing >= minReads)) {
      return { code: 'few-reads', reason: `agreeing ${sighting.agreeing} < ${minReads}` };
    }
    const { confidence } = sighting;
    if (!((confidence ?? 0) >= minConfidence)) {
      // Rounded down, so that 0.798 does not read 0.80 < 0.80.
      const told = confidence === undefined ? 'unknown' : (Math.floor(confidence * 100) / 100).toFixed(2);
      return { code: 'confidence', reason: `confidence ${told} < ${minConfidence.toFixed(2)}` };
    }
    const opened = this.#opened.get(listKey(entry.plate));
    if (opened !== undefined && now - opened < cooldownMs) {
      const elapsed = ((now - opened) / 1000).toFixed(1);
      return { code: 'cool-down', reason: `let in ${elapsed} s ago, again after ${cooldownMs / 1000} s` };
    }
    return undefined;
  }

  #open(entry: ListEntry, now: number): void {
    const key = listKey(entry.plate);
    // Behind the others, so that the oldest come first.
    this.#opened.delete(key);
    this.#opened.set(key, now);
    for (const [oldest, opened] of this.#opened) {
      if (now - opened < this.rules.cooldownMs) break;
      this.#opened.delete(oldest);
    }
  }
}

const NO_LIST = { code: 'no-list', reason: 'a list could not be read' } as const;

function aboutOf({ entry, distance, exact, ambiguous }: ListMatch): Omit<Known, 'verdict' | 'code' | 'reason'> {
  const { rule, plate, name, tags, note, validFrom, validUntil } = entry;
  return {
    rule,
    plate,
    ...(name === undefined ? {} : { name }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(note === undefined ? {} : { note }),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
    distance,
    exact,
    ambiguous,
  };
}
