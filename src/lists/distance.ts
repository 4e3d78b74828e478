import { lookAlike } from '../detection/look-alikes.js';

/** Distances are counted in whole quarters inside this room, so that sums are exact; users see 0.25, 0.5, 1. */
export const QUARTERS = 4;

const TWIN_COST = 1;
const SIMILAR_COST = 2;
const OTHER_COST = QUARTERS;

/**
 * Characters that readers take for each other; any two of one group cost half an edit.
 *
 * Sources: reports of readers' users name O/0, I/1, D/0 (openalpr #502, #606; field facts §3.12), 5/S and O/D/Q (openalpr
 * #203: the reader's own alternatives), 2/Z (openalpr #307), B/8 and 6/G (crumbvms PR #215). L joins 1 and I because small
 * l and capital I are one stroke in most fonts. That a pair costs half is our choice: two such misreadings weigh as much as
 * one that nobody would expect. O/0 and I/1 cost a quarter, as many countries draw them with one and the same glyph
 * (`src/detection/look-alikes.ts`), so that a reader can only guess.
 */
const GROUPS = ['0ODQ', '1IL', '2Z', '5S', '6G', '8B'];

const GROUP_OF = new Map(GROUPS.flatMap((group) => [...group].map((character) => [character, group[0]!] as const)));

function computeFold(code: number): number {
  const character = String.fromCodePoint(code);
  // Ö and O: readers without the mark give the letter.
  const bare = character.normalize('NFD')[0]!;
  const base = bare >= 'A' && bare <= 'Z' ? bare : character;
  return (GROUP_OF.get(base) ?? base).codePointAt(0)!;
}

const folds = new Map<number, number>();

/** The character that stands for all that are easily taken for this one: two characters cost less than an edit if and only if theirs are the same. */
export function foldCode(code: number): number {
  let fold = folds.get(code);
  if (fold === undefined) {
    fold = computeFold(code);
    // A handful of alphabets; whatever else comes in must not fill the memory.
    if (folds.size < 5000) folds.set(code, fold);
  }
  return fold;
}

const ASCII = 128;
const asciiCosts = new Uint8Array(ASCII * ASCII);
for (let a = 0; a < ASCII; a++) for (let b = 0; b < ASCII; b++) asciiCosts[a * ASCII + b] = computeCost(a, b);

function computeCost(a: number, b: number): number {
  if (a === b) return 0;
  if (lookAlike(String.fromCodePoint(a), String.fromCodePoint(b))) return TWIN_COST;
  return foldCode(a) === foldCode(b) ? SIMILAR_COST : OTHER_COST;
}

/** What reading one character for the other costs, in quarters: 0, 1, 2 or 4. */
export function substitutionCost(a: number, b: number): number {
  return a < ASCII && b < ASCII ? asciiCosts[a * ASCII + b]! : computeCost(a, b);
}

/** Two rows of the table of distances; grown for longer texts. */
let rowA = new Int32Array(64);
let rowB = new Int32Array(64);

/**
 * Least cost of turning one plate into the other: substitutions as above, a character more or less a whole edit.
 *
 * @param a code points, from `aStart` up to but not including `aEnd`; `b` likewise
 * @param limit quarters that interest the caller
 * @returns quarters, or `limit + 1` for anything above `limit`
 */
export function plateDistance(
  a: ArrayLike<number>,
  aStart: number,
  aEnd: number,
  b: ArrayLike<number>,
  bStart: number,
  bEnd: number,
  limit: number,
): number {
  const rows = aEnd - aStart;
  const columns = bEnd - bStart;
  // So many characters more or less at most: cells further from the diagonal are above the limit.
  const band = Math.floor(limit / QUARTERS);
  const tooFar = limit + 1;
  if (Math.abs(rows - columns) > band) return tooFar;
  if (columns + 2 > rowA.length) {
    rowA = new Int32Array(2 * columns + 2);
    rowB = new Int32Array(2 * columns + 2);
  }
  let above = rowA;
  let row = rowB;
  for (let j = 0; j <= columns; j++) above[j] = j <= band ? j * QUARTERS : tooFar;
  for (let i = 1; i <= rows; i++) {
    const from = Math.max(1, i - band);
    const to = Math.min(columns, i + band);
    const code = a[aStart + i - 1]!;
    row[from - 1] = from === 1 && i <= band ? i * QUARTERS : tooFar;
    let least = row[from - 1]!;
    for (let j = from; j <= to; j++) {
      let cost = above[j - 1]! + substitutionCost(code, b[bStart + j - 1]!);
      if (above[j]! + QUARTERS < cost) cost = above[j]! + QUARTERS;
      if (row[j - 1]! + QUARTERS < cost) cost = row[j - 1]! + QUARTERS;
      if (cost > tooFar) cost = tooFar;
      row[j] = cost;
      if (cost < least) least = cost;
    }
    if (to < columns) row[to + 1] = tooFar;
    if (least > limit) return tooFar;
    [above, row] = [row, above];
  }
  return Math.min(above[columns]!, tooFar);
}
