import { foldLookAlikes } from '../detection/look-alikes.js';
import type { Miss, PlateVote } from '../detection/types.js';
import type { VisitRules } from './options.js';

/** Why a text may not become an event; undefined when it may. */
export function refusal(text: string, confidence: number, rules: VisitRules): Miss | undefined {
  if (text === '') return { code: 'unread', reason: 'no characters read' };
  const length = [...text].length;
  if (length < rules.minLength) {
    return { code: 'length', reason: `length ${length} < ${rules.minLength}`, value: length, limit: rules.minLength };
  }
  if (rules.format !== undefined && !rules.format.test(text)) return { code: 'format', reason: 'format' };
  if (!(confidence >= rules.minConfidence)) {
    // Rounded down, so that 0.698 does not read 0.70 < 0.70.
    const shown = (Math.floor(confidence * 100) / 100).toFixed(2);
    const limit = rules.minConfidence;
    return { code: 'confidence', reason: `confidence ${shown} < ${limit.toFixed(2)}`, value: confidence, limit };
  }
  return undefined;
}

/** Readings that must agree before a vote is final: the number asked for, and more than half of those that took part. */
export function neededReads(vote: PlateVote, rules: VisitRules): number {
  return Math.max(rules.minReads, Math.floor(vote.reads / 2) + 1);
}

/** Too few readings say the same. */
export function disagreement(agreeing: number, minReads: number): Miss {
  return { code: 'disagreement', reason: `agreeing ${agreeing} < ${minReads}`, value: agreeing, limit: minReads };
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
