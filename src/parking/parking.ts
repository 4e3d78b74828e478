import { randomUUID } from 'node:crypto';
import { CarPark, type Outcome, type ParkingRules } from './car-park.js';
import { ParkingError } from './errors.js';
import { ParkingJournal } from './journal.js';
import { PassageReader, type IgnoredCode, type SideRules } from './passages.js';
import { actionOf, correctRequest, plateRequest, staysRequest, type Action, type StaysRequest } from './requests.js';
import { endOf, isInside, keyOf, plateOf, type ParkingSession, type Side, type Sight } from './session.js';
import { csvOf, stayOf, type Stay } from './stay.js';

export interface ParkingSettings extends ParkingRules, SideRules {
  /** Where it is kept; '' for in memory. */
  file: string;
  /** Spaces; undefined: nobody says. */
  capacity: number | undefined;
  /** Stays are erased so long after their end, ms. */
  keepMs: number;
  /** A car that is inside for longer is taken as gone, ms. */
  maxStayMs: number;
}

/** How full it is. */
export interface Occupancy {
  /** Cars inside. */
  count: number;
  capacity?: number;
  /** Spaces, never negative. */
  free?: number;
}

/** What the first output tells. */
export interface PassageNews extends Stay, Occupancy {
  /** `withdrawn`: the car turned back in view of the camera; what was told of it does not count. */
  event: 'entered' | 'left' | 'withdrawn';
  /** The visit's text was read better: what had been told before. */
  corrects?: string;
  /** Its earlier stay, of which nobody saw the end. */
  missedExit?: Stay;
}

/** What the second output tells: a plate that does not count. */
export interface Ignored {
  code: IgnoredCode;
  reason: string;
  plate: string;
  camera?: string;
  at: number;
}

export interface Reply extends Occupancy {
  action: Action;
  /** Cars that are inside unseen (positive), stays of cars that left unseen (negative). */
  adjustment: number;
  stays?: Stay[];
  csv?: string;
  erased?: number;
}

export type News = { passage: PassageNews } | { ignored: Ignored } | undefined;

/** A car park with its file: what the node parking does. Calls must not overlap. */
export class Parking {
  readonly #park: CarPark;
  readonly #reader: PassageReader;
  readonly #journal: ParkingJournal | undefined;

  constructor(
    private readonly settings: ParkingSettings,
    private readonly now: () => number = Date.now,
  ) {
    this.#park = new CarPark(settings, () => randomUUID().slice(0, 13));
    this.#reader = new PassageReader(settings, now);
    this.#journal = settings.file === '' ? undefined : new ParkingJournal(settings.file);
  }

