import { LogError, shown } from './errors.js';
import { platePattern, type PlatePattern } from './pattern.js';
import { tagKey } from './visit.js';

/** Which visits are asked for; what is left out does not matter. */
export interface VisitFilter {
  plate?: PlatePattern;
  /** ms since 1970: visits that began at `from` or later, and before `to`. */
  from?: number;
  to?: number;
  camera?: string;
  direction?: string;
  zone?: string;
  rule?: string;
  tag?: string;
}

export interface SearchQuery {
  filter: VisitFilter;
  limit: number;
  offset: number;
  order: 'newest' | 'oldest';
  /** Thumbnails with every visit. */
  pictures: boolean;
  /** How many there are in all. */
  total: boolean;
}

export interface VisitsQuery {
  filter: VisitFilter;
  limit: number;
  offset: number;
  order: 'recent' | 'visits' | 'dwell';
}

export interface StatisticsQuery {
  filter: VisitFilter;
  /** How many plates to name. */
  top: number;
  timeZone: string;
}

export interface ExportQuery {
  filter: VisitFilter;
  path: string | undefined;
  separator: ',' | ';';
  overwrite: boolean;
}

export interface ForgetQuery {
  plate: string;
  /** Readings that may be the same plate, too. */
  lookAlikes: boolean;
}

const FILTER = ['plate', 'lookAlikes', 'exact', 'from', 'to', 'last', 'camera', 'direction', 'zone', 'rule', 'tag'];
/** Answers are one message. */
const MAX_ROWS = 10_000;
const MAX_ROWS_WITH_PICTURES = 200;

/** @param now ms since 1970, where `last` counts from */
export function searchQuery(given: unknown, now = Date.now()): SearchQuery {
  const read = new Parameters(given, [...FILTER, 'limit', 'offset', 'order', 'pictures', 'total']);
  const pictures = read.flag('pictures');
  return {
    filter: filterOf(read, now),
    ...page(read, pictures ? MAX_ROWS_WITH_PICTURES : MAX_ROWS),
    order: read.choice('order', ['newest', 'oldest']),
    pictures,
    total: read.flag('total'),
  };
}

export function visitsQuery(given: unknown, now = Date.now()): VisitsQuery {
  const read = new Parameters(given, [...FILTER, 'limit', 'offset', 'order']);
  return {
    filter: filterOf(read, now),
    ...page(read, MAX_ROWS),
    order: read.choice('order', ['recent', 'visits', 'dwell']),
  };
}

export function statisticsQuery(given: unknown, now = Date.now()): StatisticsQuery {
  const read = new Parameters(given, [...FILTER, 'top', 'timeZone']);
  const timeZone = read.text('timeZone') ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    read.wrong('timeZone', 'a time zone such as Europe/Berlin', timeZone);
  }
  return { filter: filterOf(read, now), top: read.whole('top', 10, 1, 1000), timeZone };
}

export function exportQuery(given: unknown, now = Date.now()): ExportQuery {
  const read = new Parameters(given, [...FILTER, 'path', 'separator', 'overwrite']);
  return {
    filter: filterOf(read, now),
    path: read.text('path'),
    separator: read.choice('separator', [',', ';']),
    overwrite: read.flag('overwrite'),
  };
}

export function forgetQuery(given: unknown): ForgetQuery {
  const read = new Parameters(given, ['plate', 'lookAlikes']);
  const plate = read.text('plate');
  if (plate === undefined || !/[\p{L}\p{N}]/u.test(plate)) return read.wrong('plate', 'the text of a plate', plate);
  // One stray sign must not erase other people's visits.
  if (/[*?%]/.test(plate)) return read.wrong('plate', 'a whole plate without wildcards', plate);
  return { plate, lookAlikes: read.flag('lookAlikes') };
}

function page(read: Parameters, most: number): { limit: number; offset: number } {
  return { limit: read.whole('limit', 50, 1, most), offset: read.whole('offset', 0, 0, 1e9) };
}

