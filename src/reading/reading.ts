import type { Candidate, Character, Reading } from '../detection/types.js';

/** How far a reader looks for other texts than the best. */
export interface CandidateOptions {
  /** Texts kept while searching; 1 takes the best of every step and gives one candidate. */
  beamWidth: number;
  /** Candidates in the reading, the text itself included. */
  maxCandidates: number;
}

/**
 * Puts a reading together. Its confidence is the mean of the characters', 0 when there are none. An empty text is never a
 * candidate, and an empty reading has none; otherwise the first candidate is the text itself.
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
  const sum = characters.reduce((total, character) => total + character.confidence, 0);
  return {
    text,
    confidence: sum / characters.length,
    characters,
    candidates: candidates.filter((candidate) => candidate.text !== '').slice(0, maxCandidates),
    lines,
  };
}
