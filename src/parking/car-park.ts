import { nearestSession, type Nearest } from './pairing.js';
import { PassageMemory, type Passage } from './passage-memory.js';
import { endOf, isInside, keyOf, type Ending, type ParkingSession, type Side, type Sight } from './session.js';

export interface ParkingRules {
  /** Edits between two readings of one car that are forgiven; 0: the very text. */
  distance: number;
  /** The same car on the same side within this time is still the same passage. */
  repeatMs: number;
}

/** What a passage did. */
export type Outcome =
  | { kind: 'entered'; session: ParkingSession; corrects?: string; missedExit?: ParkingSession }
  | { kind: 'left'; session: ParkingSession; corrects?: string }
  /** It turned back: what its visit had done is undone. */
  | { kind: 'withdrawn'; session: ParkingSession }
  /** The camera sees a car that has passed already. */
  | { kind: 'repeat'; session: ParkingSession }
  /** Another event of a visit that has been counted. */
  | { kind: 'known' };

/** What has to be kept: stays as they are now, ids of those that are to be erased, the correction of the count. */
export interface Change {
  sessions: ParkingSession[];
  erased: string[];
  adjustment?: number;
}

export interface CarParkState {
  sessions: ParkingSession[];
  adjustment: number;
}

/** Clocks of two cameras may differ so much before an exit is taken as older than the entry. */
const CLOCK_SKEW_MS = 60_000;
/** Edits within which a car counts as seen again: look-alikes only, two cars of one company may differ by a digit. */
const REPEAT_DISTANCE = 0.5;
/** Stays that are kept; the oldest that have ended go first. */
export const MAX_SESSIONS = 100_000;

/**
 * Who is inside: pairs what the entry saw with what the exit saw.
 *
 * The count is the number of stays plus an adjustment: cars that are inside unseen (positive), or stays of cars that have left
 * unseen (negative). A person sets it by correcting the count; what the cameras see later uses it up.
 */
export class CarPark {
  readonly #inside = new Map<string, ParkingSession>();
  /** In the order of their ends. */
  readonly #ended = new Map<string, ParkingSession>();
  #adjustment = 0;
  #keptAdjustment = 0;
  readonly #visits = new PassageMemory();
  /** When a car that waits was seen last, by id of its stay. */
  readonly #seen = new Map<string, number>();
  #changed: Map<string, ParkingSession | undefined> = new Map();

  constructor(
    private readonly rules: ParkingRules,
    private readonly newId: () => string,
  ) {}

