import type { Plate, Vehicle } from '../detection/types.js';
import { Concealment, type ConcealmentOptions, type Hidden } from './concealment.js';
import { LastPlates, type ReadPlate, type Strip } from './last-plates.js';
import { textOfPlate, textOfVote, type KnownText } from './readings.js';
import { Trails } from './trails.js';

export interface MemoryOptions {
  trails: boolean;
  lastPlates: boolean;
  /** Left out: nothing is hidden. */
  conceal?: ConcealmentOptions | undefined;
}

/** One frame and what was found in it. */
export interface Sight {
  cameraId: string;
  /** ms since the epoch. */
  timestamp: number;
  width: number;
  height: number;
  vehicles: readonly Vehicle[];
  plates: readonly Plate[];
  departed?: readonly { trackId: number }[] | undefined;
  /** Id of the tracker that numbered the tracks. */
  tracker?: string | undefined;
}

/** What is known beyond the frame itself. */
export interface Recollection {
  trails: Trails | undefined;
  hidden: Hidden | undefined;
  strip: Strip | undefined;
  /** Frames per second of late; undefined until there are two. */
  rate: number | undefined;
}

const MOST_CAMERAS = 32;
/** The clock of a camera may go back so far, ms, before it counts as another recording. */
const REWIND_MS = 2000;
const RATE_MS = 3000;

interface Camera {
  trails: Trails;
  lastPlates: LastPlates;
  concealment: Concealment | undefined;
  tracker: string | undefined;
  timestamp: number;
  /** When frames came, ms. */
  arrivals: number[];
}

/** What an overlay remembers of its cameras from frame to frame, all of it in memory and bounded. */
export class OverlayMemory {
  /** In order of use, least recent first. */
  readonly #cameras = new Map<string, Camera>();

  constructor(
    private readonly options: MemoryOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes in a frame; frames of a camera come in their order. */
  see(sight: Sight): Recollection {
    const camera = this.#camera(sight.cameraId);
    const isRewound = sight.timestamp < camera.timestamp - REWIND_MS;
    if (isRewound || sight.tracker !== camera.tracker) {
      camera.trails.clear();
      camera.concealment?.clear();
    }
    camera.tracker = sight.tracker;
    camera.timestamp = sight.timestamp;
    const { trails, lastPlates } = this.options;
    const recollection: Recollection = {
      trails: trails ? camera.trails : undefined,
      hidden: camera.concealment?.conceal(sight, sight.vehicles, sight.plates),
      strip: undefined,
      rate: rateOf(camera.arrivals, this.now()),
    };
    if (trails) seeTracks(camera.trails, sight);
    if (lastPlates) recollection.strip = seePlates(camera.lastPlates, sight, recollection.hidden);
    for (const { trackId } of sight.departed ?? []) this.#depart(camera, trackId);
    return recollection;
  }

  /** Tracks of a camera that left, told without a frame. */
  depart(cameraId: string, departed: readonly { trackId: number }[]): void {
    const camera = this.#cameras.get(cameraId);
    if (camera !== undefined) for (const { trackId } of departed) this.#depart(camera, trackId);
  }

  /** The source of a camera has ended: nobody is on his way any more. */
  end(cameraId: string): void {
    const camera = this.#cameras.get(cameraId);
    camera?.trails.clear();
    camera?.concealment?.clear();
  }

  /** Forgets one camera, or all of them. */
  forget(cameraId?: string): void {
    if (cameraId === undefined) this.#cameras.clear();
    else this.#cameras.delete(cameraId);
  }

  /** Cameras that are remembered. */
  get size(): number {
    return this.#cameras.size;
  }

  #camera(cameraId: string): Camera {
    const { conceal } = this.options;
    const camera = this.#cameras.get(cameraId) ?? {
      trails: new Trails(),
      lastPlates: new LastPlates(),
      concealment: conceal === undefined ? undefined : new Concealment(conceal),
      tracker: undefined,
      timestamp: -Infinity,
      arrivals: [],
    };
    this.#cameras.delete(cameraId);
    this.#cameras.set(cameraId, camera);
    if (this.#cameras.size > MOST_CAMERAS) this.#cameras.delete(this.#cameras.keys().next().value!);
    return camera;
  }

  #depart(camera: Camera, trackId: number): void {
    camera.trails.forget(trackId);
    camera.concealment?.forget(trackId);
  }
}

/** The way of a vehicle is where it stands on the ground, that of a plate its middle. */
function seeTracks(trails: Trails, { vehicles, plates, width, height, timestamp }: Sight): void {
  for (const { trackId, box } of vehicles) {
    if (trackId === undefined) continue;
    trails.see(trackId, { x: (box.x1 + box.x2) / 2 / width, y: box.y2 / height }, timestamp);
  }
  for (const { trackId, box, vehicle } of plates) {
    if (trackId === undefined || vehicle !== undefined) continue;
    trails.see(trackId, { x: (box.x1 + box.x2) / 2 / width, y: (box.y1 + box.y2) / 2 / height }, timestamp);
  }
}

function seePlates(
  lastPlates: LastPlates,
  { vehicles, plates, width, height }: Sight,
  hidden: Hidden | undefined,
): Strip {
  const reads: ReadPlate[] = [];
  for (const plate of plates) {
    const known = textOfPlate(plate);
    const track = plate.trackId ?? (plate.vehicle === undefined ? undefined : vehicles[plate.vehicle]?.trackId);
    if (known !== undefined && hidden?.plates.has(plate) !== true) reads.push({ plate, track, ...known });
  }
  const later = new Map<number, KnownText>();
  for (const vehicle of vehicles) {
    const known = textOfVote(vehicle.plate);
    if (vehicle.trackId === undefined || known === undefined || hidden?.vehicles.has(vehicle) === true) continue;
    later.set(vehicle.trackId, known);
  }
  return lastPlates.see({ width, height }, reads, later);
}

function rateOf(arrivals: number[], now: number): number | undefined {
  arrivals.push(now);
  const fresh = arrivals.findIndex((at) => at >= now - RATE_MS);
  if (fresh > 0) arrivals.splice(0, fresh);
  const [first] = arrivals;
  return first === undefined || now <= first ? undefined : ((arrivals.length - 1) * 1000) / (now - first);
}
