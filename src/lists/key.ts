import { normalisePlate } from '../reading/normalise.js';

/** Characters of a normalised plate; no plate of any country is longer, and longer texts would only cost time. */
export const MAX_PLATE_LENGTH = 20;

/**
 * Cyrillic and Greek capitals that are drawn as the Latin letter beside them. Countries that write with these alphabets use
 * only such letters on plates (Vienna Convention on Road Traffic, annex 2), readers give the Latin ones, and people who
 * type a list take what their keyboard has.
 */
const SAME_GLYPH: Readonly<Record<string, string>> = Object.fromEntries(
  ['АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI', 'ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX']
    .join(' ')
    .split(' ')
    .map((pair) => [...pair] as [string, string]),
);

/** What a plate is found by: normalised (capitals, no spaces and signs, NFKC), letters of other alphabets as their Latin twins. */
export function listKey(text: string): string {
  const plain = normalisePlate(text);
  let key = '';
  for (const character of plain) key += SAME_GLYPH[character] ?? character;
  return key;
}

/** Code points of a key. */
export function codesOf(key: string): number[] {
  return Array.from(key, (character) => character.codePointAt(0)!);
}
