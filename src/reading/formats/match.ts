import { countryFormats, formatsOf, type Format } from './catalogue.js';
import type { CountryFormats } from './format.js';
import type { Shape } from './pattern.js';

/** One character that was taken for another because only that one may stand there. */
export interface Change {
  /** Position in the text, from 0. */
  index: number;
  from: string;
  to: string;
}

/** A text, as a country may have meant it. */
export interface FormatMatch {
  /** ISO 3166 code of the country or state. */
  country: string;
  /** The pattern, as in the country's table. */
  format: string;
  /** The text with `changes` made. */
  text: string;
  /** None when the text fits as it is. */
  changes: Change[];
  /** Sum of what the changes cost; 0 for none. */
  cost: number;
}

/**
 * What may have been read for what, and how unlikely that is (natural logarithm of the odds against). Many fonts draw O and 0, I and
 * 1 alike; the others a reader tells apart when it sees them well.
 */
const CONFUSABLE: readonly (readonly [pair: string, cost: number])[] = [
  ['O0', 0.3],
  ['I1', 0.3],
  ['B8', 1.5],
  ['S5', 2.5],
  ['Z2', 2.5],
  ['G6', 2.5],
  ['D0', 2.5],
  ['Q0', 2.5],
];
/** Above this a change needs a doubtful reading of the character. */
export const ALIKE = 1;
const costs = new Map(
  CONFUSABLE.flatMap(([[a, b], cost]) => [[`${a}${b}`, cost] as const, [`${b}${a}`, cost] as const]),
);

/** Changes in one text, at most; what needs more was not read. */
const MOST_CHANGES = 3;

/** Odds against `from` standing for `to`, natural logarithm; undefined when nobody confuses them. */
export const confusion = (from: string, to: string): number | undefined => costs.get(from + to);

/**
 * The ways in which countries may have meant a text: for each country (or state) the one that changes least, those that fit as they
 * are first. A change is made only where the format's position knows the other character and not the one that was read.
 *
 * @param text capital letters and digits, without signs
 * @param countries all known when left out
 * @param mayChange whether the character at a position may be taken for another at this cost; always when left out
 */
export function matchFormats(
  text: string,
  countries: readonly CountryFormats[] = countryFormats,
  mayChange: (index: number, cost: number) => boolean = () => true,
): FormatMatch[] {
  const characters = [...text];
  const matches: FormatMatch[] = [];
  for (const country of countries) {
    let best: FormatMatch | undefined;
    for (const format of formatsOf(country)) {
      const match = matchOne(characters, format, mayChange);
      if (match !== undefined && match.cost < (best?.cost ?? Infinity)) best = match;
    }
    if (best !== undefined) matches.push(best);
  }
  return matches.sort((a, b) => a.cost - b.cost || (a.country < b.country ? -1 : 1));
}

/** Whether a text is one of a format's, as it is. */
export function fits(text: string, format: Format): boolean {
  const characters = [...text];
  const shapes = format.shapes.get(characters.length) ?? [];
  return shapes.some((shape) => characters.every((character, index) => shape[index]!.includes(character)));
}

function matchOne(
  characters: readonly string[],
  format: Format,
  mayChange: (index: number, cost: number) => boolean,
): FormatMatch | undefined {
  let best: { changes: Change[]; cost: number } | undefined;
  for (const shape of format.shapes.get(characters.length) ?? []) {
    const found = changesFor(characters, shape, mayChange);
    if (found !== undefined && found.cost < (best?.cost ?? Infinity)) best = found;
  }
  if (best === undefined) return undefined;
  const text = [...characters];
  for (const { index, to } of best.changes) text[index] = to;
  return { country: format.code, format: format.pattern, text: text.join(''), ...best };
}

function changesFor(
  characters: readonly string[],
  shape: Shape,
  mayChange: (index: number, cost: number) => boolean,
): { changes: Change[]; cost: number } | undefined {
  const changes: Change[] = [];
  let cost = 0;
  for (const [index, from] of characters.entries()) {
    const allowed = shape[index]!;
    if (allowed.includes(from)) continue;
    let cheapest: { to: string; cost: number } | undefined;
    for (const to of allowed) {
      const odds = confusion(from, to);
      if (odds !== undefined && odds < (cheapest?.cost ?? Infinity) && mayChange(index, odds))
        cheapest = { to, cost: odds };
    }
    if (cheapest === undefined || changes.length === MOST_CHANGES) return undefined;
    changes.push({ index, from, to: cheapest.to });
    cost += cheapest.cost;
  }
  return { changes, cost };
}
