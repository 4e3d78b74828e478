import type { DepartedTrack, Plate, Vehicle } from '../detection/types.js';
import type { FrameHeader } from '../frame/frame.js';
import { CameraVisits } from './camera-visits.js';
import { visitRules, type VisitOptions, type VisitRules } from './options.js';
import type { PlateEvent, PlateMiss } from './plate-event.js';
import type { BestView, PictureRequest } from './views.js';

/** Cameras remembered at once; beyond it the one not heard of for longest is forgotten. */
const MAX_CAMERAS = 256;

/** What one message says about one camera. */
export interface VisitInput {
  cameraId: string;
  /** Left out in control messages (the camera fell silent, the source ended). */
  frame?: FrameHeader | undefined;
  vehicles?: Vehicle[] | undefined;
  plates?: Plate[] | undefined;
  departed?: DepartedTrack[] | undefined;
  /** The flow has a tracker (msg.tracker is there): plates without a track need agreeing readings before they count. */
  tracked: boolean;
}

/** What comes of a message. */
export interface VisitOutput {
  events: PlateEvent[];
  misses: PlateMiss[];
  /** Pictures that are to be made of this frame before the events go out (pictures.ts); empty unless they were asked for. */
  requests: PictureRequest[];
  /** Where the pictures of an event are, once the requests are done. */
  views: ReadonlyMap<PlateEvent, BestView>;
}

/** Turns what the flow knows frame by frame into the few events of each visit, and says why where there are none. */
export class VisitBook {
  readonly #rules: VisitRules;
  /** In order of use, least recent first. */
  readonly #cameras = new Map<string, CameraVisits>();

  /** @throws ConfigError when an option is out of range or the format no regular expression */
  constructor(options: { [K in keyof VisitOptions]?: VisitOptions[K] | undefined } = {}) {
    this.#rules = visitRules(options);
  }

  /**
   * Takes in one message; messages of one camera come in the order of their frames.
   *
   * Misses of a tracked vehicle come out when they first happen and when their code changes, but all are counted.
   */
  update(input: VisitInput): VisitOutput {
    const camera = this.#camera(input.cameraId);
    return camera.update(input);
  }

  /** Forgets one camera, or all. */
  reset(cameraId?: string): void {
    if (cameraId === undefined) this.#cameras.clear();
    else this.#cameras.delete(cameraId);
  }

  /** How many tracks, visits and waiting readings are kept, over all cameras. */
  get size(): number {
    let size = 0;
    for (const camera of this.#cameras.values()) size += camera.size;
    return size;
  }

  /** The views whose pictures are kept, over all cameras, and their bytes. */
  get pictures(): { size: number; bytes: number } {
    let [size, bytes] = [0, 0];
    for (const { shelf } of this.#cameras.values()) {
      size += shelf.size;
      bytes += shelf.bytes;
    }
    return { size, bytes };
  }

  #camera(cameraId: string): CameraVisits {
    const camera = this.#cameras.get(cameraId) ?? new CameraVisits(cameraId, this.#rules);
    this.#cameras.delete(cameraId);
    this.#cameras.set(cameraId, camera);
    if (this.#cameras.size > MAX_CAMERAS) {
      for (const oldest of this.#cameras.keys()) {
        this.#cameras.delete(oldest);
        break;
      }
    }
    return camera;
  }
}
