import { foldLookAlikes } from '../detection/look-alikes.js';
import type { Character, Miss, PlateVote } from '../detection/types.js';
import type { VisitRules } from './options.js';

/** Why a text may not become an event; undefined when it may. */
export function refusal(text: string, confidence: number, rules: VisitRules): Miss | undefined {
  if (text === '') return { code: 'unread', reason: 'no characters read' };
  const length = [...text].length;
  if (length < rules.minLength) {
    return { code: 'length', reason: `length ${length} < ${rules.minLength}`, value: length, limit: rules.minLength };
  }
  if (rules.format !== undefined && !rules.format.test(text)) return { code: 'format', reason: 'format' };
  return confidence >= rules.minConfidence ? undefined : unsure(confidence, rules.minConfidence);
}

function unsure(confidence: number, limit: number): Miss {
  // Rounded down, so that 0.698 does not read 0.70 < 0.70.
  const shown = (Math.floor(confidence * 100) / 100).toFixed(2);
  return { code: 'confidence', reason: `confidence ${shown} < ${limit.toFixed(2)}`, value: confidence, limit };
}

/** Readings that must agree before a vote is final: the number asked for, and more than half of those that took part. */
export function neededReads(vote: PlateVote, rules: VisitRules): number {
  return Math.max(rules.minReads, Math.floor(vote.reads / 2) + 1);
}

/** A final has no character less sure than this, unless the track is settled: it holds where somebody sets a low confidence for the whole. */
const LEAST_CHARACTER = 0.6;

/**
 * A vote of a vehicle that is still there is not final below this, unless it is settled: more readings will make it surer or another, and a
 * gate that asks for more than the final had is not asked again. When the vehicle leaves, what was set is enough.
 */
const WORTH_WAITING = 0.8;

/** Why a text is not sure enough for a `final`; undefined when it is. */
export function doubt(characters: readonly Character[]): Miss | undefined {
  const weakest = characters.reduce((least, { confidence }) => Math.min(least, confidence), 1);
  if (weakest >= LEAST_CHARACTER) return undefined;
  const shown = (Math.floor(weakest * 100) / 100).toFixed(2);
  return {
    code: 'confidence',
    reason: `character ${shown} < ${LEAST_CHARACTER.toFixed(2)}`,
    value: weakest,
    limit: LEAST_CHARACTER,
  };
}

/** Too few readings say the same. */
export function disagreement(agreeing: number, minReads: number): Miss {
  return { code: 'disagreement', reason: `agreeing ${agreeing} < ${minReads}`, value: agreeing, limit: minReads };
}

/** What an unsettled vote still lacks for a `final`; undefined when nothing. @param mayGrow more readings may come */
export function shortfall(vote: PlateVote, rules: VisitRules, mayGrow = false): Miss | undefined {
  const needed = neededReads(vote, rules);
  if (vote.agreeing < needed) return disagreement(vote.agreeing, needed);
  if (mayGrow && vote.confidence < WORTH_WAITING) return unsure(vote.confidence, WORTH_WAITING);
  return doubt(vote.characters);
}

/** Why a track gave no event, now that it is gone. */
export function whyNothing({ vote, held, plateSeen }: Glimpse, rules: VisitRules): Miss {
  if (vote !== undefined) {
    return (
      refusal(vote.text, vote.confidence, rules) ??
      shortfall(vote, rules) ??
      disagreement(vote.agreeing, neededReads(vote, rules))
    );
  }
  if (held === undefined) {
    return plateSeen ? { code: 'unread', reason: 'unread' } : { code: 'no-plate', reason: 'no plate found' };
  }
  const code = plateSeen ? 'unread' : 'no-plate';
  const reason = held.code === code ? held.reason : `${plateSeen ? 'unread' : 'no plate'}: ${held.reason}`;
  return { ...held, code, reason };
}

/** What was made of a track. */
interface Glimpse {
  vote?: PlateVote;
  /** The last reason why something was held back. */
  held?: Miss;
  plateSeen: boolean;
}

/** The plate was announced already: `elapsedMs` since it was last seen. */
export function duplicate(elapsedMs: number, dedupeMs: number): Miss {
  const value = Math.abs(elapsedMs) / 1000;
  const limit = dedupeMs / 1000;
  return { code: 'duplicate', reason: `duplicate ${value.toFixed(1)} s ≤ ${limit} s`, value, limit };
}

/** What tells visits apart: texts that differ in look-alikes only are one plate. */
export function plateKey(text: string): string {
  return foldLookAlikes(text);
}
