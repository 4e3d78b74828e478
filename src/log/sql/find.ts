import type { SearchQuery, VisitFilter, VisitsQuery } from '../query.js';
import { STEPS, type PictureKind } from '../visit.js';
import { numberIn } from './schema.js';
import { marks, type Row, type Sql } from './sql.js';
import { where } from './where.js';

/** A visit as the log tells of it. What is not known is left out. */
export interface Visit {
  id: string;
  /** How far it has come. */
  event: keyof typeof STEPS;
  camera: string;
  plate: string;
  normalised: string;
  confidence?: number;
  reads?: number;
  agreeing?: number;
  region?: string;
  direction?: string;
  zone?: string;
  known?: { rule: string; name?: string; tags?: string[]; plate?: string };
  vehicle?: string;
  frames?: number;
  /** ms since 1970: entry and exit, as far as the camera saw them. */
  firstSeen: number;
  lastSeen: number;
  /** Between the two. */
  dwellMs: number;
  supersedes?: string;
  hashed?: true;
  /** JPEGs, when they were asked for and are still there. */
  images?: Partial<Record<PictureKind, Buffer>>;
}

/** What is known of one plate over all of its visits. */
export interface PlateSummary {
  plate: string;
  normalised: string;
  visits: number;
  firstSeen: number;
  lastSeen: number;
  dwellMs: number;
  longestDwellMs: number;
  averageDwellMs: number;
  cameras: number;
}

export interface Page<T> {
  rows: T[];
  /** There are more behind these. */
  more: boolean;
  total?: number;
}

const COLUMNS_OF_VISIT = `number, id, step, camera, plate, normalised, confidence, reads, agreeing, region, direction, zone,
  rule, name, tags, listed, vehicle, frames, first_seen, last_seen, supersedes, hashed`;

export async function search(sql: Sql, query: SearchQuery): Promise<Page<Visit>> {
  const { filter, limit, offset, order } = query;
  const found = where(filter);
  const direction = order === 'newest' ? 'DESC' : 'ASC';
  const rows = await sql.all(
    // What is compared lies in an index: rows are read only of those that are found.
    `SELECT ${COLUMNS_OF_VISIT} FROM alpr_visits WHERE number IN (SELECT number FROM alpr_visits ${found.sql}
      ORDER BY first_seen ${direction}, number ${direction} LIMIT ? OFFSET ?)
      ORDER BY first_seen ${direction}, number ${direction}`,
    [...found.args, limit + 1, offset],
  );
  const visits = rows.slice(0, limit).map(visitOf);
  if (query.pictures) await addPictures(sql, visits);
  const page: Page<Visit> = { rows: visits, more: rows.length > limit };
  if (query.total) page.total = await count(sql, filter);
  return page;
}

export async function count(sql: Sql, filter: VisitFilter): Promise<number> {
  const found = where(filter);
  const [row] = await sql.all(`SELECT COUNT(*) AS n FROM alpr_visits ${found.sql}`, found.args);
  return numberIn(row, 'n');
}

const ORDER_OF_PLATES = {
  recent: 'MAX(last_seen) DESC, normalised',
  visits: 'COUNT(*) DESC, normalised',
  dwell: 'SUM(last_seen - first_seen) DESC, normalised',
};

