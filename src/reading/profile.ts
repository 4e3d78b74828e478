import { lookAlike } from '../detection/look-alikes.js';

/** What the readings say about one place of the plate. */
export interface Column {
  /** Evidence for each character. */
  readonly characters: Map<string, number>;
  /** Evidence that there is no character here. */
  gap: number;
}

/**
 * Readings of one plate laid over each other: a text joins where its edit distance to what is there is least, so that a
 * character lost or made up by one reading does not shift all others (progressive alignment, as in ROVER, Fiscus 1997).
 */
export class Profile {
  readonly columns: Column[] = [];
  /** Evidence of all readings so far, had they no character at a place. */
  #evidence = 0;

  /**
   * @param characters one reading's
   * @param evidence how much it says per character, same order
   * @param gapEvidence how much it says where it has none
   */
  add(characters: readonly string[], evidence: readonly number[], gapEvidence: number): void {
    const places = this.#align(characters);
    let next = 0;
    for (let place = 0; place < places.length; place++) {
      const character = places[place]!;
      if (character.column < 0) {
        const inserted: Column = { characters: new Map(), gap: this.#evidence };
        inserted.characters.set(characters[character.index]!, evidence[character.index]!);
        this.columns.splice(next, 0, inserted);
      } else if (character.index < 0) {
        this.columns[next]!.gap += gapEvidence;
      } else {
        const known = this.columns[next]!.characters;
        const text = characters[character.index]!;
        known.set(text, (known.get(text) ?? 0) + evidence[character.index]!);
      }
      next++;
    }
    this.#evidence += gapEvidence;
  }

  /**
   * Least-cost path: each step takes a character at a column, a column without a character (index -1), or a character
   * that no column has (column -1).
   */
  #align(characters: readonly string[]): { column: number; index: number }[] {
    const rows = this.columns.length;
    const width = characters.length + 1;
    const cost = new Float64Array((rows + 1) * width);
    const step = new Uint8Array((rows + 1) * width);
    for (let i = 0; i <= rows; i++) {
      for (let j = 0; j < width; j++) {
        if (i === 0 && j === 0) continue;
        let best = Infinity;
        let how = 0;
        if (i > 0 && j > 0) {
          best = cost[(i - 1) * width + j - 1]! + this.#mismatch(i - 1, characters[j - 1]!);
        }
        if (i > 0) {
          const skipped = cost[(i - 1) * width + j]! + this.#skipCost(i - 1);
          if (skipped < best) {
            best = skipped;
            how = 1;
          }
        }
        if (j > 0) {
          const inserted = cost[i * width + j - 1]! + 1;
          if (inserted < best) {
            best = inserted;
            how = 2;
          }
        }
        cost[i * width + j] = best;
        step[i * width + j] = how;
      }
    }
    const path: { column: number; index: number }[] = [];
    let i = rows;
    let j = characters.length;
    while (i > 0 || j > 0) {
      const how = step[i * width + j];
      if (how === 0) path.push({ column: --i, index: --j });
      else if (how === 1) path.push({ column: --i, index: -1 });
      else path.push({ column: -1, index: --j });
    }
    return path.reverse();
  }

  /** 0 where everybody read this character … 1 where nobody did; look-alikes are half right. */
  #mismatch(index: number, character: string): number {
    const column = this.columns[index]!;
    let all = column.gap;
    let same = 0;
    for (const [text, evidence] of column.characters) {
      all += evidence;
      if (text === character) same += evidence;
      else if (lookAlike(text, character)) same += evidence / 2;
    }
    return all > 0 ? 1 - same / all : 1;
  }

  #skipCost(index: number): number {
    const column = this.columns[index]!;
    let all = column.gap;
    for (const evidence of column.characters.values()) all += evidence;
    return all > 0 ? 1 - column.gap / all : 1;
  }
}
