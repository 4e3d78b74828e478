import type { Box, DepartedTrack, PlateVote, Reading, ReadingQuality } from '../detection/types.js';
import { associate } from './association.js';
import { NOMINAL_FRAME_MS } from './kalman.js';
import { ReadingMemory, type Voting } from './memory.js';
import { trackerOptions, type TrackerOptions } from './options.js';
import { motionScale, Track, type Observation } from './track.js';

export type { Observation } from './track.js';

/** Readings may arrive a few frames after their track left: so many departed tracks still take them. */
const KEPT_DEPARTED = 64;
/** A clock that jumps back by more than this (ms) belongs to another recording. */
const CLOCK_JUMP_MS = 1000;

export interface UpdateResult {
  /** One per observation, in their order. */
  trackIds: number[];
  /** Tracks that will not come back; each is announced once, here or by flush(). */
  departed: DepartedTrack[];
}

/**
 * The tracks of one camera and what was read of them; its one owner is the tracker node (or whoever made it).
 *
 * Ids are positive integers, counted up from 1 per Tracker, given at first sight, never used twice.
 */
export class Tracker {
  readonly options: Readonly<TrackerOptions>;
  readonly #voting: Voting;
  readonly #tracks = new Map<number, Track>();
  readonly #departed = new Map<number, Track>();
  #nextId = 1;
  #timestamp: number | undefined;
  #size: { width: number; height: number } | undefined;
  #receivedAt: number | undefined;

  /**
   * @param options defaults for what is left out: TRACKER_DEFAULTS
   * @param voting how readings become one plate: `plateVoting` of src/reading/vote.ts
   * @throws ConfigError when an option is out of range
   */
  constructor(options: { [K in keyof TrackerOptions]?: TrackerOptions[K] | undefined }, voting: Voting) {
    this.options = trackerOptions(options);
    this.#voting = voting;
  }

