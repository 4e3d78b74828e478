import { randomUUID } from 'node:crypto';
import { plateKey } from './acceptance.js';
import type { DirectionFinder } from './direction.js';
import type { PlateEvent } from './plate-event.js';
import type { BestView } from './views.js';

/** One stay of one plate in front of one camera. */
export interface Visit {
  readonly id: string;
  /** The text of its last `final`. */
  finalText?: string;
  readonly provisionalTexts: string[];
  corrections: number;
  firstSeen: number;
  lastSeen: number;
  /** Tracks that show it now; a lost and found vehicle has several one after the other. */
  readonly tracks: Set<number>;
  /** The last provisional or final: `left` repeats what it said. */
  lastEvent?: PlateEvent;
  frames: number;
  /** Which way it goes: the finder of the track that shows it last. */
  way: DirectionFinder;
  /** The view that its latest event had pictures of; until it leaves. */
  view?: BestView;
  /** `left` was sent: nothing more comes of it, but it still swallows duplicates. */
  left: boolean;
}

export function newVisit(firstSeen: number, frames: number, way: DirectionFinder): Visit {
  return {
    id: randomUUID(),
    provisionalTexts: [],
    corrections: 0,
    firstSeen,
    lastSeen: firstSeen,
    frames,
    way,
    tracks: new Set(),
    left: false,
  };
}

/** Plates per camera within the dedupe time; beyond it the one not seen for longest is forgotten. */
const MAX_VISITS = 1000;

/** The visits that had a `final`, by plate, as long as the same plate still belongs to them. */
export class RecentVisits {
  readonly #visits = new Map<string, Visit>();

  constructor(private readonly dedupeMs: number) {}

  get size(): number {
    return this.#visits.size;
  }

  /** The visit that this text belongs to at this time. */
  find(text: string, now: number): Visit | undefined {
    const visit = this.#visits.get(plateKey(text));
    return visit !== undefined && this.#isRecent(visit, now) ? visit : undefined;
  }

  /** Also called for corrected texts: the earlier text keeps pointing at its visit. */
  add(text: string, visit: Visit): void {
    const key = plateKey(text);
    this.#visits.delete(key);
    this.#visits.set(key, visit);
    if (this.#visits.size > MAX_VISITS) {
      for (const oldest of this.#visits.keys()) {
        this.#visits.delete(oldest);
        break;
      }
    }
  }

  /** Forgets what is too long ago. */
  expire(now: number): void {
    for (const [key, visit] of this.#visits) {
      if (visit.tracks.size === 0 && !this.#isRecent(visit, now)) this.#visits.delete(key);
    }
  }

  /** Either way round: pictures of a folder may come with any clock. */
  #isRecent(visit: Visit, now: number): boolean {
    return this.dedupeMs > 0 && Math.abs(now - visit.lastSeen) <= this.dedupeMs;
  }
}