  load({ sessions, adjustment }: CarParkState): void {
    for (const session of [...sessions].sort((a, b) => orderOf(a) - orderOf(b))) {
      (isInside(session) ? this.#inside : this.#ended).set(session.id, session);
      for (const [side, sight] of [['in', session.entry] as const, ['out', session.exit] as const]) {
        if (sight?.visit === undefined) continue;
        this.#visits.remember(sight.visit, { side, key: keyOf(sight), touched: [], adjustment: 0 });
      }
    }
    this.#adjustment = Math.max(adjustment, -this.#inside.size);
    this.#keptAdjustment = this.#adjustment;
    this.#changed.clear();
  }

  get state(): CarParkState {
    return { sessions: [...this.#ended.values(), ...this.#inside.values()], adjustment: this.#adjustment };
  }

  get inside(): ParkingSession[] {
    return [...this.#inside.values()];
  }

  /** Newest end first. */
  *ended(): Iterable<ParkingSession> {
    yield* [...this.#ended.values()].reverse();
  }

  /** Cars inside. */
  get count(): number {
    return this.#inside.size + this.#adjustment;
  }

  get adjustment(): number {
    return this.#adjustment;
  }

  /** Takes what has changed since the last call, in the form in which it is kept. */
  takeChange(): Change {
    const sessions = [...this.#changed.values()].filter((session) => session !== undefined);
    const erased = [...this.#changed].filter(([, session]) => session === undefined).map(([id]) => id);
    this.#changed = new Map();
    const isAdjusted = this.#adjustment !== this.#keptAdjustment;
    this.#keptAdjustment = this.#adjustment;
    return { sessions, erased, ...(isAdjusted ? { adjustment: this.#adjustment } : {}) };
  }

  /**
   * A car passes the entry or the exit. Events of one visit count once; a later one that names another plate corrects the
   * first, one with the other side undoes it.
   */
  pass(sight: Sight, side: Side): Outcome {
    const visit = sight.visit === undefined ? undefined : this.#visits.get(sight.visit);
    if (visit === undefined) return this.#passAnew(sight, side);
    if (visit.withdrawn === true) return { kind: 'known' };
    if (visit.side !== side) return this.#withdraw(sight, visit);
    if (visit.key === keyOf(sight)) return { kind: 'known' };
    return this.#correct(sight, side, visit);
  }

  /** A passage of this visit has been counted. */
  knows(visit: string): boolean {
    return this.#visits.has(visit);
  }

  /** The count as somebody has seen it: so many cars are inside. */
  correct(count: number): void {
    this.#adjustment = Math.max(0, Math.round(count)) - this.#inside.size;
  }

  /** Somebody says that a car is not inside any more. @returns its stay; undefined when it is not inside */
  remove(id: string, at: number): ParkingSession | undefined {
    const session = this.#inside.get(id);
    return session === undefined ? undefined : this.#endUnseen(session, at, 'removed');
  }

  /** Erases ended stays whose end is before `endedBefore`, and takes cars that came before `cameBefore` as gone. */
  expire(now: number, endedBefore: number, cameBefore: number): number {
    let count = 0;
    for (const session of [...this.#inside.values()]) {
      if (session.entry!.at >= cameBefore) continue;
      this.#endUnseen(session, now, 'expired');
      count++;
    }
    for (const session of [...this.#ended.values()]) {
      if (endOf(session)! >= endedBefore) continue;
      this.#put(session.id, undefined);
      count++;
    }
    return count;
  }

  /** Erases all that is kept of a plate. A car of it that is inside goes on counting, without a name. @returns stays erased */
  forget(plate: string): number {
    const asked = new Set([keyOf({ plate, at: 0 }), keyOf({ plate, at: 0, hashed: true })]);
    const erased = new Set<string>();
    for (const session of this.state.sessions) {
      if (![session.entry, session.exit].some((sight) => sight !== undefined && asked.has(keyOf(sight)))) continue;
      if (isInside(session)) this.#adjustment++;
      this.#put(session.id, undefined);
      erased.add(session.id);
    }
    this.#visits.forget((visit) => asked.has(visit.key) || visit.touched.some(({ id }) => erased.has(id)));
    return erased.size;
  }

  /** Erases everything. */
  clear(): void {
    for (const { id } of this.state.sessions) this.#put(id, undefined);
    this.#adjustment = 0;
    this.#visits.forget(() => true);
  }

  #passAnew(sight: Sight, side: Side): Outcome {
    const touched = new Map<string, ParkingSession | undefined>();
    const adjustment = this.#adjustment;
    const outcome = side === 'in' ? this.#enter(sight, touched) : this.#leave(sight, touched);
    if (sight.visit !== undefined && outcome.kind !== 'known') {
      this.#visits.remember(sight.visit, {
        side,
        key: keyOf(sight),
        touched: [...touched].map(([id, before]) => ({
          id,
          ...(before === undefined ? {} : { before }),
          ...ifThere(this.#find(id)),
        })),
        adjustment: this.#adjustment - adjustment,
      });
    }
    return outcome;
  }

  #enter(sight: Sight, touched: Map<string, ParkingSession | undefined>): Outcome {
    const here = this.#seenAgain(sight, 'entry');
    if (here !== undefined) {
      this.#seen.set(here.session.id, sight.at);
      return { kind: 'repeat', session: here.session };
    }
    // The very plate only: a similar one may be another car, and two cars that are inside count twice.
    const same = nearestSession(sight, this.#inside.values(), entryOf, 0)?.session;
    if (same !== undefined) {
      touched.set(same.id, same);
      this.#endUnseen(same, sight.at, 'missed-exit');
    }
    const session: ParkingSession = { id: this.newId(), entry: sight };
    touched.set(session.id, undefined);
    this.#put(session.id, session);
    return { kind: 'entered', session, ...(same === undefined ? {} : { missedExit: this.#find(same.id)! }) };
  }

  #leave(sight: Sight, touched: Map<string, ParkingSession | undefined>): Outcome {
    const cameBefore = (session: ParkingSession): Sight | undefined =>
      session.entry!.at <= sight.at + CLOCK_SKEW_MS ? session.entry : undefined;
    const byArrival = this.inside.sort((a, b) => a.entry!.at - b.entry!.at);
    const found = nearestSession(sight, byArrival, cameBefore, this.rules.distance);
    const gone = this.#seenAgain(sight, 'exit');
    // A car that is still in view of the exit, rather than a similar one that is inside.
    if (gone !== undefined && gone.distance < (found?.distance ?? Infinity)) {
      this.#seen.set(gone.session.id, sight.at);
      return { kind: 'repeat', session: gone.session };
    }
    const session: ParkingSession =
      found === undefined
        ? { id: this.newId(), exit: sight }
        : {
            ...found.session,
            exit: sight,
            ...(found.distance > 0 ? { distance: found.distance } : {}),
            ...(found.ambiguous ? { ambiguous: true } : {}),
          };
    touched.set(session.id, found?.session);
    this.#put(session.id, session);
    // One of those that were inside unseen.
    if (found === undefined && this.#adjustment > 0) this.#adjustment--;
    this.#settle();
    return { kind: 'left', session };
  }

  /** The stay of a car that this side has seen a moment ago (or later: clocks differ). */
  #seenAgain(sight: Sight, side: 'entry' | 'exit'): Nearest | undefined {
    const { repeatMs, distance } = this.rules;
    const stays = side === 'entry' ? this.#inside : this.#ended;
    const recent = (session: ParkingSession): Sight | undefined => {
      const seen = session[side];
      if (seen === undefined) return undefined;
      const last = Math.max(seen.at, this.#seen.get(session.id) ?? seen.at);
      const isRecent = sight.at >= seen.at - repeatMs && sight.at <= last + repeatMs;
      return isRecent ? seen : undefined;
    };
    return nearestSession(sight, stays.values(), recent, Math.min(distance, REPEAT_DISTANCE));
  }

  #endUnseen(session: ParkingSession, at: number, why: Ending): ParkingSession {
    const ended: ParkingSession = { ...session, ended: { at, why } };
    this.#put(session.id, ended);
    // It was among those that somebody had taken off the count already.
    if (this.#adjustment < 0) this.#adjustment++;
    return ended;
  }

  #withdraw(sight: Sight, visit: Passage): Outcome {
    const session = this.#sessionOf(sight.visit!, visit.side);
    if (session === undefined || !this.#undo(visit)) return { kind: 'known' };
    this.#visits.remember(sight.visit!, { ...visit, withdrawn: true, touched: [] });
    return { kind: 'withdrawn', session };
  }

  #correct(sight: Sight, side: Side, visit: Passage): Outcome {
    const session = this.#sessionOf(sight.visit!, side);
    // What it did has been forgotten, or it was a repeat of another visit.
    if (session === undefined) return { kind: 'known' };
    const corrects = (side === 'in' ? session.entry : session.exit)!.plate;
    if (this.#undo(visit)) {
      const outcome = this.#passAnew(sight, side);
      return outcome.kind === 'entered' || outcome.kind === 'left' ? { ...outcome, corrects } : outcome;
    }
    // Something has come of it since: only the text is put right.
    const renamed: ParkingSession = { ...session, [side === 'in' ? 'entry' : 'exit']: sight };
    this.#put(session.id, renamed);
    this.#visits.remember(sight.visit!, { ...visit, key: keyOf(sight) });
    return { kind: side === 'in' ? 'entered' : 'left', session: renamed, corrects };
  }

  /** Puts back what was before; only as long as nothing else has come of it. */
  #undo(visit: Passage): boolean {
    if (visit.touched.length === 0 || visit.touched.some(({ id, after }) => this.#find(id) !== after)) return false;
    for (const { id, before } of visit.touched) this.#put(id, before);
    this.#adjustment -= visit.adjustment;
    this.#settle();
    return true;
  }

  #sessionOf(visit: string, side: Side): ParkingSession | undefined {
    const isOf = (session: ParkingSession): boolean => (side === 'in' ? session.entry : session.exit)?.visit === visit;
    for (const session of this.#inside.values()) if (isOf(session)) return session;
    for (const session of this.ended()) if (isOf(session)) return session;
    return undefined;
  }

  #find(id: string): ParkingSession | undefined {
    return this.#inside.get(id) ?? this.#ended.get(id);
  }

  #put(id: string, session: ParkingSession | undefined): void {
    const wasInside = this.#inside.has(id);
    this.#changed.set(id, session);
    if (session !== undefined && isInside(session)) {
      this.#ended.delete(id);
      this.#inside.set(id, session);
      return;
    }
    if (wasInside) this.#inside.delete(id);
    this.#ended.delete(id);
    this.#seen.delete(id);
    if (session !== undefined) this.#ended.set(id, session);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MAX_SESSIONS) break;
      this.#ended.delete(oldest);
      this.#changed.set(oldest, undefined);
    }
  }

  /** No fewer than none are inside. */
  #settle(): void {
    this.#adjustment = Math.max(this.#adjustment, -this.#inside.size);
  }
}

const entryOf = (session: ParkingSession): Sight | undefined => session.entry;

function orderOf(session: ParkingSession): number {
  return endOf(session) ?? session.entry?.at ?? 0;
}

function ifThere(after: ParkingSession | undefined): { after?: ParkingSession } {
  return after === undefined ? {} : { after };
}
