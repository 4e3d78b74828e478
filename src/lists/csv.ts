import { readEntry } from './entry.js';
import { ListError, type RowProblem } from './errors.js';
import { fieldOf, type ParsedList } from './parsed.js';

/** A quoted cell longer than this has lost its closing quote: the rest of the file must not vanish in it. */
const LONGEST_CELL = 4000;

interface Row {
  /** Of the file, counted from 1, where the row begins. */
  line: number;
  cells: string[];
  /** Why the row cannot be read. */
  problem?: string;
}

/**
 * Reads a list of plates from CSV (RFC 4180): semicolons, commas or tabs, whichever the first line has most of; quoted cells
 * may hold separators, line breaks and doubled quotes. The first row names the columns; `plate` and `rule` must be there.
 * A row that cannot be used is named with its line, the others are taken.
 *
 * @throws ListError when the first row does not name the columns, so that no row can be used
 */
export function parseCsv(text: string): ParsedList {
  const { body, firstLine, separator } = shape(text.startsWith('\uFEFF') ? text.slice(1) : text);
  const rows = rowsOf(body, separator, firstLine);
  const heading = nextFilled(rows);
  if (heading === undefined) {
    throw new ListError(
      'ALPR_LIST_FILE',
      'Expected the names of columns, plate and rule among them, but received an empty list',
    );
  }
  const fields = heading.cells.map(fieldOf);
  checkHeading(heading, fields);

  const entries = [];
  const problems: RowProblem[] = [];
  for (let row = nextFilled(rows); row !== undefined; row = nextFilled(rows)) {
    const place = `line ${row.line}`;
    const surplus = row.cells.slice(fields.length).some((cell) => cell.trim() !== '');
    if (row.problem !== undefined || surplus) {
      // A separator within a text would move every cell behind it into another column, the rule among them.
      const reason = row.problem ?? `Expected ${fields.length} columns but received ${row.cells.length}`;
      problems.push({ place, reason });
      continue;
    }
    const raw: Record<string, unknown> = {};
    fields.forEach((field, column) => {
      if (field !== undefined) raw[field] = row.cells[column];
    });
    const read = readEntry(raw, place);
    if ('entry' in read) entries.push(read.entry);
    else problems.push(...read.problems);
  }
  const ignored = heading.cells.filter((cell, column) => fields[column] === undefined && cell.trim() !== '');
  return { entries, problems, ignored };
}

function checkHeading({ line, problem }: Row, fields: (string | undefined)[]): void {
  const twice = fields.find((field, column) => field !== undefined && fields.indexOf(field) !== column);
  if (problem === undefined && twice === undefined && fields.includes('plate') && fields.includes('rule')) return;
  const received =
    problem ?? (twice === undefined ? `${fields.filter(Boolean).join(', ') || 'none of them'}` : `${twice} twice`);
  throw new ListError(
    'ALPR_LIST_FILE',
    `Expected the names of columns, plate and rule among them, in line ${line} of a CSV list but received ${received}`,
  );
}

/** The separator, and what is left without the line that tells Excel of it (`sep=;`). */
function shape(text: string): { body: string; firstLine: number; separator: string } {
  const told = /^sep=([;,\t])[ ]*(\r\n|\r|\n|$)/i.exec(text);
  if (told !== null) return { body: text.slice(told[0].length), firstLine: 2, separator: told[1]! };
  const heading = /^\s*([^\r\n]*)/.exec(text)![1]!.replace(/"[^"]*"/g, '');
  const count = (separator: string): number => heading.split(separator).length;
  const separator = [';', ',', '\t'].reduce((most, other) => (count(other) > count(most) ? other : most));
  return { body: text, firstLine: 1, separator };
}

function nextFilled(rows: Iterator<Row>): Row | undefined {
  for (;;) {
    const { value, done } = rows.next() as IteratorResult<Row, undefined>;
    if (done === true) return undefined;
    if (value.problem !== undefined || value.cells.some((cell) => cell.trim() !== '')) return value;
  }
}

function* rowsOf(text: string, separator: string, firstLine: number): Generator<Row> {
  let at = 0;
  let line = firstLine;
  while (at < text.length) {
    const row = readRow(text, at, separator);
    if (row.problem !== undefined) {
      // On with the next line of the file, so that one stray quote costs one row.
      yield { line, cells: [], problem: row.problem };
      at = endOfLine(text, at).next;
      line++;
      continue;
    }
    yield { line, cells: row.cells };
    line += row.lines;
    at = row.next;
  }
}

/** One row from `start` on: its cells, where the next begins and how many lines of the file it takes. */
function readRow(
  text: string,
  start: number,
  separator: string,
): { cells: string[]; next: number; lines: number; problem?: string } {
  const cells: string[] = [];
  let lines = 1;
  let at = start;
  for (;;) {
    if (text[at] === '"') {
      const quoted = readQuoted(text, at, separator);
      if (typeof quoted === 'string') return { cells, next: at, lines, problem: quoted };
      cells.push(quoted.cell);
      lines += quoted.cell.split(/\r\n|\r|\n/).length - 1;
      at = quoted.next;
    } else {
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== '\r' && text[end] !== '\n') end++;
      cells.push(text.slice(at, end));
      at = end;
    }
    if (text[at] === separator) {
      at++;
      continue;
    }
    return { cells, next: endOfLine(text, at).next, lines };
  }
}

function readQuoted(text: string, start: number, separator: string): { cell: string; next: number } | string {
  const missing = 'Expected a closing quote but received none';
  let at = start + 1;
  let cell = '';
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0 || quote - start > LONGEST_CELL) return missing;
    cell += text.slice(at, quote);
    if (text[quote + 1] === '"') {
      cell += '"';
      at = quote + 2;
      continue;
    }
    const end = quote + 1 + /^[ ]*/.exec(text.slice(quote + 1, quote + 80))![0].length;
    const next = text[end];
    if (next === undefined || next === separator || next === '\r' || next === '\n') return { cell, next: end };
    return 'Expected a separator or the end of the row behind a closing quote but received something else';
  }
}

function endOfLine(text: string, from: number): { end: number; next: number } {
  let end = from;
  while (end < text.length && text[end] !== '\r' && text[end] !== '\n') end++;
  const next = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
  return { end, next };
}
