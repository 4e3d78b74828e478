import type { Tracker } from './tracker.js';

/** Cameras that one tracker node follows at once; beyond it the one not heard of for longest is forgotten. */
const MAX_CAMERAS = 256;

const trackers = new Map<string, Tracker>();

/** Key of a camera's tracker; neither id may be mistaken for a part of the other. */
export function trackerKey(trackerId: string, cameraId: string): string {
  return JSON.stringify([trackerId, cameraId]);
}

/** Makes a tracker known to the nodes downstream of it. Whoever registers must unregister. */
export function registerTracker(key: string, tracker: Tracker): void {
  trackers.set(key, tracker);
}

export function unregisterTracker(key: string): void {
  trackers.delete(key);
}

/**
 * The tracks of one camera, for nodes that get `msg.tracker` and a frame.
 *
 * @param trackerId id of the tracker node (msg.tracker)
 */
export function findTracker(trackerId: string, cameraId: string): Tracker | undefined {
  return trackers.get(trackerKey(trackerId, cameraId));
}

/** How many trackers are known in this process; for tests of what redeploys leave behind. */
export function registeredTrackers(): number {
  return trackers.size;
}

/** One tracker per camera for one tracker node: made on first sight of the camera, gone when the node closes. */
export class TrackerSet {
  /** In order of use, least recent first. */
  readonly #cameras = new Map<string, Tracker>();

  /** @param limit cameras kept at once */
  constructor(
    readonly trackerId: string,
    private readonly create: (cameraId: string) => Tracker,
    private readonly limit: number = MAX_CAMERAS,
  ) {}

  /** The camera's tracker, made when there is none yet. */
  get(cameraId: string): Tracker {
    let tracker = this.#cameras.get(cameraId);
    if (tracker === undefined) {
      tracker = this.create(cameraId);
      registerTracker(trackerKey(this.trackerId, cameraId), tracker);
    } else {
      this.#cameras.delete(cameraId);
    }
    this.#cameras.set(cameraId, tracker);
    if (this.#cameras.size > this.limit) {
      for (const oldest of this.#cameras.keys()) {
        this.delete(oldest);
        break;
      }
    }
    return tracker;
  }

  /** The camera's tracker if it has one; does not count as use. */
  peek(cameraId: string): Tracker | undefined {
    return this.#cameras.get(cameraId);
  }

  /** Camera ids and trackers, least recently used first. */
  entries(): [string, Tracker][] {
    return [...this.#cameras];
  }

  /** Forgets one camera, tracks and readings and all. */
  delete(cameraId: string): void {
    if (this.#cameras.delete(cameraId)) unregisterTracker(trackerKey(this.trackerId, cameraId));
  }

  /** Forgets everything; the node closes. */
  close(): void {
    for (const cameraId of [...this.#cameras.keys()]) this.delete(cameraId);
  }
}
