import type { Visit } from './sql/find.js';

/** The columns of an export. */
const COLUMNS: readonly [string, (visit: Visit) => string | number | undefined][] = [
  ['id', ({ id }) => id],
  ['event', ({ event }) => event],
  ['camera', ({ camera }) => camera],
  ['plate', ({ plate }) => plate],
  ['normalised', ({ normalised }) => normalised],
  ['confidence', ({ confidence }) => confidence],
  ['first_seen', ({ firstSeen }) => new Date(firstSeen).toISOString()],
  ['last_seen', ({ lastSeen }) => new Date(lastSeen).toISOString()],
  ['dwell_seconds', ({ dwellMs }) => Math.round(dwellMs / 1000)],
  ['direction', ({ direction }) => direction],
  ['zone', ({ zone }) => zone],
  ['rule', ({ known }) => known?.rule],
  ['name', ({ known }) => known?.name],
  ['tags', ({ known }) => known?.tags?.join('|')],
  ['vehicle', ({ vehicle }) => vehicle],
  ['region', ({ region }) => region],
  ['reads', ({ reads }) => reads],
  ['frames', ({ frames }) => frames],
  ['supersedes', ({ supersedes }) => supersedes],
];

/** The byte order mark tells spreadsheets that this is UTF-8. */
export function csvHead(separator: string): string {
  return `\uFEFF${COLUMNS.map(([name]) => name).join(separator)}\r\n`;
}

export function csvRow(visit: Visit, separator: string): string {
  return `${COLUMNS.map(([, value]) => csvCell(value(visit), separator)).join(separator)}\r\n`;
}

/**
 * One cell as in RFC 4180. Text that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, their full-width twins, a tab or
 * a line break at its beginning) gets an apostrophe in front, as OWASP advises: names and cameras come from people.
 */
export function csvCell(value: string | number | undefined, separator: string): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(value) ? `'${value}` : value;
  return /["\r\n;,\t]/.test(safe) || safe.includes(separator) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
