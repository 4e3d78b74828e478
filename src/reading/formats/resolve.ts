import { foldLookAlikes } from '../../detection/look-alikes.js';
import type { Candidate, Reading } from '../../detection/types.js';
import { formatsOf } from './catalogue.js';
import type { CountryFormats } from './format.js';
import { ALIKE, fits, matchFormats } from './match.js';
import { respell } from './respell.js';

/** A change that is more than a matter of fonts wants a character read with less confidence than this. */
const DOUBTFUL = 0.9;
/** What fits may be this much less probable than what was read (natural logarithm): one in fifty-five. */
const NEAR = 4;

/**
 * The reading, taken as a text of one of these countries.
 *
 * What fits as it was read stays. Otherwise the most probable of the candidates that fit, or would with look-alikes taken for each other
 * where only the other may stand, takes its place, if it is not much less probable than what was read. No character comes up that was
 * neither in a candidate nor looks like one that was. A reading that comes to nothing stays as it was: a stranger's plate, a vanity plate.
 *
 * A character that was changed keeps the confidence of the one in its place: that another may not stand there makes it no less sure. For the
 * same reason the text gets the probability of all candidates that can only mean it.
 *
 * @param countries those that are expected; none: every reading stays
 */
export function resolveReading(reading: Reading, countries: readonly CountryFormats[]): Reading {
  if (countries.length === 0 || reading.text === '') return reading;
  const better = fitsOne(reading.text, countries) ? reading : mostProbable(reading, countries);
  if (better === undefined) return reading;
  const others = reading.candidates.filter(({ text }) => text !== better.text && !means(text, better.text, countries));
  const same = reading.candidates.filter(({ text }) => text !== better.text && means(text, better.text, countries));
  if (better === reading && same.length === 0) return reading;
  const own = reading.candidates.find(({ text }) => text === better.text)?.confidence ?? 0;
  const sum = same.reduce((total, candidate) => total + candidate.confidence, own);
  const confidence = Math.min(1, Math.max(better.confidence, sum));
  return {
    ...reading,
    text: better.text,
    characters: better === reading ? reading.characters : respell(reading.characters, better.text),
    confidence,
    candidates: [{ text: better.text, confidence }, ...others].slice(0, Math.max(1, reading.candidates.length)),
  };
}

/** Whether a text that none of the countries has stands for one that they have: the same but for look-alikes. */
function means(text: string, fitting: string, countries: readonly CountryFormats[]): boolean {
  return foldLookAlikes(text) === foldLookAlikes(fitting) && !fitsOne(text, countries);
}

/** Whether a text is one of these countries' as it is. */
export function fitsOne(text: string, countries: readonly CountryFormats[]): boolean {
  return countries.some((country) => formatsOf(country).some((format) => fits(text, format)));
}

function mostProbable(reading: Reading, countries: readonly CountryFormats[]): Candidate | undefined {
  const { text, characters } = reading;
  const own = reading.candidates.find((candidate) => candidate.text === text)?.confidence ?? 1;
  const candidates = [{ text, confidence: own }, ...reading.candidates.filter((candidate) => candidate.text !== text)];
  // Letters alone are a vanity plate rather than digits that were all misread.
  const hasDigit = /\d/.test(text);
  let best: Candidate | undefined;
  let least = Math.log(own) - NEAR;
  for (const [rank, candidate] of candidates.entries()) {
    // How sure each character is, is known for the reading itself only.
    const mayChange = (index: number, cost: number): boolean =>
      hasDigit && (cost < ALIKE || (rank === 0 && characters[index]!.confidence < DOUBTFUL));
    const match = matchFormats(candidate.text, countries, mayChange)[0];
    if (match === undefined || (!hasDigit && foldLookAlikes(match.text) === foldLookAlikes(text))) continue;
    const score = Math.log(candidate.confidence) - match.cost;
    if (score <= least) continue;
    least = score;
    best = { text: match.text, confidence: candidate.confidence };
  }
  return best;
}
