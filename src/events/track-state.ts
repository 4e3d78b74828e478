import type { Box, Corners, DepartedTrack, Miss, MissCode, Plate, PlateVote, Vehicle } from '../detection/types.js';
import { plateKey } from './acceptance.js';
import { DirectionFinder, type DirectionRule } from './direction.js';
import type { Visit } from './recent-visits.js';
import type { BestView } from './views.js';

/** Texts tallied per track in flows whose reader has no vote. */
const MAX_TEXTS = 32;

/** What plate-out knows of one track while it is in front of the camera. */
export class TrackState {
  /** The visit that this track opened. */
  visit?: Visit;
  /** Another track's visit with the same plate: this one is the same vehicle, lost and found. */
  joined?: Visit;
  vote?: PlateVote;
  vehicle?: { label: string; box: Box; confidence: number };
  /** Last reason why its plate, or the vehicle itself, was held back. */
  held?: Miss;
  plateSeen = false;
  plateBox?: Box;
  corners?: Corners;
  region?: string;
  /** That its plate was last seen in. */
  zone?: string;
  readonly way: DirectionFinder;
  /** Of the visit that it joined, up to then. */
  wayBefore?: DirectionFinder;
  /** The sight of it that was best to read. */
  view?: BestView;
  frames = 0;
  lastSeen: number;
  /** Codes that were reported: each comes out once per track. */
  readonly reported = new Set<MissCode>();
  #countedAt = -1;
  #reads = 0;
  readonly #agreeing = new Map<string, number>();

  constructor(
    readonly trackId: number,
    readonly firstSeen: number,
    public box: Box,
    direction: DirectionRule,
  ) {
    this.lastSeen = firstSeen;
    this.way = new DirectionFinder(direction);
  }

  static fromDeparted(departed: DepartedTrack, direction: DirectionRule): TrackState {
    const state = new TrackState(departed.trackId, departed.firstSeen, departed.box, direction);
    state.lastSeen = departed.lastSeen;
    return state;
  }

  /** @param message running number of the message, so that a vehicle and its plate count as one sighting */
  see(box: Box, now: number, message: number): void {
    this.box = box;
    this.lastSeen = now;
    if (this.#countedAt === message) return;
    this.#countedAt = message;
    this.frames++;
    for (const visit of [this.visit, this.joined]) {
      if (visit === undefined) continue;
      visit.lastSeen = now;
      visit.frames++;
    }
  }

  seeVehicle(vehicle: Vehicle): void {
    const { label, box, confidence } = vehicle;
    this.vehicle = { label, box, confidence };
    if (vehicle.held !== undefined && !this.plateSeen) this.held = vehicle.held;
  }

  /** @param zone that it is in; undefined for none */
  seePlate(plate: Plate, zone: string | undefined): void {
    this.plateSeen = true;
    this.plateBox = plate.box;
    if (zone === undefined) delete this.zone;
    else this.zone = zone;
    if (plate.corners === undefined) delete this.corners;
    else this.corners = plate.corners;
    // Only where somebody has read it just now: what settled tracks carry on says nothing of the country.
    if (plate.region !== undefined) this.region = plate.region;
    else if (plate.characters !== undefined) delete this.region;
    if (plate.held !== undefined) this.held = plate.held;
  }

  /** False for a vote that is older than the one known: the tracker, far upstream, may not have heard of the last readings. */
  takeVote(vote: PlateVote): boolean {
    if (this.vote !== undefined && vote.reads < this.vote.reads) return false;
    this.vote = vote;
    return true;
  }

  /** A vote for plates that come with a reading only: this text, and how often it was read. */
  tally(plate: Plate & { text: string }): PlateVote {
    const key = plateKey(plate.text);
    const agreeing = (this.#agreeing.get(key) ?? 0) + 1;
    if (this.#agreeing.has(key) || this.#agreeing.size < MAX_TEXTS) this.#agreeing.set(key, agreeing);
    return readingAsVote(plate, ++this.#reads, agreeing);
  }
}

/** A single reading in the shape of a vote. */
export function readingAsVote(plate: Plate & { text: string }, reads: number, agreeing: number): PlateVote {
  const characters = plate.characters ?? [];
  // Whoever wrote no confidence of the whole text: as if its characters were independent of each other.
  const product = characters.reduce((all, { confidence }) => all * confidence, characters.length > 0 ? 1 : 0);
  const confidence = plate.textConfidence ?? product;
  const candidates = plate.candidates ?? [{ text: plate.text, confidence }];
  return { text: plate.text, confidence, characters, candidates, reads, agreeing, settled: false };
}

export function hasText(plate: Plate): plate is Plate & { text: string } {
  return plate.text !== undefined;
}
