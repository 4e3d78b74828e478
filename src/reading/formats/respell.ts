import type { Character } from '../../detection/types.js';

/**
 * Characters for another spelling of what was read: each takes the confidence of the character in its place, one that has no place in
 * the reading the least of all.
 */
export function respell(characters: readonly Character[], text: string): Character[] {
  const wanted = [...text];
  const least = characters.reduce((lowest, { confidence }) => Math.min(lowest, confidence), 1);
  const places = align(
    characters.map((character) => character.text),
    wanted,
  );
  return wanted.map((character, index) => ({
    text: character,
    confidence: characters[places[index]!]?.confidence ?? least,
  }));
}

/** For each of `to` its place in `from`, or -1: the fewest edits (Levenshtein). */
function align(from: readonly string[], to: readonly string[]): number[] {
  const width = to.length + 1;
  const cost = new Float64Array((from.length + 1) * width);
  for (let i = 0; i <= from.length; i++) {
    for (let j = 0; j < width; j++) {
      if (i === 0 || j === 0) cost[i * width + j] = i + j;
      else {
        const replaced = cost[(i - 1) * width + j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
        cost[i * width + j] = Math.min(replaced, cost[(i - 1) * width + j]! + 1, cost[i * width + j - 1]! + 1);
      }
    }
  }
  const places = to.map(() => -1);
  for (let i = from.length, j = to.length; i > 0 && j > 0;) {
    const here = cost[i * width + j]!;
    if (here === cost[(i - 1) * width + j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)) places[--j] = --i;
    else if (here === cost[(i - 1) * width + j]! + 1) i--;
    else j--;
  }
  return places;
}