  /**
   * Reads the file.
   * @returns lines that could not be read
   * @throws ParkingError (ALPR_PARKING_FILE)
   */
  async start(): Promise<number> {
    if (this.#journal === undefined) return 0;
    const { badLines, ...state } = await this.#journal.load();
    this.#park.load(state);
    return badLines;
  }

  get occupancy(): Occupancy {
    const { capacity } = this.settings;
    const { count } = this.#park;
    return { count, ...(capacity === undefined ? {} : { capacity, free: Math.max(0, capacity - count) }) };
  }

  /** A message with a plate. @throws ListError or ParkingError (ALPR_PLATE) when it holds none */
  take(msg: Readonly<Record<string, unknown>>): News {
    const reading = this.#reader.read(msg, (visit) => this.#park.knows(visit));
    if (reading.kind === 'wait') return undefined;
    if (reading.kind === 'ignored') return { ignored: ignoredOf(reading.sight, reading.code, reading.reason) };
    return this.#pass(reading.sight, reading.side);
  }

  /**
   * Does what a control message asks for.
   * @returns the answer, and the passage where somebody lets a car in or out by hand
   */
  act(text: string, payload: unknown): { reply: Reply; news: News } {
    const action = actionOf(text);
    const { news, ...more } = this.#run(action, payload);
    return { reply: { action, ...this.occupancy, adjustment: this.#park.adjustment, ...more }, news };
  }

  /** Erases what has been kept long enough. @returns whether anything changed */
  expire(): boolean {
    const now = this.now();
    const { keepMs, maxStayMs } = this.settings;
    return this.#park.expire(now, now - keepMs, now - maxStayMs) > 0;
  }

  /** Writes down what has changed. @throws ParkingError (ALPR_PARKING_FILE) when that fails */
  async keep(): Promise<void> {
    const change = this.#park.takeChange();
    await this.#journal?.append(change, () => this.#park.state);
  }

  #pass(sight: Sight, side: Side): News {
    const outcome = this.#park.pass(sight, side);
    if (outcome.kind === 'known') return undefined;
    if (outcome.kind === 'repeat') return { ignored: ignoredOf(sight, 'repeat', 'seen a moment ago') };
    return { passage: this.#newsOf(outcome) };
  }

  #newsOf(outcome: Extract<Outcome, { session: ParkingSession }>): PassageNews {
    const stay = this.#stay(outcome.session);
    const { corrects, missedExit } = outcome as { corrects?: string; missedExit?: ParkingSession };
    return {
      event: outcome.kind as PassageNews['event'],
      ...stay,
      ...this.occupancy,
      ...(corrects === undefined ? {} : { corrects }),
      ...(missedExit === undefined ? {} : { missedExit: this.#stay(missedExit) }),
    };
  }

  #run(action: Action, payload: unknown): Partial<Reply> & { news?: News } {
    if (action === 'status') return { stays: this.#stays({ inside: true, limit: Infinity }) };
    if (action === 'stays') return { stays: this.#stays(staysRequest(payload, 50)) };
    if (action === 'export') {
      const request = staysRequest(payload, Infinity);
      return { csv: csvOf(this.#stays(request), request.separator) };
    }
    if (action === 'clear') {
      const erased = this.#park.state.sessions.length;
      this.#park.clear();
      return { erased };
    }
    if (action === 'forget') return { erased: this.#park.forget(plateRequest(payload).plate) };
    if (action === 'remove') return { stays: [this.#stay(this.#remove(payload))] };
    if (action === 'correct') {
      const request = correctRequest(payload);
      this.#park.correct('count' in request ? request.count : this.#park.count + request.change);
      return {};
    }
    return this.#byHand(action, payload);
  }

  #byHand(action: 'enter' | 'leave', payload: unknown): Partial<Reply> & { news?: News } {
    const { plate, at, camera } = plateRequest(payload);
    const sight: Sight = { plate, at: at ?? this.now(), ...(camera === undefined ? {} : { camera }), manual: true };
    const outcome = this.#park.pass(sight, action === 'enter' ? 'in' : 'out');
    if (outcome.kind === 'known') return {};
    return {
      stays: [this.#stay(outcome.session)],
      ...(outcome.kind === 'repeat' ? {} : { news: { passage: this.#newsOf(outcome) } }),
    };
  }

  #remove(payload: unknown): ParkingSession {
    const { id, plate } = plateRequest(payload);
    const key = keyOf({ plate, at: 0 });
    const found = this.#park.inside.find((session) =>
      id === undefined ? keyOf(session.entry!) === key : session.id === id,
    );
    const removed = found === undefined ? undefined : this.#park.remove(found.id, this.now());
    if (removed !== undefined) return removed;
    throw new ParkingError('ALPR_PARKING_ACTION', 'Expected a car that is inside but received another one');
  }

  /** Newest first: those that are inside, then by their end. */
  #stays({ plate, from, to, inside, limit }: StaysRequest): Stay[] {
    const newestFirst = this.#park.inside.sort((a, b) => b.entry!.at - a.entry!.at);
    const stays: Stay[] = [];
    for (const session of [...newestFirst, ...this.#park.ended()]) {
      if (stays.length >= limit) break;
      if (inside !== undefined && isInside(session) !== inside) continue;
      if (plate !== undefined && !keyOf({ plate: plateOf(session), at: 0 }).includes(plate)) continue;
      const end = endOf(session) ?? Infinity;
      const begin = session.entry?.at ?? end;
      if ((from !== undefined && end < from) || (to !== undefined && begin >= to)) continue;
      stays.push(this.#stay(session));
    }
    return stays;
  }

  #stay(session: ParkingSession): Stay {
    return stayOf(session, this.now());
  }
}

function ignoredOf(sight: Sight, code: IgnoredCode, reason: string): Ignored {
  const { plate, camera, at } = sight;
  return { code, reason, plate, ...(camera === undefined ? {} : { camera }), at };
}
