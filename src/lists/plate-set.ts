import { ListError } from './errors.js';
import { listKey, MAX_PLATE_LENGTH } from './key.js';

const MAX_PLATES = 10_000;
const WILDCARDS = /[*?%]/;

/** Plates without anything else known of them, found however they are written, and only if they are the very same. */
export class PlateSet {
  #keys: ReadonlySet<string>;

  /** @throws ListError as `replace` */
  constructor(plates: string | readonly unknown[] = '') {
    this.#keys = keysOf(plates);
  }

  get size(): number {
    return this.#keys.size;
  }

  has(plate: string): boolean {
    const key = listKey(plate);
    return key !== '' && this.#keys.has(key);
  }

  /**
   * Takes other plates instead.
   *
   * @param plates a list of texts, or one text with a plate per line (or between commas or semicolons)
   * @throws ListError naming the entry that is no plate; what was there before stays then
   */
  replace(plates: string | readonly unknown[]): void {
    this.#keys = keysOf(plates);
  }
}

// The plates themselves are in none of its errors: they are logged.
function keysOf(plates: string | readonly unknown[]): Set<string> {
  const list = typeof plates === 'string' ? plates.split(/[\r\n,;]+/).filter((one) => one.trim() !== '') : plates;
  if (list.length > MAX_PLATES) {
    throw new ListError('ALPR_LIST_ENTRY', `Expected at most ${MAX_PLATES} plates but received ${list.length}`);
  }
  return new Set(list.map(keyOf));
}

function keyOf(plate: unknown, index: number): string {
  const expected = `Expected a plate of 1 to ${MAX_PLATE_LENGTH} letters and digits for plate ${index + 1} of the list`;
  if (typeof plate !== 'string')
    throw new ListError('ALPR_LIST_ENTRY', `${expected} but received ${plate === null ? 'null' : typeof plate}`);
  if (WILDCARDS.test(plate)) throw new ListError('ALPR_LIST_ENTRY', `${expected} but received one with a wildcard`);
  const key = listKey(plate);
  const length = [...key].length;
  if (length < 1 || length > MAX_PLATE_LENGTH)
    throw new ListError('ALPR_LIST_ENTRY', `${expected} but received ${length} of them`);
  return key;
}
