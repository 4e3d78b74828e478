import type { ListEntry } from './entry.js';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3})\d*)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * The instant (ms since the epoch) that an ISO 8601 date or date-time means; without a zone it is local time.
 *
 * @param end a date alone means the end of that day (the first instant of the next) instead of its beginning
 * @returns undefined for anything else, and for days and times that do not exist (2026-02-30)
 */
export function instantOf(text: string, end = false): number | undefined {
  const date = DATE.exec(text);
  if (date !== null) {
    const [year, month, day] = date.slice(1).map(Number) as [number, number, number];
    if (!isDay(year, month, day)) return undefined;
    // By the calendar and not by 24 hours: days on which the clocks change are shorter or longer.
    return localInstant(year, month, day + (end ? 1 : 0), 0, 0, 0, 0);
  }
  const full = DATE_TIME.exec(text);
  if (full === null) return undefined;
  const [year, month, day, hour, minute] = full.slice(1, 6).map(Number) as [number, number, number, number, number];
  const second = Number(full[6] ?? 0);
  const millisecond = Number((full[7] ?? '0').padEnd(3, '0'));
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = full[8];
  if (zone === undefined) return localInstant(year, month, day, hour, minute, second, millisecond);
  const offset = offsetMinutes(zone);
  if (offset === undefined) return undefined;
  return utcInstant(year, month, day, hour, minute, second, millisecond) - offset * 60_000;
}

/** When an entry counts: from `from` up to but not including `until`, ms since the epoch. */
export function windowOf({ validFrom, validUntil }: ListEntry): { from: number; until: number } {
  return {
    from: validFrom === undefined ? -Infinity : (instantOf(validFrom) ?? Infinity),
    // What cannot be read never counts; entries are checked before they come here.
    until: validUntil === undefined ? Infinity : (instantOf(validUntil, true) ?? -Infinity),
  };
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return new Date(utcInstant(year, month, day, 0, 0, 0, 0)).getUTCDate() === day;
}

type Parts = [year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number];

// The constructors of Date take years below 100 for those of the last century; the setters do not.
function localInstant(...[year, month, day, hour, minute, second, ms]: Parts): number {
  const date = new Date(2000, 0, 1);
  date.setFullYear(year, month - 1, day);
  date.setHours(hour, minute, second, ms);
  return date.getTime();
}

function utcInstant(...[year, month, day, hour, minute, second, ms]: Parts): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, ms);
}

function offsetMinutes(zone: string): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
