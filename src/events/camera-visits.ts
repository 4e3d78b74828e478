import type { Box, DepartedTrack, Miss, Plate, PlateVote, Vehicle } from '../detection/types.js';
import type { FrameHeader } from '../frame/frame.js';
import { disagreement, doubt, duplicate, neededReads, plateKey, refusal, shortfall, whyNothing } from './acceptance.js';
import { eventOf, numbersOf, placeOf } from './event-parts.js';
import { MissLog } from './miss-log.js';
import type { VisitRules } from './options.js';
import type { PlateEvent } from './plate-event.js';
import { newVisit, RecentVisits, type Visit } from './recent-visits.js';
import { hasText, readingAsVote, TrackState } from './track-state.js';
import { UntrackedReads } from './untracked-reads.js';
import { betterView, ViewShelf, type BestView } from './views.js';
import type { VisitInput, VisitOutput } from './visits.js';
import { zoneOf } from '../areas/zones.js';

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
  readonly #misses: MissLog;
  readonly shelf = new ViewShelf();
  #events: PlateEvent[] = [];
  #views = new Map<PlateEvent, BestView>();
  #frame: FrameHeader | undefined;
  #now = 0;
  #message = 0;

  constructor(
    readonly camera: string,
    private readonly rules: VisitRules,
  ) {
    this.#recent = new RecentVisits(rules.dedupeMs);
    this.#untracked = new UntrackedReads(rules.dedupeMs);
    this.#misses = new MissLog(camera);
  }

  update(input: VisitInput): VisitOutput {
    this.#events = [];
    this.#views = new Map();
    this.#frame = input.frame;
    this.#message++;
    const { vehicles = [], plates = [], departed = [] } = input;
    this.#now = input.frame?.timestamp ?? Math.max(this.#now, ...departed.map(({ lastSeen }) => lastSeen));
    // Before anything is seen: what is stale must not be taken for what is here now.
    this.#expire();

    for (const vehicle of vehicles) this.#seeVehicle(vehicle);
    for (const plate of plates) this.#seePlate(plate, vehicles, input.tracked);
    // Settled vehicles are not looked at any more: their plate is known by the tracker only.
    for (const { trackId, plate: vote } of vehicles) {
      if (trackId !== undefined && vote !== undefined) this.#judge(this.#tracks.get(trackId)!, vote, { mayGrow: true });
    }
    for (const track of departed) this.#depart(track);
    const requests = this.shelf.takeRequests();
    return { events: this.#events, misses: this.#misses.take(), requests, views: this.#views };
  }

  get size(): number {
    return this.#tracks.size + this.#recent.size + this.#untracked.size;
  }

  #seeVehicle(vehicle: Vehicle): void {
    if (vehicle.trackId === undefined) {
      if (vehicle.held !== undefined) this.#miss(vehicle.held, vehicle.box);
      return;
    }
    const state = this.#track(vehicle.trackId, vehicle.box);
    state.seeVehicle(vehicle);
    if (this.#frame !== undefined) state.way.seeVehicle(vehicle.box, this.#frame);
  }

  #seePlate(plate: Plate, vehicles: readonly Vehicle[], trackedFlow: boolean): void {
    if (plate.trackId === undefined) {
      this.#seeUntracked(plate, vehicles[plate.vehicle ?? -1], trackedFlow);
      return;
    }
    const state = this.#track(plate.trackId, plate.box);
    this.#seeAt(state, plate);
    if (this.#frame !== undefined) state.way.seePlate(plate.box, this.#frame);
    this.#offerView(state, plate, vehicles[plate.vehicle ?? -1] ?? state.vehicle);
    if (plate.held !== undefined) this.#missOnce(state, plate.held, plate.text);
    const report = plate.held === undefined;
    if (plate.vote !== undefined) this.#judge(state, plate.vote, { report, mayGrow: true });
    else if (report && hasText(plate)) this.#judge(state, state.tally(plate), { report });
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
    this.#offerView(tally, plate, vehicle);
    if (trackedFlow && tally.reads < this.rules.minReads) return;
    this.#untracked.delete(plate.text);
    const state = new TrackState(0, tally.firstSeen, tally.plate.box, this.rules.direction);
    if (tally.view !== undefined) state.view = tally.view;
    this.#seeAt(state, tally.plate);
    const visit = newVisit(tally.firstSeen, tally.reads, state.way);
    visit.lastSeen = this.#now;
    visit.finalText = tally.vote.text;
    this.#recent.add(tally.vote.text, visit);
    if (vehicle !== undefined) state.seeVehicle(vehicle);
    this.#emit('final', visit, state, tally.vote);
    // Nobody will say that it left: nothing more comes of it.
    this.shelf.release(tally.view);
    delete visit.lastEvent;
    delete visit.view;
  }

  #seeAt(state: TrackState, plate: Plate): void {
    state.seePlate(plate, this.#frame && zoneOf(this.rules.zones, plate.box, this.#frame));
  }

  #offerView(owner: { view?: BestView }, plate: Plate, vehicle: { box: Box } | undefined): void {
    if (!this.rules.pictures || plate.held !== undefined || !hasText(plate) || plate.text === '') return;
    this.shelf.offer(owner, plate, vehicle?.box);
  }

  /**
   * Says what the vote of a track is worth.
   * @param report a refusal is news; else the vote merely stands
   * @param mayGrow more readings may come
   */
  #judge(state: TrackState, vote: PlateVote, { report = false, mayGrow = false }): void {
    if (!state.takeVote(vote)) return;
    const refused = refusal(vote.text, vote.confidence, this.rules);
    if (refused !== undefined) {
      if (report) this.#missOnce(state, refused, vote.text);
      return;
    }
    const enough = vote.settled || shortfall(vote, this.rules, mayGrow) === undefined;
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
      this.#leaveJoined(state, true);
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
      state.visit = newVisit(state.firstSeen, state.frames, state.way);
      state.visit.lastSeen = state.lastSeen;
      state.visit.tracks.add(state.trackId);
    }
    return state.visit;
  }

  #join(state: TrackState, visit: Visit): void {
    if (state.joined === visit) return;
    this.#leaveJoined(state, true);
    state.joined = visit;
    state.wayBefore = visit.way;
    state.way.follow(visit.way);
    visit.way = state.way;
    visit.tracks.add(state.trackId);
    visit.lastSeen = state.lastSeen;
  }

  /** @param isOther the track turned out to be another vehicle than the one it was taken for; else it is gone */
  #leaveJoined(state: TrackState, isOther: boolean): void {
    const visit = state.joined;
    if (visit === undefined) return;
    delete state.joined;
    const { way, wayBefore } = state;
    if (visit.way === way && wayBefore !== undefined && (isOther || visit.tracks.size > 1)) {
      if (!isOther) wayBefore.follow(way);
      visit.way = wayBefore;
    }
    this.#close(visit, state);
  }

  #depart(departed: DepartedTrack): void {
    const state = this.#tracks.get(departed.trackId) ?? TrackState.fromDeparted(departed, this.rules.direction);
    this.#tracks.delete(departed.trackId);
    state.lastSeen = departed.lastSeen;
    state.frames = Math.max(state.frames, departed.frames);
    if (departed.plate !== undefined) state.takeVote(departed.plate);
    for (const visit of [state.visit, state.joined]) {
      if (visit === undefined) continue;
      visit.lastSeen = Math.max(visit.lastSeen, departed.lastSeen);
      visit.frames = Math.max(visit.frames, departed.frames);
    }
    this.#end(state);
  }

  #end(state: TrackState): void {
    // No more readings will come: what did not suffice so far may now.
    if (state.vote !== undefined) this.#judge(state, state.vote, {});
    if (state.joined === undefined && state.visit?.finalText === undefined) {
      this.#missOnce(state, whyNothing(state, this.rules), state.vote?.text);
    }
    const visits = [state.joined, state.visit];
    this.#leaveJoined(state, false);
    if (state.visit !== undefined) this.#close(state.visit, state);
    this.#handOver(
      state.view,
      visits.find((visit) => visit !== undefined && visit.tracks.size > 0),
    );
  }

  /** The best view of a track that is gone goes to the visit that other tracks still show. */
  #handOver(view: BestView | undefined, heir: Visit | undefined): void {
    const better = heir && betterView(heir.view, view);
    if (better !== heir?.view) this.shelf.release(heir?.view);
    if (better !== view) this.shelf.release(view);
    if (heir !== undefined && better !== undefined) heir.view = better;
  }

  /** One track less shows the visit; with the last one it ends. */
  #close(visit: Visit, state: TrackState): void {
    visit.tracks.delete(state.trackId);
    if (visit.tracks.size > 0 || visit.left || visit.lastEvent === undefined) return;
    visit.left = true;
    const { lastEvent, firstSeen, lastSeen, frames } = visit;
    const sameText = state.vote !== undefined && plateKey(state.vote.text) === plateKey(lastEvent.plate);
    const said = sameText ? { ...numbersOf(state.vote!), plate: lastEvent.plate } : {};
    const place = placeOf(state, visit.way.direction);
    this.#tell({ ...lastEvent, ...said, ...place, event: 'left', firstSeen, lastSeen, frames }, visit, state);
    delete visit.lastEvent;
    this.shelf.release(visit.view);
    delete visit.view;
  }

  #emit(event: 'provisional' | 'final', visit: Visit, state: TrackState, vote: PlateVote, supersedes?: string): void {
    const plateEvent = eventOf(event, this.camera, visit, state, vote);
    visit.lastEvent = plateEvent;
    this.#tell(supersedes === undefined ? plateEvent : { ...plateEvent, supersedes }, visit, state);
  }

  #tell(event: PlateEvent, visit: Visit, state: TrackState): void {
    this.#events.push(event);
    const view = betterView(visit.view, state.view);
    if (view === undefined) return;
    visit.view = view;
    this.#views.set(event, view);
  }

  #missOnce(state: TrackState, miss: Miss, plate: string | undefined): void {
    if (state.reported.has(miss.code)) {
      this.#misses.count(miss.code);
      return;
    }
    state.reported.add(miss.code);
    this.#miss(miss, state.plateBox ?? state.box, state.trackId, plate);
  }

  #miss(miss: Miss, box: Box, trackId?: number, plate?: string): void {
    this.#misses.tell(miss, this.#now, box, trackId, plate);
  }

  #track(trackId: number, box: Box): TrackState {
    let state = this.#tracks.get(trackId);
    if (state === undefined) {
      state = new TrackState(trackId, this.#now, box, this.rules.direction);
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
    for (const { vote, plate, view } of this.#untracked.expire(this.#now)) {
      this.shelf.release(view);
      this.#miss(disagreement(vote.agreeing, neededReads(vote, this.rules)), plate.box, undefined, vote.text);
    }
    this.#recent.expire(this.#now);
  }
}