/** One row per plate: how often and how long it was there. */
export async function visitsPerPlate(
  sql: Sql,
  { filter, limit, offset, order }: VisitsQuery,
): Promise<Page<PlateSummary>> {
  const found = where(filter);
  const rows = await sql.all(
    `SELECT MAX(plate) AS plate, normalised, COUNT(*) AS visits, MIN(first_seen) AS first_seen,
      MAX(last_seen) AS last_seen, SUM(last_seen - first_seen) AS dwell, MAX(last_seen - first_seen) AS longest,
      COUNT(DISTINCT camera) AS cameras
      FROM alpr_visits ${found.sql} GROUP BY normalised ORDER BY ${ORDER_OF_PLATES[order]} LIMIT ? OFFSET ?`,
    [...found.args, limit + 1, offset],
  );
  const plates = rows.slice(0, limit).map((row) => ({
    plate: String(row['plate']),
    normalised: String(row['normalised']),
    visits: numberIn(row, 'visits'),
    firstSeen: numberIn(row, 'first_seen'),
    lastSeen: numberIn(row, 'last_seen'),
    dwellMs: numberIn(row, 'dwell'),
    longestDwellMs: numberIn(row, 'longest'),
    averageDwellMs: Math.round(numberIn(row, 'dwell') / numberIn(row, 'visits')),
    cameras: numberIn(row, 'cameras'),
  }));
  return { rows: plates, more: rows.length > limit };
}

/** The rows behind `after` in the order of time, for reading a whole log bit by bit. */
export async function nextVisits(
  sql: Sql,
  filter: VisitFilter,
  after: { firstSeen: number; number: number } | undefined,
  limit: number,
): Promise<{ visits: Visit[]; last: { firstSeen: number; number: number } | undefined }> {
  const behind =
    after === undefined ? [] : [{ sql: '(first_seen, number) > (?, ?)', args: [after.firstSeen, after.number] }];
  const found = where(filter, ...behind);
  const rows = await sql.all(
    `SELECT ${COLUMNS_OF_VISIT} FROM alpr_visits ${found.sql} ORDER BY first_seen, number LIMIT ?`,
    [...found.args, limit],
  );
  const last = rows.at(-1);
  return {
    visits: rows.map(visitOf),
    last:
      last === undefined || rows.length < limit
        ? undefined
        : { firstSeen: numberIn(last, 'first_seen'), number: numberIn(last, 'number') },
  };
}

async function addPictures(sql: Sql, visits: Visit[]): Promise<void> {
  const byId = new Map(visits.map((visit) => [visit.id, visit]));
  const ids = [...byId.keys()];
  for (let start = 0; start < ids.length; start += 500) {
    const some = ids.slice(start, start + 500);
    const rows = await sql.all(
      `SELECT visit, kind, jpeg FROM alpr_thumbnails WHERE visit IN (${marks(some.length)})`,
      some,
    );
    for (const { visit, kind, jpeg } of rows) {
      const bytes = jpeg as Uint8Array;
      const images = (byId.get(String(visit))!.images ??= {});
      images[kind as PictureKind] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
  }
}

const EVENTS = Object.fromEntries(Object.entries(STEPS).map(([event, step]) => [step, event])) as Record<
  number,
  keyof typeof STEPS
>;

function visitOf(row: Row): Visit {
  const firstSeen = numberIn(row, 'first_seen');
  const lastSeen = numberIn(row, 'last_seen');
  const visit: Visit = {
    id: String(row['id']),
    event: EVENTS[numberIn(row, 'step')] ?? 'final',
    camera: String(row['camera']),
    plate: String(row['plate']),
    normalised: String(row['normalised']),
    firstSeen,
    lastSeen,
    dwellMs: lastSeen - firstSeen,
  };
  for (const name of ['confidence', 'reads', 'agreeing', 'frames'] as const) {
    if (row[name] !== null) visit[name] = Number(row[name]);
  }
  for (const name of ['region', 'direction', 'zone', 'vehicle', 'supersedes'] as const) {
    if (row[name] !== null) visit[name] = String(row[name]);
  }
  if (row['rule'] !== null) visit.known = knownOf(row);
  if (numberIn(row, 'hashed') === 1) visit.hashed = true;
  return visit;
}

function knownOf(row: Row): NonNullable<Visit['known']> {
  const known: NonNullable<Visit['known']> = { rule: String(row['rule']) };
  if (row['name'] !== null) known.name = String(row['name']);
  if (row['listed'] !== null) known.plate = String(row['listed']);
  if (row['tags'] !== null)
    known.tags = String(row['tags'])
      .split(',')
      .filter((tag) => tag !== '');
  return known;
}
