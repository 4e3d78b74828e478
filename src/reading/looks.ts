import type { Candidate, Reading } from '../detection/types.js';
import { respell } from './formats/respell.js';

/**
 * One reading from several looks at the same plate, each cut out with another margin: the text that is most probable on the mean of the
 * looks, their candidates included. A look that lost a character is as sure of what is left as one that saw all, so the surest look alone
 * is wrong more often (docs/accuracy.md).
 *
 * It is as probable as in the look that saw it best: looks go wrong together, and their mean states too little. The other candidates share
 * what is left.
 *
 * @param looks readings of the same plate, one or more
 * @param maxCandidates in the reading, the text itself included
 */
export function combineLooks(looks: readonly Reading[], maxCandidates: number): Reading {
  const means = new Map<string, number>();
  for (const { candidates } of looks) {
    for (const { text, confidence } of candidates) means.set(text, (means.get(text) ?? 0) + confidence / looks.length);
  }
  const ranked = [...means].sort((a, b) => b[1] - a[1]);
  const first = ranked[0];
  if (first === undefined) return looks.reduce((best, look) => (look.confidence > best.confidence ? look : best));
  const [text, mean] = first;

  const inLook = (look: Reading): number => look.candidates.find((one) => one.text === text)?.confidence ?? 0;
  const best = looks.reduce((a, b) => (inLook(b) > inLook(a) ? b : a));
  const confidence = inLook(best);
  const left = (1 - confidence) / Math.max(1 - mean, Number.MIN_VALUE);
  const others = ranked.slice(1, maxCandidates).map(([other, share]): Candidate => ({
    text: other,
    confidence: Math.min(1, share * left),
  }));
  return {
    text,
    confidence,
    characters: best.text === text ? best.characters : respell(best.characters, text),
    candidates: [{ text, confidence }, ...others],
    lines: best.lines,
  };
}