function filterOf(read: Parameters, now: number): VisitFilter {
  const filter: VisitFilter = {};
  const plate = read.text('plate');
  const options = { lookAlikes: read.flag('lookAlikes'), exact: read.flag('exact') };
  if (plate !== undefined) filter.plate = platePattern(plate, options);
  const last = read.duration('last');
  const from = read.time('from') ?? (last === undefined ? undefined : now - last);
  const to = read.time('to');
  if (from !== undefined) filter.from = from;
  if (to !== undefined) filter.to = to;
  if (from !== undefined && to !== undefined && to < from) read.wrong('to', 'a time after from', read.given('to'));
  for (const name of ['camera', 'direction', 'zone', 'rule'] as const) {
    const text = read.text(name);
    if (text !== undefined) filter[name] = text;
  }
  const tag = read.text('tag');
  if (tag !== undefined) filter.tag = tagKey(tag);
  return filter;
}

/** What a message asks for, read field by field. Every method throws a LogError (ALPR_LOG_QUERY) that names the field. */
class Parameters {
  readonly #given: Readonly<Record<string, unknown>>;

  /** @param given an object, the text of a plate, or nothing */
  constructor(given: unknown, known: readonly string[]) {
    if (typeof given === 'string' && known.includes('plate')) this.#given = { plate: given };
    else if (typeof given === 'object' && given !== null && !Array.isArray(given)) this.#given = { ...given };
    // An inject button sends its time, or true.
    else if (given === undefined || given === null || typeof given === 'number' || given === true) this.#given = {};
    else {
      throw new LogError('ALPR_LOG_QUERY', `Expected an object or a plate in msg.payload but received ${shown(given)}`);
    }
    const unknown = Object.keys(this.#given).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new LogError(
        'ALPR_LOG_QUERY',
        `Expected some of ${known.join(', ')} in msg.payload but received ${unknown}`,
      );
    }
  }

  given(name: string): unknown {
    return this.#given[name];
  }

  text(name: string): string | undefined {
    const value = this.#given[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
    return this.wrong(name, 'text', value);
  }

  flag(name: string): boolean {
    const value = this.#given[name];
    if (value === undefined || value === null || value === false || value === '') return false;
    return value === true ? true : this.wrong(name, 'true or false', value);
  }

  /** The first choice when nothing is given. */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const text = this.#given[name];
    if (text === undefined || text === null || text === '') return choices[0];
    return choices.find((choice) => choice === text) ?? this.wrong(name, `one of ${choices.join(' ')}`, text);
  }

  whole(name: string, fallback: number, min: number, max: number): number {
    const value = this.#given[name];
    if (value === undefined || value === null || value === '') return fallback;
    const number = typeof value === 'string' ? Number(value) : value;
    if (Number.isInteger(number) && (number as number) >= min && (number as number) <= max) return number as number;
    return this.wrong(name, `a whole number from ${min} to ${max}`, value);
  }

  /** ms since 1970 of a number, a Date or text as in ISO 8601. */
  time(name: string): number | undefined {
    const value = this.#given[name];
    if (value === undefined || value === null || value === '') return undefined;
    const ms =
      typeof value === 'number'
        ? value
        : value instanceof Date
          ? value.getTime()
          : typeof value === 'string'
            ? Date.parse(value)
            : NaN;
    if (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15) return Math.round(ms);
    return this.wrong(name, 'ms since 1970 or a time such as 2026-11-20T18:00:00Z', value);
  }

  /** ms of `90m`, `24h`, `7d`. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const [, amount, unit] =
      /^(\d{1,6})\s*([mhd])$/.exec(text) ?? this.wrong(name, 'a duration such as 24h or 7d', text);
    return Number(amount) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 'm' | 'h' | 'd'];
  }

  wrong(name: string, expected: string, received: unknown): never {
    // What stands in `plate` is personal data.
    const text = name === 'plate' && typeof received === 'string' ? 'something else' : shown(received);
    throw new LogError('ALPR_LOG_QUERY', `Expected ${expected} for ${name} but received ${text}`);
  }
}
