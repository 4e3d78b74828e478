import { randomUUID } from 'node:crypto';
import type { Box, DepartedTrack, Miss, MissCode, Plate, PlateVote, Vehicle } from '../detection/types.js';
import { normalisePlate } from '../reading/normalise.js';
import { disagreement, doubt, duplicate, neededReads, plateKey, refusal, shortfall } from './acceptance.js';
import type { VisitRules } from './options.js';
import type { PlateEvent, PlateMiss } from './plate-event.js';
import { RecentVisits, type Visit } from './recent-visits.js';
import { hasText, readingAsVote, TrackState } from './track-state.js';
import { UntrackedReads } from './untracked-reads.js';
import type { VisitInput } from './visits.js';

/** A track whose departure nobody announced for so long (ms) is taken for gone: its tracker is. */
const STALE_MS = 120_000;
/** Tracks at once; beyond it the one opened first is taken for gone. */
const MAX_TRACKS = 1000;
/** A vote that cannot decide must not flood the flow. */
const MAX_PROVISIONAL = 3;
const MAX_CORRECTIONS = 3;

/** The visits of one camera: who is there, who was, and what was said of them. */
export class CameraVisits {
  readonly #tracks = new Map<number, TrackState>();
  readonly #recent: RecentVisits;
  readonly #untracked: UntrackedReads;
  readonly #counts: Partial<Record<MissCode, number>> = {};
  #events: PlateEvent[] = [];
  #misses: PlateMiss[] = [];
  #now = 0;
  #message = 0;

  constructor(
    readonly camera: string,
    private readonly rules: VisitRules,
  ) {
    this.#recent = new RecentVisits(rules.dedupeMs);
    this.#untracked = new UntrackedReads(rules.dedupeMs);
  }

  update(input: VisitInput): { events: PlateEvent[]; misses: PlateMiss[] } {
    this.#events = [];
    this.#misses = [];
    this.#message++;
    const { vehicles = [], plates = [], departed = [] } = input;
    this.#now = input.frame?.timestamp ?? Math.max(this.#now, ...departed.map(({ lastSeen }) => lastSeen));
    // Before anything is seen: what is stale must not be taken for what is here now.
    this.#expire();

    for (const vehicle of vehicles) this.#seeVehicle(vehicle);
    for (const plate of plates) this.#seePlate(plate, vehicles, input.tracked);
    // Settled vehicles are not looked at any more: their plate is known by the tracker only.
    for (const { trackId, plate: vote } of vehicles) {
      if (trackId !== undefined && vote !== undefined) this.#judge(this.#tracks.get(trackId)!, vote, false);
    }
    for (const track of departed) this.#depart(track);
    return { events: this.#events, misses: this.#misses };
  }

  get size(): number {
    return this.#tracks.size + this.#recent.size + this.#untracked.size;
  }

  #seeVehicle(vehicle: Vehicle): void {
    if (vehicle.trackId === undefined) {
      if (vehicle.held !== undefined) this.#miss(vehicle.held, vehicle.box);
      return;
    }
    this.#track(vehicle.trackId, vehicle.box).seeVehicle(vehicle);
  }

