/**
 * Where the entries are whose folded text, without some of its characters, is a given one.
 *
 * Two texts that are k edits apart become the same when up to k characters are taken out of each (the symmetric deletion
 * neighbourhood, Garbe 2012). So one looks up the few texts that the plate in question becomes, instead of every entry.
 * Texts are kept as hashes: whoever asks checks what is found anyway.
 */
export class DeletionTable {
  /** Where a bucket's entries begin in `entries`; one more than there are buckets. */
  readonly #starts: Uint32Array;
  readonly #entries: Uint32Array;
  readonly #mask: number;

  /**
   * @param codes folded code points of all entries, one after the other
   * @param starts where each entry begins in `codes`, and where the last one ends
   * @param deletions characters that are taken out of each: 0, 1 or 2
   */
  constructor(codes: ArrayLike<number>, starts: ArrayLike<number>, deletions: number) {
    const entries = starts.length - 1;
    let total = 0;
    for (let entry = 0; entry < entries; entry++) {
      eachDeletion(codes, starts[entry]!, starts[entry + 1]!, deletions, () => void total++);
    }
    let buckets = 1;
    while (buckets < total) buckets *= 2;
    this.#mask = buckets - 1;
    this.#starts = new Uint32Array(buckets + 1);
    this.#entries = new Uint32Array(total);
    const ends = this.#starts;
    const mask = this.#mask;
    for (let entry = 0; entry < entries; entry++) {
      eachDeletion(codes, starts[entry]!, starts[entry + 1]!, deletions, (hash) => void ends[hash & mask]!++);
    }
    for (let bucket = 0, sum = 0; bucket <= buckets; bucket++) ends[bucket] = sum += ends[bucket]!;
    // Filled from the end of each bucket, so that its end becomes its beginning.
    for (let entry = entries - 1; entry >= 0; entry--) {
      eachDeletion(codes, starts[entry]!, starts[entry + 1]!, deletions, (hash) => {
        this.#entries[--ends[hash & mask]!] = entry;
      });
    }
  }

  /** Calls `visit` with every entry that may have this text; the same one may come several times. */
  find(hash: number, visit: (entry: number) => void): void {
    const bucket = hash & this.#mask;
    const end = this.#starts[bucket + 1]!;
    for (let at = this.#starts[bucket]!; at < end; at++) visit(this.#entries[at]!);
  }

  get bytes(): number {
    return this.#starts.byteLength + this.#entries.byteLength;
  }
}

/** Calls `visit` with the hash of every text that is left when `deletions` (0, 1 or 2) of the characters are taken out. */
export function eachDeletion(
  codes: ArrayLike<number>,
  start: number,
  end: number,
  deletions: number,
  visit: (hash: number) => void,
): void {
  if (deletions > end - start) return;
  if (deletions === 0) {
    visit(hashWithout(codes, start, end, -1, -1));
    return;
  }
  for (let i = start; i < end; i++) {
    // One of several equal neighbours is as good as another.
    if (i > start && codes[i] === codes[i - 1]) continue;
    if (deletions === 1) {
      visit(hashWithout(codes, start, end, i, -1));
      continue;
    }
    for (let j = i + 1; j < end; j++) {
      if (j - 1 > i && codes[j] === codes[j - 1]) continue;
      visit(hashWithout(codes, start, end, i, j));
    }
  }
}

/** 32-bit FNV-1a over code points, with the last steps of murmur3 so that the low bits are mixed. */
function hashWithout(codes: ArrayLike<number>, start: number, end: number, skipA: number, skipB: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) {
    if (i !== skipA && i !== skipB) hash = Math.imul(hash ^ codes[i]!, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
