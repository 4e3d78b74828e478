import type { Candidate } from '../../detection/types.js';
import { countryFormats, countryOf, formatsOf } from './catalogue.js';
import type { CountryFormats } from './format.js';
import { fits } from './match.js';

/** Which country or state a plate may be of. */
export interface RegionGuess {
  /** ISO 3166 code. */
  region: string;
  /** 0..1: how probable among the countries that were asked for, were all of them as frequent. */
  score: number;
}

/** A plate of no country that is known: vanity plates, armies, embassies, misreadings. Their share of all plates. */
const STRANGERS = 0.1;
const CHARACTERS = 36;

/**
 * How probable each country is, best first; states of one country also as the country itself, where they sum to more than each.
 * Every country counts the same, and within it every state; a pattern twice as much as the next in its table, and every text of a
 * pattern the same. So what seldom fits by chance says most.
 *
 * @param candidates what may have been read, and how probable each is
 * @param countries those that are possible; all known when left out
 */
export function guessRegions(
  candidates: readonly Candidate[],
  countries: readonly CountryFormats[] = countryFormats,
): RegionGuess[] {
  const states = new Map<string, number>();
  for (const { code } of countries) states.set(countryOf(code), (states.get(countryOf(code)) ?? 0) + 1);
  const scores = new Map<string, number>();
  let all = 0;
  const add = (code: string, score: number): void => {
    if (score > 0) scores.set(code, (scores.get(code) ?? 0) + score);
  };
  const total = candidates.reduce((sum, { confidence }) => sum + confidence, 0) || 1;
  for (const { text, confidence } of candidates) {
    const weight = confidence / total;
    all += weight * STRANGERS * CHARACTERS ** -[...text].length;
    for (const country of countries) {
      const own = countryOf(country.code);
      const formats = formatsOf(country);
      const likelihood = formats.reduce((sum, format) => sum + (fits(text, format) ? format.probability : 0), 0);
      const score = (weight * (1 - STRANGERS) * likelihood * (country.weight ?? 1)) / states.get(own)! / states.size;
      all += score;
      add(country.code, score);
      if (own !== country.code) add(own, score);
    }
  }
  return [...scores]
    .map(([region, score]) => ({ region, score: score / all }))
    .sort((a, b) => b.score - a.score || b.region.length - a.region.length || (a.region < b.region ? -1 : 1));
}

/** A guess that is not clearly right is none: a wrong country is worse than no country. */
const CLEAR = 0.95;

/** The region, where it is clear: the state rather than its country, the country where states cannot be told apart. */
export function clearRegion(guesses: readonly RegionGuess[]): RegionGuess | undefined {
  const clear = guesses.filter(({ score }) => score >= CLEAR);
  return clear.find(({ region }) => region.length > 2) ?? clear[0];
}
