/**
 * A plate's text as it is compared and looked up: capital letters and digits only, no spaces, dashes, dots or other signs. Letters
 * of every script stay (Chinese provinces, Cyrillic); full-width and decomposed forms become the usual ones (NFKC).
 */
export function normalisePlate(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Levenshtein distance: characters to insert, delete or replace. Counts code points, so a character outside the BMP is one. */
export function editDistance(a: string, b: string): number {
  const from = Array.from(a);
  const to = Array.from(b);
  let row = to.map((_, index) => index + 1);
  for (let i = 0; i < from.length; i++) {
    const next: number[] = [];
    let left = i + 1;
    let diagonal = i;
    for (let j = 0; j < to.length; j++) {
      const above = row[j]!;
      left = Math.min(left + 1, above + 1, diagonal + (from[i] === to[j] ? 0 : 1));
      next.push(left);
      diagonal = above;
    }
    row = next;
  }
  return to.length === 0 ? from.length : row[to.length - 1]!;
}
