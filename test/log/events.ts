import type { PlateEvent } from '../../src/events/plate-event.js';
import type { LogUser } from '../../src/log/plate-log.js';
import { entryOf, type Entry } from '../../src/log/visit.js';

/** 2026-11-20 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 20, 12);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

let made = 0;

/** A final event of a visit of its own; what is given replaces the rest. */
export function event(given: Partial<PlateEvent> = {}): PlateEvent {
  const plate = given.plate ?? 'AB12 CDE';
  return {
    version: 1,
    event: 'final',
    id: `visit-${++made}`,
    camera: 'gate',
    plate,
    normalised: plate.replaceAll(/[^A-Z0-9]/g, ''),
    confidence: 0.9,
    characters: [{ text: 'A', confidence: 0.9 }],
    candidates: [{ text: 'CANDIDATE7', confidence: 0.1 }],
    reads: 4,
    agreeing: 3,
    box: { x1: 0, y1: 0, x2: 10, y2: 5 },
    firstSeen: NOON,
    lastSeen: NOON + 5000,
    frames: 12,
    ...given,
  };
}

/** What is written of an event, everything stored. */
export function entry(given: Partial<PlateEvent> = {}): Entry {
  return entryOf(event(given), { events: 'all', pictures: true })!;
}

/** A user of a log that wants nothing to be deleted. */
export function user(onChange: () => void = () => undefined): LogUser {
  return { retention: { keepMs: 0, thumbnailMs: 0, maxBytes: 0 }, onChange };
}

/** Looks again and again until something is so. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, ms = 30_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Expected ${what} but it did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
