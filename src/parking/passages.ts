import { sightingOf } from '../lists/sighting.js';
import { ParkingError, shown } from './errors.js';
import type { Side, Sight } from './session.js';

/** Names of the cameras of each side; with none at all, every event's direction decides. */
export interface SideRules {
  entryCameras: readonly string[];
  exitCameras: readonly string[];
}

/** Why a plate does not count, for programs. */
export type IgnoredCode = 'no-direction' | 'other-camera' | 'not-final' | 'repeat';

/** What a message says: a car on one side, nothing yet, or something that does not count. */
export type Reading =
  | { kind: 'passage'; sight: Sight; side: Side }
  | { kind: 'wait' }
  | { kind: 'ignored'; code: IgnoredCode; reason: string; sight: Sight };

/** Visits whose direction is not known yet. */
const MAX_WAITING = 1000;

/**
 * Reads messages with plates: events of plate-out, objects with a plate, or the text of a plate.
 *
 * A visit counts with its `final`. Where the direction decides and is not known by then (the line is crossed later), it counts
 * with its `left`. A visit that never had a final is no reading that one may count on.
 */
export class PassageReader {
  readonly #waiting = new Set<string>();

  constructor(
    private readonly rules: SideRules,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @param counted whether a visit has been counted already
   * @throws ListError or ParkingError when there is no plate, or what there is makes no sense
   */
  read(msg: Readonly<Record<string, unknown>>, counted: (visit: string) => boolean): Reading {
    const { plate, event, hashed } = sightingOf(msg);
    if (event === 'provisional') return { kind: 'wait' };
    const about = typeof msg['payload'] === 'object' && msg['payload'] !== null ? msg['payload'] : msg;
    const fields = about as Readonly<Record<string, unknown>>;
    const camera = textOf(fields['camera']) ?? textOf(msg['topic']);
    const visit = event === undefined ? undefined : textOf(fields['id']);
    const sight: Sight = {
      plate,
      at: timeOf(fields['lastSeen'], this.now),
      ...(camera === undefined ? {} : { camera }),
      ...(visit === undefined ? {} : { visit }),
      ...(hashed ? { hashed: true } : {}),
    };
    const side = this.#sideOf(camera, fields['direction']);
    if (side === 'other-camera') {
      if (event === 'left') return { kind: 'wait' };
      const reason = `camera ${camera ?? 'without a name'} is neither at the entry nor at the exit`;
      return ignored('other-camera', reason, sight);
    }
    const isCounted = visit !== undefined && counted(visit);
    const hadFinal = visit === undefined || isCounted || this.#waiting.delete(visit) || event !== 'left';
    if (!hadFinal) return ignored('not-final', 'left without a final reading', sight);
    if (side !== undefined) return { kind: 'passage', sight, side };
    if (isCounted) return { kind: 'wait' };
    if (event === 'final' && visit !== undefined) {
      this.#wait(visit);
      return { kind: 'wait' };
    }
    const seen = textOf(fields['direction']);
    const reason = seen === undefined ? 'it is not known which way it went' : `it went ${seen}, neither in nor out`;
    return ignored('no-direction', reason, sight);
  }

  #sideOf(camera: string | undefined, direction: unknown): Side | 'other-camera' | undefined {
    const { entryCameras, exitCameras } = this.rules;
    const isEntry = camera !== undefined && entryCameras.includes(camera);
    const isExit = camera !== undefined && exitCameras.includes(camera);
    if (isEntry !== isExit) return isEntry ? 'in' : 'out';
    const hasNames = entryCameras.length + exitCameras.length > 0;
    if (!isEntry && hasNames) return 'other-camera';
    return direction === 'in' || direction === 'out' ? direction : undefined;
  }

  #wait(visit: string): void {
    this.#waiting.add(visit);
    for (const oldest of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING) break;
      this.#waiting.delete(oldest);
    }
  }
}

function ignored(code: IgnoredCode, reason: string, sight: Sight): Reading {
  return { kind: 'ignored', code, reason, sight };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function timeOf(value: unknown, now: () => number): number {
  if (value === undefined || value === null) return now();
  if (typeof value === 'number' && value >= 0 && value <= 8.64e15) return value;
  throw new ParkingError('ALPR_PLATE', `Expected ms since 1970 for lastSeen but received ${shown(value)}`);
}
