import type { StatisticsQuery } from '../query.js';
import { numberIn } from './schema.js';
import type { Sql } from './sql.js';
import { where } from './where.js';

export interface Statistics {
  visits: number;
  /** Different plates. */
  plates: number;
  /** ms since 1970 of the first and the last of them; left out when there is none. */
  from?: number;
  to?: number;
  averageDwellMs: number;
  perCamera: Record<string, number>;
  /** `2026-11-20` and `2026-11-20T18`, in the time zone that was asked for; without those that had none. */
  perDay: Record<string, number>;
  perHour: Record<string, number>;
  /** 24 sums, from midnight on. */
  perHourOfDay: number[];
  perRule: Record<string, number>;
  /** Of the visits that a list of plates has judged, those on no list: 0 to 1, or null when none was judged. */
  unknownShare: number | null;
  top: { plate: string; normalised: string; visits: number }[];
  timeZone: string;
}

/** Every time zone is a number of these apart from UTC, so that hours of any zone can be put together from them. */
const SLOT_MS = 900_000;

export async function statistics(sql: Sql, { filter, top, timeZone }: StatisticsQuery): Promise<Statistics> {
  const found = where(filter);
  const [sums] = await sql.all(
    `SELECT COUNT(*) AS visits, COUNT(DISTINCT normalised) AS plates, MIN(first_seen) AS first, MAX(first_seen) AS last,
      SUM(last_seen - first_seen) AS dwell FROM alpr_visits ${found.sql}`,
    found.args,
  );
  const visits = numberIn(sums, 'visits');
  const slots = await sql.all(
    // In the order of time, the database needs not sort a million of them.
    `SELECT slot, COUNT(*) AS n FROM (SELECT first_seen / ${SLOT_MS} AS slot FROM alpr_visits ${found.sql}
      ORDER BY first_seen) AS slots GROUP BY slot ORDER BY slot`,
    found.args,
  );
  const cameras = await sql.all(
    `SELECT camera, COUNT(*) AS n FROM alpr_visits ${found.sql} GROUP BY camera ORDER BY 2 DESC, 1`,
    found.args,
  );
  const rules = await sql.all(
    `SELECT rule, COUNT(*) AS n FROM alpr_visits ${found.sql} GROUP BY rule ORDER BY 2 DESC, 1`,
    found.args,
  );
  const plates = await sql.all(
    `SELECT normalised, n, (SELECT MAX(plate) FROM alpr_visits v WHERE v.normalised = often.normalised) AS plate
      FROM (SELECT normalised, COUNT(*) AS n FROM alpr_visits ${found.sql}
        GROUP BY normalised ORDER BY 2 DESC, 1 LIMIT ?) AS often ORDER BY n DESC, normalised`,
    [...found.args, top],
  );
  const perRule = record(
    rules.filter(({ rule }) => rule !== null),
    'rule',
  );
  const judged = Object.values(perRule).reduce((sum, n) => sum + n, 0);
  const times = slots.map((row) => ({ time: numberIn(row, 'slot') * SLOT_MS, n: numberIn(row, 'n') }));
  return {
    visits,
    plates: numberIn(sums, 'plates'),
    ...(visits === 0 ? {} : { from: numberIn(sums, 'first'), to: numberIn(sums, 'last') }),
    averageDwellMs: visits === 0 ? 0 : Math.round(numberIn(sums, 'dwell') / visits),
    perCamera: record(cameras, 'camera'),
    ...perTime(times, timeZone),
    perRule,
    unknownShare: judged === 0 ? null : (perRule['unknown'] ?? 0) / judged,
    top: plates.map((row) => ({
      plate: String(row['plate']),
      normalised: String(row['normalised']),
      visits: numberIn(row, 'n'),
    })),
    timeZone,
  };
}

function record(rows: readonly Record<string, unknown>[], name: string): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [String(row[name]), numberIn(row, 'n')]));
}

/** Quarters of an hour in UTC, put together to hours and days of a time zone, summer time included. */
export function perTime(
  slots: readonly { time: number; n: number }[],
  timeZone: string,
): Pick<Statistics, 'perDay' | 'perHour' | 'perHourOfDay'> {
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const perDay: Record<string, number> = {};
  const perHour: Record<string, number> = {};
  const perHourOfDay = Array<number>(24).fill(0);
  for (const { time, n } of slots) {
    const parts = Object.fromEntries(local.formatToParts(time).map(({ type, value }) => [type, value]));
    const day = `${parts['year']}-${parts['month']}-${parts['day']}`;
    const hour = `${day}T${parts['hour']}`;
    perDay[day] = (perDay[day] ?? 0) + n;
    perHour[hour] = (perHour[hour] ?? 0) + n;
    perHourOfDay[Number(parts['hour'])]! += n;
  }
  return { perDay, perHour, perHourOfDay };
}
