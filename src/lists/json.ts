import { readEntry } from './entry.js';
import { ListError, shown, type RowProblem } from './errors.js';
import { fieldOf, type ParsedList } from './parsed.js';

/**
 * Reads a list of plates from JSON: an array of entries, or an object with one under `entries`. An entry that cannot be used
 * is named with its number, counted from 1, the others are taken.
 *
 * @throws ListError when it is no JSON (with line and column) or no list
 */
export function parseJson(text: string): ParsedList {
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  let value: unknown;
  try {
    value = JSON.parse(plain) as unknown;
  } catch (cause) {
    // Without what the parser quotes from the file: plates are in it.
    throw new ListError('ALPR_LIST_FILE', `Expected JSON but received something else ${whereOf(plain, cause)}`);
  }
  const list = isRecord(value) && Object.hasOwn(value, 'entries') ? value['entries'] : value;
  if (!Array.isArray(list)) {
    throw new ListError('ALPR_LIST_FILE', `Expected a JSON array of entries but received ${shown(list)}`);
  }
  return readEntries(list);
}

/** Entries given as objects, by a file or a message. Keys may be written in any case, with spaces, dashes or underscores. */
export function readEntries(list: readonly unknown[]): ParsedList {
  const entries = [];
  const problems: RowProblem[] = [];
  const ignored = new Set<string>();
  for (const [index, item] of list.entries()) {
    const place = `entry ${index + 1}`;
    if (!isRecord(item)) {
      problems.push({ place, reason: `Expected an object with plate and rule but received ${shownShort(item)}` });
      continue;
    }
    const raw: Record<string, unknown> = {};
    const twice: string[] = [];
    for (const [key, value] of Object.entries(item)) {
      const field = fieldOf(key);
      if (field === undefined) ignored.add(key.slice(0, 40));
      else if (Object.hasOwn(raw, field)) twice.push(field);
      else raw[field] = value;
    }
    if (twice.length > 0) {
      problems.push({ place, field: twice[0]!, reason: `Expected ${twice[0]!} once but received it twice` });
      continue;
    }
    const read = readEntry(raw, place);
    if ('entry' in read) entries.push(read.entry);
    else problems.push(...read.problems);
  }
  return { entries, problems, ignored: [...ignored].slice(0, 20) };
}

/** Text may be a plate, which is nobody's business in a log. */
function shownShort(value: unknown): string {
  return typeof value === 'string' ? 'text' : shown(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whereOf(text: string, cause: unknown): string {
  const position = /position (\d+)/.exec(String(cause))?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n');
  return `in line ${before.length}, column ${before.at(-1)!.length + 1}`;
}
