import { shown, type RowProblem } from './errors.js';
import { listKey, MAX_PLATE_LENGTH } from './key.js';
import { instantOf } from './dates.js';

export type Rule = 'allow' | 'deny' | 'alert';
export const RULES: readonly Rule[] = ['allow', 'alert', 'deny'];

/** A plate that is known, and what is to be done when it comes. */
export interface ListEntry {
  /** As written by the user; compared by `listKey`. */
  plate: string;
  /** Whose it is, for people. */
  name?: string;
  tags?: string[];
  rule: Rule;
  /** ISO 8601 date or date-time, from when the entry counts. A date alone: from the beginning of that day, local time. */
  validFrom?: string;
  /** Until when it counts. A date alone: that whole day, local time. */
  validUntil?: string;
  note?: string;
}

const TEXT_LIMITS = { name: 200, note: 2000, tag: 100 } as const;
const MAX_TAGS = 50;

/** Signs that stand for any character elsewhere. They would vanish when the plate is normalised, and leave another plate. */
const WILDCARDS = /[*?%_[\]]/;

/**
 * Makes an entry of what a file, a message or the dialog gives. Empty texts count as left out.
 *
 * @param place as in `RowProblem`
 * @returns the entry, or everything that is wrong with it
 */
export function readEntry(
  raw: Readonly<Record<string, unknown>>,
  place?: string,
): { entry: ListEntry } | { problems: RowProblem[] } {
  const problems: RowProblem[] = [];
  const refuse = (field: string, reason: string): undefined => {
    problems.push({ ...(place === undefined ? {} : { place }), field, reason });
    return undefined;
  };
  const text = (field: 'name' | 'note'): string | undefined => {
    const value = raw[field];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') return refuse(field, `Expected text but received ${shown(value)}`);
    const limit = TEXT_LIMITS[field];
    if (value.length > limit) {
      return refuse(field, `Expected at most ${limit} characters but received ${value.length}`);
    }
    return value.trim() === '' ? undefined : value.trim();
  };
  const date = (field: 'validFrom' | 'validUntil'): string | undefined => {
    const value = raw[field];
    if (value === undefined || value === null || value === '') return undefined;
    const trimmed = typeof value === 'string' ? value.trim() : undefined;
    if (trimmed === '') return undefined;
    if (trimmed === undefined || instantOf(trimmed) === undefined) {
      return refuse(field, `Expected a date like 2026-12-31 or 2026-12-31T18:00 but received ${shown(value)}`);
    }
    return trimmed;
  };

  const plate = plateOf(raw['plate'], refuse);
  const rule = ruleOf(raw['rule'], refuse);
  const name = text('name');
  const note = text('note');
  const tags = tagsOf(raw['tags'], refuse);
  const validFrom = date('validFrom');
  const validUntil = date('validUntil');
  if (validFrom !== undefined && validUntil !== undefined && instantOf(validFrom)! >= instantOf(validUntil, true)!) {
    refuse('validUntil', `Expected a time after validFrom (${validFrom}) but received ${shown(validUntil)}`);
  }
  if (problems.length > 0 || plate === undefined || rule === undefined) return { problems };
  return {
    entry: {
      plate,
      ...(name === undefined ? {} : { name }),
      ...(tags === undefined ? {} : { tags }),
      rule,
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(validUntil === undefined ? {} : { validUntil }),
      ...(note === undefined ? {} : { note }),
    },
  };
}

type Refuse = (field: string, reason: string) => undefined;

// The plate itself is in none of its errors: they are logged.
function plateOf(value: unknown, refuse: Refuse): string | undefined {
  const expected = `Expected a plate of 1 to ${MAX_PLATE_LENGTH} letters and digits`;
  if (typeof value === 'number') {
    return refuse('plate', `${expected} as text but received a number, which loses leading zeros`);
  }
  if (typeof value !== 'string') return refuse('plate', `${expected} but received ${shown(value)}`);
  if (WILDCARDS.test(value)) {
    return refuse(
      'plate',
      `${expected} but received one with ${WILDCARDS.exec(value)![0]}; wildcards are not known here`,
    );
  }
  const length = [...listKey(value)].length;
  if (length === 0)
    return refuse('plate', `${expected} but received ${value.trim() === '' ? 'nothing' : 'none of them'}`);
  if (length > MAX_PLATE_LENGTH) return refuse('plate', `${expected} but received ${length}`);
  return value.trim();
}

function ruleOf(value: unknown, refuse: Refuse): Rule | undefined {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  const rule = RULES.find((known) => known === word);
  // No default: a heading with a slip in it must not turn a list of the unwanted into one of guests.
  return rule ?? refuse('rule', `Expected allow, alert or deny but received ${shown(word)}`);
}

function tagsOf(value: unknown, refuse: Refuse): string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const given: unknown[] | undefined =
    typeof value === 'string' ? value.split(/[|,]/) : Array.isArray(value) ? value : undefined;
  if (given === undefined || given.some((tag) => typeof tag !== 'string')) {
    return refuse('tags', `Expected a list of texts but received ${shown(value)}`);
  }
  const tags = [...new Set((given as string[]).map((tag) => tag.trim()).filter((tag) => tag !== ''))];
  if (tags.length > MAX_TAGS || tags.some((tag) => tag.length > TEXT_LIMITS.tag)) {
    return refuse('tags', `Expected at most ${MAX_TAGS} tags of ${TEXT_LIMITS.tag} characters but received more`);
  }
  return tags.length === 0 ? undefined : tags;
}
