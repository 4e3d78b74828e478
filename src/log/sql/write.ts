import type { Entry, Picture, VisitRecord } from '../visit.js';
import { STEPS } from '../visit.js';
import { COLUMNS } from './schema.js';
import { marks, statement, type Statement } from './sql.js';

/** Rows per statement: servers are asked less often. Their values stay below SQLite's 32 766 and PostgreSQL's 65 535. */
const ROWS_PER_STATEMENT = 50;

const names = COLUMNS.map(([column]) => column);

/** An event that was there before, or an earlier one that arrives late, changes nothing. */
const LATER = `excluded.step > alpr_visits.step
  OR (excluded.step = alpr_visits.step AND excluded.last_seen >= alpr_visits.last_seen)`;
/** What is known of a plate holds as long as the plate does: `left` may come without it. */
const KNOWN = ['rule', 'name', 'tags', 'listed'];
const KEPT = ['region', 'direction', 'zone', 'supersedes', 'vehicle'];

function changed(column: string): string {
  if (column === 'first_seen') {
    return `first_seen = CASE WHEN excluded.first_seen < alpr_visits.first_seen
      THEN excluded.first_seen ELSE alpr_visits.first_seen END`;
  }
  if (KNOWN.includes(column)) {
    return `${column} = CASE WHEN excluded.rule IS NULL AND excluded.normalised = alpr_visits.normalised
      THEN alpr_visits.${column} ELSE excluded.${column} END`;
  }
  if (KEPT.includes(column)) return `${column} = COALESCE(excluded.${column}, alpr_visits.${column})`;
  return `${column} = excluded.${column}`;
}

const UPDATE = names
  .filter((column) => column !== 'id')
  .map(changed)
  .join(', ');

/**
 * Statements that write events: a visit has one row, whose events may come twice or out of order. Written again, they change
 * nothing: a batch whose answer was lost is simply sent once more.
 */
export function writeEntries(entries: readonly Entry[]): Statement[] {
  const statements: Statement[] = [];
  let rows: VisitRecord[] = [];
  let ids = new Set<string>();
  const flush = (): void => {
    if (rows.length > 0) statements.push(upsert(rows));
    rows = [];
    ids = new Set();
  };
  for (const { visit, pictures, updateOnly } of entries) {
    // PostgreSQL changes no row twice in one statement.
    if (rows.length >= ROWS_PER_STATEMENT || ids.has(visit.id) || updateOnly) flush();
    if (updateOnly) {
      statements.push(leave(visit));
      continue;
    }
    rows.push(visit);
    ids.add(visit.id);
    for (const picture of pictures) statements.push(keepPicture(visit, picture));
  }
  flush();
  return statements;
}

function upsert(rows: readonly VisitRecord[]): Statement {
  const values = rows.map(() => `(${marks(names.length)})`).join(', ');
  const sql = `INSERT INTO alpr_visits (${names.join(', ')}) VALUES ${values}
    ON CONFLICT (id) DO UPDATE SET ${UPDATE} WHERE ${LATER}`;
  return { sql, args: rows.flatMap((row) => COLUMNS.map(([, field]) => row[field])) };
}

/** The end of a visit that is there. */
function leave(visit: VisitRecord): Statement {
  return statement(
    `UPDATE alpr_visits SET step = ?, last_seen = ?, frames = ?,
      direction = COALESCE(?, direction), zone = COALESCE(?, zone)
      WHERE id = ? AND (step < ? OR (step = ? AND last_seen <= ?))`,
    ...[visit.step, visit.lastSeen, visit.frames, visit.direction, visit.zone],
    ...[visit.id, STEPS.left, STEPS.left, visit.lastSeen],
  );
}

/** The latest picture of a visit is the one of its latest event, which knows the best crop. */
function keepPicture(visit: VisitRecord, { kind, jpeg }: Picture): Statement {
  return statement(
    `INSERT INTO alpr_thumbnails (visit, kind, jpeg, taken) VALUES (?, ?, ?, ?)
      ON CONFLICT (visit, kind) DO UPDATE SET jpeg = excluded.jpeg, taken = excluded.taken
      WHERE excluded.taken >= alpr_thumbnails.taken`,
    ...[visit.id, kind, jpeg, visit.lastSeen],
  );
}
