import type { Candidate, Character, Reading } from '../detection/types.js';

/** How far a reader looks for other texts than the best. */
export interface CandidateOptions {
  /** Texts kept while searching; 1 takes the best of every step and gives one candidate. */
  beamWidth: number;
  /** Candidates in the reading, the text itself included. */
  maxCandidates: number;
}

/**
 * Puts a reading together. Its confidence is that of the whole text, as the first candidate has it; 0 when there is no text. An empty text
 * is never a candidate, and an empty reading has none; otherwise the first candidate is the text itself.
 *
 * @param candidates best first.
 */
export function makeReading(
  characters: Character[],
  lines: number,
  candidates: readonly Candidate[],
  maxCandidates: number,
): Reading {
  const text = characters.map((character) => character.text).join('');
  if (text === '') return { text: '', confidence: 0, characters: [], candidates: [], lines: 0 };
  return {
    text,
    confidence: candidates.find((candidate) => candidate.text === text)?.confidence ?? productOf(characters),
    characters,
    candidates: candidates.filter((candidate) => candidate.text !== '').slice(0, maxCandidates),
    lines,
  };
}

/** How probable all of them are together, were each independent of the others; 1 for none. */
export function productOf(characters: readonly Character[]): number {
  return characters.reduce((product, { confidence }) => product * confidence, 1);
}
