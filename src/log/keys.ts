import { codesOf, listKey } from '../lists/key.js';
import { foldCode } from '../lists/distance.js';

/** What a plate is found by: the same key as in a list of known plates, so that both find the same plates. */
export function logKey(plate: string): string {
  return listKey(plate);
}

/**
 * The key with every character replaced by the one that stands for all that are easily taken for it (0 O D Q, 1 I L, 2 Z, 5 S,
 * 6 G, 8 B). It is stored: other groups in src/lists/distance.ts want a migration here.
 */
export function foldedKey(key: string): string {
  return String.fromCodePoint(...codesOf(key).map(foldCode));
}
