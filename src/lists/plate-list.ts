import { windowOf } from './dates.js';
import { DeletionTable, eachDeletion } from './deletion-table.js';
import { foldCode, plateDistance, QUARTERS } from './distance.js';
import type { ListEntry, Rule } from './entry.js';
import { codesOf, listKey, MAX_PLATE_LENGTH } from './key.js';

/**
 * How far a plate may be from one on the list, per rule of that one: 0 (the same plate) to 2, in steps of 0.25.
 * An edit counts 1; one character taken for a look-alike 0.5, for O/0 or I/1 0.25.
 */
export type DistanceLimits = Readonly<Record<Rule, number>>;

export const MAX_DISTANCE = 2;

/** What a list knows about a plate. */
export interface ListMatch<E extends ListEntry = ListEntry> {
  entry: E;
  distance: number;
  /** The very plate of the entry, as they are compared (`listKey`). */
  exact: boolean;
  /** Another plate of the list, or one with another rule, is as near. */
  ambiguous: boolean;
  /** Whether the entry counts at that time; `expired` and `not-yet` entries are only given where no other is as near. */
  validity: 'valid' | 'expired' | 'not-yet';
}

/** Entries that may be added before they are put into the tables: so many are compared one by one. */
const MAX_LOOSE = 256;

/** Which of two as near entries counts: the stricter. */
const STRICTNESS: Readonly<Record<Rule, number>> = { deny: 0, alert: 1, allow: 2 };

/**
 * Finds the nearest entry to a plate among many: for 100 000 entries well below a millisecond (`npm run bench -- list`).
 *
 * Characters that look alike are folded into one, so that cheap substitutions vanish; what is left are whole edits, at most
 * two, and those are found through the texts that plate and entry become without some characters (`DeletionTable`).
 */
export class PlateList<E extends ListEntry = ListEntry> {
  #entries: E[] = [];
  #keys: string[] = [];
  #windows: { from: number; until: number }[] = [];
  /** 1 where an entry was taken out after it had got into the tables. */
  #gone: Uint8Array = new Uint8Array(0);
  #goneCount = 0;
  /** Code points of all keys one after the other, and where each begins. */
  #codes: Uint32Array = new Uint32Array(0);
  #starts: Uint32Array = new Uint32Array(1);
  /** One per number of characters taken out. */
  #tables: DeletionTable[] = [];
  /** Entries with a lower number are in the tables. */
  #indexed = 0;
  readonly #limits: Readonly<Record<Rule, number>>;
  readonly #depth: number;
  /** Which entries this search has seen already. */
  #seen: Uint32Array = new Uint32Array(0);
  #search = 0;

  /** @param limits 0 to 2 each; what is above or below is taken for the nearest of these, what is no number for 0 */
  constructor(entries: Iterable<E>, limits: DistanceLimits) {
    this.#limits = { allow: quarters(limits.allow), alert: quarters(limits.alert), deny: quarters(limits.deny) };
    this.#depth = Math.floor(Math.max(...Object.values(this.#limits)) / QUARTERS);
    for (const entry of entries) this.#append(entry);
    this.#rebuild();
  }

  get size(): number {
    return this.#entries.length - this.#goneCount;
  }

  /** All entries, those added last behind the others. */
  entries(): E[] {
    return this.#entries.filter((_, index) => this.#gone[index] !== 1);
  }

