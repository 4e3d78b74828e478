import { area } from '../detection/boxes.js';
import type { Box, DepartedTrack } from '../detection/types.js';
import { BoxFilter } from './kalman.js';
import type { ReadingMemory } from './memory.js';

/** One vehicle or plate that a detector found in one frame. */
export interface Observation {
  box: Box;
  label: string;
  /** 0..1. */
  confidence: number;
}

/** For how many frames in a row a track may be missed; what is left out does not count. */
export interface FrameLimits {
  keepTrackedFrames?: number | undefined;
  keepNewFrames?: number | undefined;
  keepLostFrames?: number | undefined;
}

/** Label that observations of plates must carry, in flows that track plates instead of vehicles. */
export const PLATE_LABEL = 'plate';

/**
 * Frames for which a settled track that deserves another look gets one. A plate that could not be read again by then
 * (car parked askew, blurred) is not looked for in every frame to come.
 */
const FRAMES_TO_REREAD = 15;
/** A track unseen for so many frames and ms comes back as `found again`: it might be another vehicle. */
const FOUND_AGAIN_FRAMES = 3;
const FOUND_AGAIN_MS = 500;

/**
 * What motion is measured by, px. Speed in vehicle heights per second has one order of magnitude for all vehicles; a plate is
 * far smaller than the vehicle that moves it, whose height is about two and a half plate widths.
 */
export function motionScale({ box, label }: Observation): number {
  return Math.max(1, label === PLATE_LABEL ? 2.5 * (box.x2 - box.x1) : box.y2 - box.y1);
}

/** One identity: where it is, what it was called, what was read of it. */
export class Track {
  readonly filter: BoxFilter;
  box: Box;
  lastSeen: number;
  frames = 1;
  readonly #labels = new Map<string, number>();
  #readArea = 0;
  #foundAgain = false;
  #rereadFrames = 0;
  #missed = 0;

  constructor(
    readonly id: number,
    observation: Observation,
    readonly firstSeen: number,
    readonly memory: ReadingMemory,
  ) {
    this.filter = new BoxFilter(observation.box, motionScale(observation));
    this.box = { ...observation.box };
    this.lastSeen = firstSeen;
    this.#countLabel(observation);
  }

  /** The label with the most confidence behind it so far: detectors waver between car and truck. */
  get label(): string {
    let best = '';
    let most = -1;
    for (const [label, sum] of this.#labels) {
      if (sum > most) {
        most = sum;
        best = label;
      }
    }
    return best;
  }

  see(observation: Observation, timestamp: number): void {
    this.filter.correct(observation.box, motionScale(observation));
    if (this.#missed >= FOUND_AGAIN_FRAMES && timestamp - this.lastSeen > FOUND_AGAIN_MS) this.#foundAgain = true;
    this.#missed = 0;
    this.box = { ...observation.box };
    this.lastSeen = timestamp;
    this.frames++;
    this.#countLabel(observation);
  }

  miss(): void {
    this.#missed++;
  }

  /**
   * Whether it has been missed for so many frames that it leaves. As in TAPPAS one seen once leaves with its last frame of
   * grace; others are lost then and have one more frame, or up to `keepLostFrames`.
   */
  isOverdue({ keepTrackedFrames, keepNewFrames, keepLostFrames }: FrameLimits): boolean {
    if (this.frames === 1 && keepNewFrames !== undefined) return this.#missed >= keepNewFrames;
    if (keepTrackedFrames === undefined) return false;
    return this.#missed >= Math.max(keepTrackedFrames + 1, keepLostFrames ?? 0);
  }

  /** Called once per frame in which the track was seen, with the growth that calls for another look. */
  limitRereads(rereadGrowth: number): void {
    if (this.memory.vote?.settled !== true || this.lookAgain(rereadGrowth, this.box) === undefined) return;
    if (++this.#rereadFrames > FRAMES_TO_REREAD) this.#noteLook();
  }

  /** Something was read of it, at the size it has now. */
  noteReading(): void {
    this.#noteLook();
  }

  /** Why a settled track should be read again; undefined when nothing speaks for it. */
  lookAgain(rereadGrowth: number, box: Box): string | undefined {
    if (this.#foundAgain) return 'found again';
    const growth = Math.sqrt(area(box) / Math.max(this.#readArea, 1e-6));
    return growth >= rereadGrowth ? `${growth.toFixed(1)} times as large as when read` : undefined;
  }

  toDeparted(): DepartedTrack {
    const { id: trackId, label, box, firstSeen, lastSeen, frames } = this;
    const plate = this.memory.vote;
    return { trackId, label, box, firstSeen, lastSeen, frames, ...(plate === undefined ? {} : { plate }) };
  }

  #noteLook(): void {
    this.#readArea = Math.max(this.#readArea, area(this.box));
    this.#foundAgain = false;
    this.#rereadFrames = 0;
  }

  #countLabel({ label, confidence }: Observation): void {
    const weight = Number.isFinite(confidence) ? confidence : 0;
    if (this.#labels.has(label) || this.#labels.size < 16) {
      this.#labels.set(label, (this.#labels.get(label) ?? 0) + weight);
    }
  }
}
