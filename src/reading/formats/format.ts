/**
 * How the plates of a country or of one of its states are spelled, without spaces and other signs.
 *
 * In a pattern `A` is one of the country's letters, `9` a digit, `N` a digit from 1, `0` to `8` themselves; `[ABX0-9]` is one of these
 * characters, `<TA|ET>` one of these texts, `(9{2}|2A)` one of these patterns; `?`, `{2}` and `{1,3}` say how often what is before
 * them comes. A space is between patterns; the commonest comes first.
 */
export interface CountryFormats {
  /** ISO 3166-1 alpha-2 (`DE`), or ISO 3166-2 for a state of a country (`US-CA`). XK is Kosovo. */
  code: string;
  /** In English. */
  name: string;
  /** What `A` stands for, A–Z when left out; a range such as `A-HJ-NP-Z`. */
  letters?: string;
  patterns: string;
  /** How often its plates are met beside those of an average country; 1 when left out. For guessing regions only. */
  weight?: number;
  /** Where it is described: a page of the English Wikipedia without `https://en.wikipedia.org/wiki/`, or a law. */
  source: string;
}

/** Most of Wikipedia's pages are called alike. */
export const platesOf = (country: string): string => `Vehicle_registration_plates_of_${country.replaceAll(' ', '_')}`;