  #seePlate(plate: Plate, vehicles: readonly Vehicle[], trackedFlow: boolean): void {
    if (plate.trackId === undefined) {
      this.#seeUntracked(plate, vehicles[plate.vehicle ?? -1], trackedFlow);
      return;
    }
    const state = this.#track(plate.trackId, plate.box);
    state.seePlate(plate);
    if (plate.held !== undefined) this.#missOnce(state, plate.held, plate.text);
    if (plate.vote !== undefined) this.#judge(state, plate.vote, plate.held === undefined);
    else if (plate.held === undefined && hasText(plate)) this.#judge(state, state.tally(plate), true);
  }

  #seeUntracked(plate: Plate, vehicle: Vehicle | undefined, trackedFlow: boolean): void {
    if (plate.held !== undefined) this.#miss(plate.held, plate.box, undefined, plate.text);
    if (plate.held !== undefined || !hasText(plate)) return;
    const single = readingAsVote(plate, 1, 1);
    const known = this.#recent.find(plate.text, this.#now);
    const refused = refusal(plate.text, single.confidence, this.rules) ?? doubt(single.characters);
    const miss = refused ?? (known && duplicate(this.#now - known.lastSeen, this.rules.dedupeMs));
    if (known !== undefined && refused === undefined) {
      known.lastSeen = this.#now;
      known.frames++;
    }
    if (miss !== undefined) {
      this.#miss(miss, plate.box, undefined, plate.text);
      return;
    }
    const tally = this.#untracked.add(plate, this.#now);
    if (trackedFlow && tally.reads < this.rules.minReads) return;
    this.#untracked.delete(plate.text);
    const visit = newVisit(tally.firstSeen, tally.reads);
    visit.lastSeen = this.#now;
    visit.finalText = tally.vote.text;
    this.#recent.add(tally.vote.text, visit);
    const state = new TrackState(0, tally.firstSeen, tally.plate.box);
    state.seePlate(tally.plate);
    if (vehicle !== undefined) state.seeVehicle(vehicle);
    this.#emit('final', visit, state, tally.vote);
  }

  /** Says what the vote of a track is worth. @param report whether a refusal is news, or the vote merely stands */
  #judge(state: TrackState, vote: PlateVote, report: boolean): void {
    if (!state.takeVote(vote)) return;
    const refused = refusal(vote.text, vote.confidence, this.rules);
    if (refused !== undefined) {
      if (report) this.#missOnce(state, refused, vote.text);
      return;
    }
    const enough = vote.settled || shortfall(vote, this.rules) === undefined;
    const own = state.visit;
    if (own?.finalText !== undefined && plateKey(own.finalText) === plateKey(vote.text)) return;
    if (own?.finalText !== undefined && (!enough || own.corrections >= MAX_CORRECTIONS)) return;
    if (!enough && !this.rules.provisional) return;

    const other = this.#recent.find(vote.text, this.#now) ?? this.#openVisit(vote.text);
    if (other !== undefined && other !== own) {
      const miss = duplicate(this.#now - other.lastSeen, this.rules.dedupeMs);
      if (state.joined !== other) this.#missOnce(state, miss, vote.text);
      this.#join(state, other);
      if (enough && other.finalText === undefined) this.#final(state, other, vote);
      return;
    }
    if (enough) {
      this.#leaveJoined(state);
      this.#final(state, this.#visitOf(state), vote);
    } else this.#provisional(state, vote);
  }

  /** The visit that only had this text as its latest `provisional` so far: one vehicle may be two tracks from the first sight on. */
  #openVisit(text: string): Visit | undefined {
    if (this.rules.dedupeMs === 0) return undefined;
    for (const { visit } of this.#tracks.values()) {
      const isOpen = visit !== undefined && visit.finalText === undefined && !visit.left;
      if (isOpen && visit.provisionalTexts.at(-1) === plateKey(text)) return visit;
    }
    return undefined;
  }

  #final(state: TrackState, visit: Visit, vote: PlateVote): void {
    const supersedes = visit.finalText;
    if (supersedes !== undefined) visit.corrections++;
    visit.finalText = vote.text;
    this.#recent.add(vote.text, visit);
    this.#emit('final', visit, state, vote, supersedes);
  }

  #provisional(state: TrackState, vote: PlateVote): void {
    const visit = this.#visitOf(state);
    const key = plateKey(vote.text);
    if (visit.provisionalTexts.includes(key) || visit.provisionalTexts.length >= MAX_PROVISIONAL) return;
    visit.provisionalTexts.push(key);
    this.#emit('provisional', visit, state, vote);
  }

  #visitOf(state: TrackState): Visit {
    if (state.visit === undefined) {
      state.visit = newVisit(state.firstSeen, state.frames);
      state.visit.lastSeen = state.lastSeen;
      state.visit.tracks.add(state.trackId);
    }
    return state.visit;
  }

  #join(state: TrackState, visit: Visit): void {
    if (state.joined === visit) return;
    this.#leaveJoined(state);
    state.joined = visit;
    visit.tracks.add(state.trackId);
    visit.lastSeen = state.lastSeen;
  }

  /** The track turned out to be another vehicle than the one it was taken for. */
  #leaveJoined(state: TrackState): void {
    const visit = state.joined;
    if (visit === undefined) return;
    delete state.joined;
    this.#close(visit, state);
  }

  #depart(departed: DepartedTrack): void {
    const state = this.#tracks.get(departed.trackId) ?? TrackState.fromDeparted(departed);
    this.#tracks.delete(departed.trackId);
    state.lastSeen = departed.lastSeen;
    state.frames = Math.max(state.frames, departed.frames);
    if (departed.plate !== undefined) this.#judge(state, departed.plate, false);
    for (const visit of [state.visit, state.joined]) {
      if (visit === undefined) continue;
      visit.lastSeen = Math.max(visit.lastSeen, departed.lastSeen);
      visit.frames = Math.max(visit.frames, departed.frames);
    }
    this.#end(state);
  }

  #end(state: TrackState): void {
    if (state.joined === undefined && state.visit?.finalText === undefined) {
      this.#missOnce(state, this.#whyNothing(state), state.vote?.text);
    }
    this.#leaveJoined(state);
    if (state.visit !== undefined) this.#close(state.visit, state);
  }

  #whyNothing({ vote, held, plateSeen }: TrackState): Miss {
    if (vote !== undefined) {
      return (
        refusal(vote.text, vote.confidence, this.rules) ??
        shortfall(vote, this.rules) ??
        disagreement(vote.agreeing, neededReads(vote, this.rules))
      );
    }
    if (held === undefined) {
      return plateSeen ? { code: 'unread', reason: 'unread' } : { code: 'no-plate', reason: 'no plate found' };
    }
    const code = plateSeen ? 'unread' : 'no-plate';
    const reason = held.code === code ? held.reason : `${plateSeen ? 'unread' : 'no plate'}: ${held.reason}`;
    return { ...held, code, reason };
  }

  /** One track less shows the visit; with the last one it ends. */
  #close(visit: Visit, state: TrackState): void {
    visit.tracks.delete(state.trackId);
    if (visit.tracks.size > 0 || visit.left || visit.lastEvent === undefined) return;
    visit.left = true;
    const { lastEvent, firstSeen, lastSeen, frames } = visit;
    const sameText = state.vote !== undefined && plateKey(state.vote.text) === plateKey(lastEvent.plate);
    const said = sameText ? { ...numbersOf(state.vote!), plate: lastEvent.plate } : {};
    this.#events.push({ ...lastEvent, ...said, ...placeOf(state), event: 'left', firstSeen, lastSeen, frames });
    delete visit.lastEvent;
  }

  #emit(event: 'provisional' | 'final', visit: Visit, state: TrackState, vote: PlateVote, supersedes?: string): void {
    const plateEvent: PlateEvent = {
      version: 1,
      event,
      id: visit.id,
      camera: this.camera,
      plate: vote.text,
      normalised: normalisePlate(vote.text),
      ...numbersOf(vote),
      ...placeOf(state),
      firstSeen: visit.firstSeen,
      lastSeen: visit.lastSeen,
      frames: visit.frames,
    };
    visit.lastEvent = plateEvent;
    this.#events.push(supersedes === undefined ? plateEvent : { ...plateEvent, supersedes });
  }

  #missOnce(state: TrackState, miss: Miss, plate: string | undefined): void {
    if (state.reported.has(miss.code)) {
      this.#count(miss.code);
      return;
    }
    state.reported.add(miss.code);
    this.#miss(miss, state.plateBox ?? state.box, state.trackId, plate);
  }

  #miss(miss: Miss, box: Box, trackId?: number, plate?: string): void {
    this.#count(miss.code);
    const { code, reason, value, limit } = miss;
    this.#misses.push({
      camera: this.camera,
      code,
      reason,
      ...(value === undefined ? {} : { value }),
      ...(limit === undefined ? {} : { limit }),
      ...(plate === undefined || plate === '' ? {} : { plate }),
      ...(trackId === undefined ? {} : { trackId }),
      box,
      timestamp: this.#now,
      counts: { ...this.#counts },
    });
  }

  #count(code: MissCode): void {
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
  }

  #track(trackId: number, box: Box): TrackState {
    let state = this.#tracks.get(trackId);
    if (state === undefined) {
      state = new TrackState(trackId, this.#now, box);
      this.#tracks.set(trackId, state);
    }
    state.see(box, this.#now, this.#message);
    return state;
  }

  #expire(): void {
    for (const [trackId, state] of this.#tracks) {
      if (this.#now - state.lastSeen <= STALE_MS && this.#tracks.size <= MAX_TRACKS) continue;
      this.#tracks.delete(trackId);
      this.#end(state);
    }
    for (const { vote, plate } of this.#untracked.expire(this.#now)) {
      this.#miss(disagreement(vote.agreeing, neededReads(vote, this.rules)), plate.box, undefined, vote.text);
    }
    this.#recent.expire(this.#now);
  }
}

function newVisit(firstSeen: number, frames: number): Visit {
  return {
    id: randomUUID(),
    provisionalTexts: [],
    corrections: 0,
    firstSeen,
    lastSeen: firstSeen,
    frames,
    tracks: new Set(),
    left: false,
  };
}

function numbersOf({
  confidence,
  characters,
  candidates,
  reads,
  agreeing,
}: PlateVote): Omit<PlateVote, 'text' | 'settled'> {
  return { confidence, characters, candidates, reads, agreeing };
}

/** Where an event happened; the vehicle's box where no plate's is known. */
function placeOf(state: TrackState): Pick<PlateEvent, 'box' | 'corners' | 'vehicle' | 'trackId' | 'region'> {
  const { vehicle, corners, region, trackId } = state;
  return {
    box: state.plateBox ?? state.box,
    ...(corners === undefined ? {} : { corners }),
    ...(vehicle === undefined ? {} : { vehicle }),
    ...(trackId === 0 ? {} : { trackId }),
    ...(region === undefined ? {} : { region }),
  };
}
