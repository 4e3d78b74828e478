import type { CountryFormats } from './format.js';
import { africa, oceania } from './data/africa-oceania.js';
import { americas } from './data/americas.js';
import { asia, northAfrica } from './data/asia.js';
import { easternEurope } from './data/europe-east.js';
import { westernEurope } from './data/europe-west.js';
import { canada, unitedStates } from './data/north-america.js';
import { expandPattern, sizeOf, type Shape } from './pattern.js';

/** Every country and state that is known, sorted by code. */
export const countryFormats: readonly CountryFormats[] = [
  ...[westernEurope, easternEurope, americas, unitedStates, canada, asia, northAfrica, africa, oceania].flat(),
].sort((a, b) => (a.code < b.code ? -1 : 1));

/** A pattern, ready to be compared with. */
export interface Format {
  /** Of the country or state. */
  code: string;
  pattern: string;
  /** By length of the text. */
  shapes: ReadonlyMap<number, readonly Shape[]>;
  /** Of each of its texts among the country's plates, as `guessRegions` takes it. */
  probability: number;
}

const byCode = new Map<string, readonly Format[]>();

/** Formats of a country or state; expanded when first asked for. */
export function formatsOf(country: CountryFormats): readonly Format[] {
  const known = byCode.get(country.code);
  if (known !== undefined) return known;
  const patterns = country.patterns.split(' ');
  // The first is the commonest; each next one counts half: 1/2 + 1/4 + … + 1/2ⁿ.
  const shares = 1 - 2 ** -patterns.length;
  const formats = patterns.map((pattern, index): Format => {
    const shapes = new Map<number, Shape[]>();
    let size = 0;
    for (const shape of expandPattern(pattern, country.letters)) {
      shapes.set(shape.length, [...(shapes.get(shape.length) ?? []), shape]);
      size += sizeOf(shape);
    }
    return { code: country.code, pattern, shapes, probability: 2 ** -(index + 1) / shares / size };
  });
  byCode.set(country.code, formats);
  return formats;
}

/** `US` of `US-CA`; a country is its own. */
export const countryOf = (code: string): string => code.slice(0, 2);

/** A setting names a country that is not known. */
export class FormatsError extends Error {
  readonly code = 'ALPR_FORMATS';
  override readonly name = 'FormatsError';
}

/** Codes that a setting may hold: those of the list, and countries that stand for all their states. */
export function knownCodes(): string[] {
  return [...new Set(countryFormats.flatMap(({ code }) => [countryOf(code), code]))].sort();
}

/**
 * The countries of a setting such as `DE, AT, US-CA`: codes with commas, semicolons or spaces between them. `US` stands for all
 * its states. Empty: none.
 *
 * @throws FormatsError naming a code that is not known
 */
export function readFormats(text: string): CountryFormats[] {
  const chosen = new Set<CountryFormats>();
  for (const code of text.toUpperCase().split(/[\s,;]+/)) {
    if (code === '') continue;
    const named = countryFormats.filter((country) => country.code === code || countryOf(country.code) === code);
    if (named.length === 0) {
      throw new FormatsError(`Expected codes of countries such as DE or US-CA for formats but received ${code}`);
    }
    for (const country of named) chosen.add(country);
  }
  return [...chosen];
}
