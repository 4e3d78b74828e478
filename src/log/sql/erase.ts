import { foldedKey, logKey } from '../keys.js';
import type { ForgetQuery } from '../query.js';
import { numberIn } from './schema.js';
import { statement, type Sql, type SqlValue, type Statement } from './sql.js';

/** Rows that one transaction deletes at most: events get in between. */
const ROWS_AT_ONCE = 1000;

export interface Erased {
  visits: number;
  thumbnails: number;
}

export interface Forgotten extends Erased {
  /** Visits of other plates that had been read as this one before; only the earlier text is gone. */
  corrections: number;
}

function counted(name: string, amount: number): Statement {
  return statement(
    `INSERT INTO alpr_counters (name, value) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET value = alpr_counters.value + excluded.value`,
    ...[name, amount],
  );
}

/**
 * Deletes every visit of a plate: those read as it, and those that a list took for it. One transaction. Bytes in a file are
 * overwritten when they are deleted, but copies of pages stay in its journal until `tidy` has run.
 */
export async function forget(sql: Sql, { plate, lookAlikes }: ForgetQuery): Promise<Forgotten> {
  const key = logKey(plate);
  const same = lookAlikes ? 'folded = ?' : 'normalised = ?';
  const theirs = `(${same} OR listed = ?)`;
  const args: SqlValue[] = [lookAlikes ? foldedKey(key) : key, key];
  const corrected = await correctionsOf(sql, key);
  const changes = await sql.batch([
    statement(`DELETE FROM alpr_thumbnails WHERE visit IN (SELECT id FROM alpr_visits WHERE ${theirs})`, ...args),
    statement(`DELETE FROM alpr_visits WHERE ${theirs}`, ...args),
    ...corrected.map((id) => statement('UPDATE alpr_visits SET supersedes = NULL WHERE id = ?', id)),
  ]);
  const [thumbnails = 0, visits = 0, ...corrections] = changes;
  await sql.batch([counted('forgotten', visits)]);
  return { visits, thumbnails, corrections: corrections.reduce((sum, n) => sum + n, 0) };
}

/** Few visits are corrected at all: their earlier texts are compared here, where plates can be normalised. */
async function correctionsOf(sql: Sql, key: string): Promise<string[]> {
  const rows = await sql.all('SELECT id, supersedes FROM alpr_visits WHERE supersedes IS NOT NULL');
  return rows.filter(({ supersedes }) => logKey(String(supersedes)) === key).map(({ id }) => String(id));
}

/** Deletes visits that ended before `before`, with their pictures. */
export async function eraseVisits(sql: Sql, before: number): Promise<Erased> {
  return inSteps(sql, 'SELECT id FROM alpr_visits WHERE last_seen < ? ORDER BY last_seen, id LIMIT ?', before);
}

/** Deletes the `most` oldest visits. */
export async function eraseOldest(sql: Sql, most: number): Promise<Erased> {
  return eraseSome(sql, 'SELECT id FROM alpr_visits ORDER BY last_seen, id LIMIT ?', [most]);
}

/** Deletes pictures taken before `before`. */
export async function eraseThumbnails(sql: Sql, before: number): Promise<Erased> {
  const [thumbnails = 0] = await sql.batch([statement('DELETE FROM alpr_thumbnails WHERE taken < ?', before)]);
  return { visits: 0, thumbnails };
}

async function inSteps(sql: Sql, some: string, before: number): Promise<Erased> {
  const sum: Erased = { visits: 0, thumbnails: 0 };
  for (;;) {
    const { visits, thumbnails } = await eraseSome(sql, some, [before, ROWS_AT_ONCE]);
    sum.visits += visits;
    sum.thumbnails += thumbnails;
    if (visits < ROWS_AT_ONCE) return sum;
  }
}

async function eraseSome(sql: Sql, some: string, args: SqlValue[]): Promise<Erased> {
  const [thumbnails = 0, visits = 0] = await sql.batch([
    statement(`DELETE FROM alpr_thumbnails WHERE visit IN (${some})`, ...args),
    statement(`DELETE FROM alpr_visits WHERE id IN (${some})`, ...args),
  ]);
  if (visits > 0) await sql.batch([counted('expired', visits)]);
  return { visits, thumbnails };
}

/** How many visits were deleted so far because of their age or a limit, and on request. */
export async function counters(sql: Sql): Promise<{ expired: number; forgotten: number }> {
  const rows = await sql.all('SELECT name, value FROM alpr_counters');
  const value = (name: string): number =>
    numberIn(
      rows.find((row) => row['name'] === name),
      'value',
    );
  return { expired: value('expired'), forgotten: value('forgotten') };
}
