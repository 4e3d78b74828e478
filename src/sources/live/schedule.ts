import { ConfigError } from '../../frame/config-error.js';

const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FULL_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY_MINUTES = 24 * 60;
const LONGEST = 1000;

/** Times of one day of the week, minutes of local time since midnight; `to` beyond 24 h is on the day after. */
interface Span {
  /** 0: Sunday. */
  day: number;
  from: number;
  to: number;
}

/** When a camera runs, by this machine's local time. */
export interface Schedule {
  /**
   * Whether it runs at this time. What counts is the clock on the wall: a time that the change to summer time leaves out never comes, one
   * that the change back repeats comes twice.
   */
  isOn(time: Date): boolean;
}

/**
 * Parts apart by `;`, each of days and times: `Mon-Fri 07:00-19:00; Sat 08:00-12:00`. Days are `Mon`, `Monday`, `Mon-Fri`,
 * `Sat,Sun`; none: every day. Times are `07:00-19:00`, several apart by `,`; `22:00-06:00` goes over midnight and belongs to the
 * day on which it begins; `00:00-24:00` is the whole day.
 *
 * @throws ConfigError that names the part
 */
export function readSchedule(text: string): Schedule {
  if (text.length > LONGEST) {
    throw new ConfigError(`Expected at most ${LONGEST} characters for schedule but received ${text.length}`);
  }
  const parts = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) throw new ConfigError('Expected days and times for schedule but received an empty text');
  const spans = parts.flatMap(spansOf);
  return {
    isOn(time) {
      const minute = time.getHours() * 60 + time.getMinutes();
      const today = time.getDay();
      return spans.some(({ day, from, to }) => {
        // Minutes since midnight of the span's day, if that was today or yesterday.
        if (day === today && minute >= from && minute < to) return true;
        return (day + 1) % 7 === today && minute + DAY_MINUTES < to;
      });
    },
  };
}

function spansOf(part: string): Span[] {
  const match = /^(?:([a-z][a-z,\s-]*?)\s+)?([\d:,\s-]+)$/i.exec(part);
  const days = match === null ? undefined : daysOf(match[1]);
  const times = match === null ? undefined : timesOf(match[2] as string);
  if (days === undefined || times === undefined) {
    const received = JSON.stringify(part.length > 60 ? `${part.slice(0, 60)}…` : part);
    throw new ConfigError(
      `Expected days and times such as "Mon-Fri 07:00-19:00" or "22:00-06:00" for schedule but received ${received}`,
    );
  }
  return days.flatMap((day) => times.map(([from, to]) => ({ day, from, to })));
}

function daysOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return [0, 1, 2, 3, 4, 5, 6];
  const days: number[] = [];
  for (const item of text.split(',')) {
    const [first, last, ...more] = item.split('-').map((name) => dayNamed(name));
    if (first === undefined || (item.includes('-') && last === undefined) || more.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.push(day);
      if (day === (last ?? first)) break;
    }
  }
  return days;
}

function dayNamed(name: string): number | undefined {
  const word = name.trim().toLowerCase();
  const index = [DAY_NAMES.indexOf(word), FULL_NAMES.indexOf(word)].find((found) => found >= 0);
  return index;
}

function timesOf(text: string): [number, number][] | undefined {
  const times: [number, number][] = [];
  for (const item of text.split(',')) {
    const match = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(item.trim());
    if (match === null) return undefined;
    const from = minutes(match[1] as string, match[2] as string);
    const to = minutes(match[3] as string, match[4] as string);
    if (from === undefined || to === undefined || from === DAY_MINUTES || from === to) return undefined;
    times.push([from, to > from ? to : to + DAY_MINUTES]);
  }
  return times;
}

function minutes(hours: string, rest: string): number | undefined {
  const total = Number(hours) * 60 + Number(rest);
  return Number(rest) < 60 && total <= DAY_MINUTES ? total : undefined;
}