  /**
   * Continues the tracks with what was found in the next frame; call it for frames without finds, too.
   *
   * Frames of another size, or from before the last one, belong to another recording: all tracks depart first.
   *
   * @param observations boxes in frame pixels
   * @param timestampMs the frame's capture time
   * @param frameSize px
   * @param receivedAtMs wall clock, for isSilent()
   * @throws TypeError when a box or the timestamp is not finite; the tracks are then as they were
   */
  update(
    observations: readonly Observation[],
    timestampMs: number,
    frameSize: { width: number; height: number },
    receivedAtMs: number = Date.now(),
  ): UpdateResult {
    checkInput(observations, timestampMs);
    this.#receivedAt = receivedAtMs;
    const departed = this.#startsAnew(timestampMs, frameSize) ? this.flush() : [];
    const elapsed = this.#timestamp === undefined ? 0 : Math.max(0, timestampMs - this.#timestamp);
    // A frame that is a little late must not turn the clock back.
    const now = this.#timestamp === undefined ? timestampMs : Math.max(timestampMs, this.#timestamp);
    this.#timestamp = now;
    this.#size = { width: frameSize.width, height: frameSize.height };

    for (const track of this.#tracks.values()) {
      if (now - track.lastSeen > this.options.keepLostMs) departed.push(this.#depart(track));
      else track.filter.predict(elapsed / NOMINAL_FRAME_MS);
    }
    const trackIds = this.#match(observations, now, departed);
    return { trackIds, departed };
  }

  /**
   * Adds what was read of a track to its vote.
   *
   * @returns the track's vote, undefined when nothing was ever read of it or nobody knows the track
   */
  addReading(trackId: number, reading: Reading, quality: ReadingQuality): PlateVote | undefined {
    const track = this.#find(trackId);
    if (track === undefined) return undefined;
    track.noteReading();
    return track.memory.add(reading, quality);
  }

  /** What all readings of the track say together; undefined when there is none. */
  vote(trackId: number): PlateVote | undefined {
    return this.#find(trackId)?.memory.vote;
  }

  /** The vote, when enough readings agree. */
  settledPlate(trackId: number): PlateVote | undefined {
    const vote = this.vote(trackId);
    return vote?.settled === true ? vote : undefined;
  }

  /**
   * Whether the track's plate should be looked for and read in the current frame: always until it is settled, then
   * again when its box is `rereadGrowth` times as large (square root of the areas) as the largest it was read at, or
   * when it was out of sight for a while and may be another vehicle.
   *
   * @param box of the kind that is tracked (a vehicle's where vehicles are tracked); left out: where it was last seen
   */
  shouldRead(trackId: number, box?: Box): { read: boolean; reason: string } {
    const track = this.#find(trackId);
    if (track === undefined) return { read: true, reason: 'unknown track' };
    const vote = track.memory.vote;
    if (vote === undefined) return { read: true, reason: 'not read yet' };
    if (!vote.settled) {
      return {
        read: true,
        reason: `${vote.agreeing} of ${vote.reads} readings agree at ${vote.confidence.toFixed(2)}`,
      };
    }
    const again = track.lookAgain(this.options.rereadGrowth, box ?? track.box);
    return again === undefined ? { read: false, reason: 'settled' } : { read: true, reason: again };
  }

  /** Lets all tracks depart: the source ended, or the camera fell silent. Ids go on counting. */
  flush(): DepartedTrack[] {
    const departed: DepartedTrack[] = [];
    for (const track of this.#tracks.values()) departed.push(this.#depart(track));
    this.#timestamp = undefined;
    this.#size = undefined;
    return departed;
  }

  /** True when tracks are open and no frame came for `silenceMs` of wall clock. */
  isSilent(nowMs: number = Date.now()): boolean {
    if (this.#tracks.size === 0 || this.#receivedAt === undefined) return false;
    return nowMs - this.#receivedAt > this.options.silenceMs;
  }

  /** For status lines: open tracks, those seen in the last frame, those settled. */
  get counts(): { tracks: number; visible: number; settled: number } {
    let visible = 0;
    let settled = 0;
    for (const track of this.#tracks.values()) {
      if (track.lastSeen === this.#timestamp) visible++;
      if (track.memory.vote?.settled === true) settled++;
    }
    return { tracks: this.#tracks.size, visible, settled };
  }

  /** @param departed gets the tracks that were missed once too often */
  #match(observations: readonly Observation[], now: number, departed: DepartedTrack[]): number[] {
    const tracks = [...this.#tracks.values()];
    const scales = observations.map(motionScale);
    const observationOf = associate(tracks, observations, scales, this.options);
    const trackIds = new Array<number>(observations.length).fill(0);
    for (let row = 0; row < tracks.length; row++) {
      const column = observationOf[row]!;
      const track = tracks[row]!;
      if (column < 0) {
        track.miss();
        if (track.isOverdue(this.options)) departed.push(this.#depart(track));
        continue;
      }
      track.see(observations[column]!, now);
      track.limitRereads(this.options.rereadGrowth);
      trackIds[column] = track.id;
    }
    for (let column = 0; column < trackIds.length; column++) {
      if (trackIds[column] === 0) trackIds[column] = this.#open(observations[column]!, now);
    }
    return trackIds;
  }

  #open(observation: Observation, now: number): number {
    const id = this.#nextId++;
    this.#tracks.set(id, new Track(id, observation, now, new ReadingMemory(this.#voting, this.options)));
    return id;
  }

  #depart(track: Track): DepartedTrack {
    this.#tracks.delete(track.id);
    this.#departed.set(track.id, track);
    if (this.#departed.size > KEPT_DEPARTED) {
      for (const oldest of this.#departed.keys()) {
        this.#departed.delete(oldest);
        break;
      }
    }
    return track.toDeparted();
  }

  #find(trackId: number): Track | undefined {
    return this.#tracks.get(trackId) ?? this.#departed.get(trackId);
  }

  #startsAnew(timestamp: number, size: { width: number; height: number }): boolean {
    if (this.#timestamp === undefined || this.#size === undefined) return false;
    const otherSize = size.width !== this.#size.width || size.height !== this.#size.height;
    return otherSize || timestamp < this.#timestamp - CLOCK_JUMP_MS;
  }
}

function checkInput(observations: readonly Observation[], timestamp: number): void {
  if (!Number.isFinite(timestamp)) {
    throw new TypeError(`Expected ms since the epoch for timestamp but received ${timestamp}`);
  }
  for (const { box } of observations) {
    if (Number.isFinite(box.x1 + box.y1 + box.x2 + box.y2)) continue;
    throw new TypeError(`Expected finite numbers for box but received ${JSON.stringify(box)}`);
  }
}