  /** Bytes of the tables. */
  get tableBytes(): number {
    const arrays = [this.#codes, this.#starts, this.#seen, this.#gone];
    return [...this.#tables.map(({ bytes }) => bytes), ...arrays.map(({ byteLength }) => byteLength)].reduce(
      (sum, bytes) => sum + bytes,
    );
  }

  add(entry: E): void {
    this.#append(entry);
    if (this.#entries.length - this.#indexed > MAX_LOOSE) this.#rebuild();
  }

  /** Takes out the entries that `unwanted` names. @returns how many */
  remove(unwanted: (entry: E) => boolean): number {
    const before = this.size;
    const gone = new Uint8Array(this.#entries.length);
    gone.set(this.#gone.subarray(0, this.#entries.length));
    this.#entries.forEach((entry, index) => {
      if (gone[index] !== 1 && unwanted(entry)) gone[index] = 1;
    });
    this.#gone = gone;
    this.#goneCount = gone.reduce((sum, one) => sum + one, 0);
    if (this.#goneCount > MAX_LOOSE) this.#rebuild();
    return before - this.size;
  }

  /**
   * The entry that is nearest to a plate, within the limit of its own rule. Where several are as near: one that counts at
   * that time before one that does not, then deny before alert before allow, then the first of the list.
   *
   * @param text the plate as read; written in whatever way
   * @param at ms since the epoch
   */
  match(text: string, at: number): ListMatch<E> | undefined {
    // Before the costly steps: a text may be anything.
    if (text.length > 8 * MAX_PLATE_LENGTH) return undefined;
    const key = listKey(text);
    const codes = codesOf(key);
    if (codes.length === 0 || codes.length > MAX_PLATE_LENGTH + MAX_DISTANCE) return undefined;
    const best = new Nearest(this.#limits);
    const consider = (index: number): void => this.#consider(index, key, codes, at, best);
    for (let index = this.#indexed; index < this.#entries.length; index++) consider(index);

    this.#search++;
    const once = (index: number): void => {
      if (this.#seen[index] === this.#search) return;
      this.#seen[index] = this.#search;
      consider(index);
    };
    const folded = codes.map(foldCode);
    for (let level = 0; level <= this.#depth; level++) {
      // Whatever the further levels add is at least so many edits away.
      if (best.quarters < level * QUARTERS) break;
      this.#probe(folded, level, once);
    }
    if (best.index === undefined) return undefined;
    const window = this.#windows[best.index]!;
    return {
      entry: this.#entries[best.index]!,
      distance: best.quarters / QUARTERS,
      exact: best.quarters === 0,
      ambiguous: best.ambiguous,
      validity: at < window.from ? 'not-yet' : at < window.until ? 'valid' : 'expired',
    };
  }

  /** Visits what `level` characters taken out of the plate, of the entry or of both make the same, and fewer did not. */
  #probe(folded: readonly number[], level: number, visit: (index: number) => void): void {
    for (let ofPlate = 0; ofPlate <= level; ofPlate++) {
      const tables = this.#tables.slice(ofPlate === level ? 0 : level, level + 1);
      eachDeletion(folded, 0, folded.length, ofPlate, (hash) => {
        for (const table of tables) table.find(hash, visit);
      });
    }
  }

  #consider(index: number, key: string, codes: readonly number[], at: number, best: Nearest): void {
    if (this.#gone[index] === 1) return;
    const entry = this.#entries[index]!;
    const limit = Math.min(this.#limits[entry.rule], best.quarters);
    const ownKey = this.#keys[index]!;
    const distance =
      ownKey === key
        ? 0
        : index < this.#indexed
          ? plateDistance(codes, 0, codes.length, this.#codes, this.#starts[index]!, this.#starts[index + 1]!, limit)
          : this.#looseDistance(ownKey, codes, limit);
    if (distance > limit) return;
    const { from, until } = this.#windows[index]!;
    best.offer(index, distance, at >= from && at < until, entry.rule, ownKey);
  }

  #looseDistance(key: string, codes: readonly number[], limit: number): number {
    const own = codesOf(key);
    return plateDistance(codes, 0, codes.length, own, 0, own.length, limit);
  }

  #append(entry: E): void {
    this.#entries.push(entry);
    this.#keys.push(listKey(entry.plate));
    this.#windows.push(windowOf(entry));
  }

  #rebuild(): void {
    if (this.#goneCount > 0) {
      const stays = (_: unknown, index: number): boolean => this.#gone[index] !== 1;
      this.#windows = this.#windows.filter(stays);
      this.#keys = this.#keys.filter(stays);
      this.#entries = this.#entries.filter(stays);
    }
    const count = this.#entries.length;
    this.#gone = new Uint8Array(count);
    this.#goneCount = 0;
    this.#seen = new Uint32Array(count);
    this.#search = 0;
    this.#indexed = count;
    const codes: number[] = [];
    this.#starts = new Uint32Array(count + 1);
    this.#keys.forEach((key, index) => {
      codes.push(...codesOf(key));
      this.#starts[index + 1] = codes.length;
    });
    this.#codes = Uint32Array.from(codes);
    const folded = this.#codes.map(foldCode);
    this.#tables = [];
    for (let deletions = 0; deletions <= this.#depth; deletions++) {
      this.#tables.push(new DeletionTable(folded, this.#starts, deletions));
    }
  }
}

/** The best entry of a search so far. */
class Nearest {
  index: number | undefined;
  quarters: number;
  ambiguous = false;
  #valid = false;
  #rule: Rule = 'allow';
  #key = '';

  constructor(limits: Readonly<Record<Rule, number>>) {
    this.quarters = Math.max(...Object.values(limits));
  }

  offer(index: number, distance: number, valid: boolean, rule: Rule, key: string): void {
    const nearer =
      this.index === undefined || distance < this.quarters || (distance === this.quarters && valid && !this.#valid);
    if (!nearer) {
      if (distance > this.quarters || valid !== this.#valid) return;
      if (rule !== this.#rule || key !== this.#key) this.ambiguous = true;
      const stricter = STRICTNESS[rule] - STRICTNESS[this.#rule] || index - this.index!;
      if (stricter >= 0) return;
    } else this.ambiguous = false;
    this.index = index;
    this.quarters = distance;
    this.#valid = valid;
    this.#rule = rule;
    this.#key = key;
  }
}

function quarters(distance: number): number {
  return Number.isFinite(distance) ? Math.round(Math.min(MAX_DISTANCE, Math.max(0, distance)) * QUARTERS) : 0;
}
