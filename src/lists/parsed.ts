import type { RowProblem } from './errors.js';
import type { ListEntry } from './entry.js';

/** What was found in a list of plates: what can be used, and what cannot, row by row. */
export interface ParsedList {
  entries: ListEntry[];
  problems: RowProblem[];
  /** Columns that mean nothing here, as written. */
  ignored: string[];
}

/** Fields of an entry by what people call them; spaces, dashes, underscores and case do not matter. */
const FIELDS: Readonly<Record<string, keyof ListEntry>> = {
  plate: 'plate',
  platenumber: 'plate',
  licenceplate: 'plate',
  licenseplate: 'plate',
  name: 'name',
  tags: 'tags',
  tag: 'tags',
  rule: 'rule',
  validfrom: 'validFrom',
  from: 'validFrom',
  validuntil: 'validUntil',
  validto: 'validUntil',
  until: 'validUntil',
  note: 'note',
  notes: 'note',
};

/** The field that a column or key stands for; undefined when none. */
export function fieldOf(heading: string): keyof ListEntry | undefined {
  const plain = heading.toLowerCase().replace(/[\s_-]/g, '');
  return Object.hasOwn(FIELDS, plain) ? FIELDS[plain] : undefined;
}
