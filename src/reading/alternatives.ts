/** What one position may be, most probable first. An empty text is a position that may hold nothing. */
export interface Alternative {
  text: string;
  /** 0..1. */
  probability: number;
}

/** One choice per position, all texts in a row, and how probable they are together. */
export interface Combination {
  text: string;
  /** Sum over all choices that spell this text. */
  probability: number;
  /** The most probable of them: index of the alternative per position. */
  choice: number[];
}

/**
 * The most probable texts when every position is chosen independently of the others.
 *
 * @param positions alternatives per position, best first; each position needs at least one.
 * @param width partial texts kept after each position; 1 takes the best of each.
 */
export function combineAlternatives(positions: readonly (readonly Alternative[])[], width: number): Combination[] {
  let kept: (Combination & { strongest: number })[] = [{ text: '', probability: 1, strongest: 1, choice: [] }];
  for (const alternatives of positions) {
    const byText = new Map<string, Combination & { strongest: number }>();
    for (const start of kept) {
      for (let index = 0; index < Math.min(alternatives.length, width); index++) {
        const alternative = alternatives[index]!;
        const text = start.text + alternative.text;
        const probability = start.probability * alternative.probability;
        const strongest = start.strongest * alternative.probability;
        const known = byText.get(text);
        if (known === undefined) {
          byText.set(text, { text, probability, strongest, choice: [...start.choice, index] });
        } else {
          known.probability += probability;
          if (strongest > known.strongest) {
            known.strongest = strongest;
            known.choice = [...start.choice, index];
          }
        }
      }
    }
    kept = [...byText.values()].sort((a, b) => b.probability - a.probability).slice(0, width);
  }
  return kept.map(({ text, probability, choice }) => ({ text, probability, choice }));
}
