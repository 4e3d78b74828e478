import { csvCell } from '../log/csv.js';
import { dwellOf, endOf, isInside, plateOf, remarksOf, type ParkingSession } from './session.js';

/** A stay as messages show it. */
export interface Stay {
  id: string;
  plate: string;
  inside: boolean;
  /** ms since the epoch; missing when it was not seen. */
  entered?: number;
  /** Of the exit, or when it was found that the car had gone (see `remarks`). */
  left?: number;
  /** ms between entry and exit; for a car that is inside, so far. Missing when one of them was not seen. */
  dwellMs?: number;
  entryCamera?: string;
  exitCamera?: string;
  /** What the exit read, when that is another text. */
  exitPlate?: string;
  /** Edits between the two texts. */
  distance?: number;
  /** `unknown-entry`, `missed-exit`, `removed`, `expired`, `similar`, `ambiguous`, `manual`. */
  remarks: string[];
}

/** @param now ms since the epoch, for cars that are inside */
export function stayOf(session: ParkingSession, now: number): Stay {
  const { id, entry, exit, distance } = session;
  const inside = isInside(session);
  const left = endOf(session);
  const dwellMs = inside && entry !== undefined ? Math.max(0, now - entry.at) : dwellOf(session);
  const plate = plateOf(session);
  return {
    id,
    plate,
    inside,
    ...(entry === undefined ? {} : { entered: entry.at }),
    ...(left === undefined ? {} : { left }),
    ...(dwellMs === undefined ? {} : { dwellMs }),
    ...(entry?.camera === undefined ? {} : { entryCamera: entry.camera }),
    ...(exit?.camera === undefined ? {} : { exitCamera: exit.camera }),
    ...(exit === undefined || exit.plate === plate ? {} : { exitPlate: exit.plate }),
    ...(distance === undefined ? {} : { distance }),
    remarks: remarksOf(session),
  };
}

const COLUMNS: readonly [string, (stay: Stay) => string | number | undefined][] = [
  ['plate', ({ plate }) => plate],
  ['entered', ({ entered }) => timeText(entered)],
  ['left', ({ left }) => timeText(left)],
  ['minutes', ({ dwellMs, inside }) => (inside || dwellMs === undefined ? undefined : Math.round(dwellMs / 6000) / 10)],
  ['entry_camera', ({ entryCamera }) => entryCamera],
  ['exit_camera', ({ exitCamera }) => exitCamera],
  ['exit_plate', ({ exitPlate }) => exitPlate],
  ['remarks', ({ remarks }) => remarks.join(' ')],
];

/** Stays as CSV with a header (RFC 4180, UTF-8 with byte order mark for spreadsheets); times in ISO 8601, UTC. */
export function csvOf(stays: readonly Stay[], separator: string): string {
  const rows = stays.map((stay) => COLUMNS.map(([, value]) => csvCell(value(stay), separator)));
  return `\uFEFF${[COLUMNS.map(([name]) => name), ...rows].map((row) => `${row.join(separator)}\r\n`).join('')}`;
}

function timeText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
