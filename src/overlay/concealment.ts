import { iou } from '../detection/boxes.js';
import type { Box, Plate, Vehicle } from '../detection/types.js';
import type { HiddenRegion } from './drawing.js';
import { boundsOf, platePoints } from './shape.js';

export interface ConcealmentOptions {
  /** `strangers`: all but those whose plate may be read. */
  who: 'strangers' | 'all';
  /** Also the upper part of their vehicles, where people sit behind glass. */
  windscreens: boolean;
  /** Whether a plate may be read by everybody. While this is not known of a vehicle, it is a stranger. */
  isReadable(text: string): boolean;
}

/** What must not be seen in one frame: neither its pixels nor its text. */
export interface Hidden {
  regions: HiddenRegion[];
  plates: ReadonlySet<Plate>;
  vehicles: ReadonlySet<Vehicle>;
}

export interface SeenFrame {
  timestamp: number;
  width: number;
  height: number;
}

/** Where a track's plate was seen last. */
interface Place {
  plate: Box;
  vehicle: Box;
  isCut: boolean;
  at: number;
}

/** Around a plate that was found, share of its size on every side; detectors cut off characters now and then. */
export const PLATE_MARGIN = 0.25;
/** A plate that the detector loses stays hidden where it was for so long, ms, with more around it. */
const LOST_MS = 700;
const LOST_MARGIN = 0.6;
/** A plate is taken to be where it was on its vehicle for so long, ms; after that it may be anywhere on it. */
const PLACE_MS = 3000;
/** Around it then: share of its own size, and of the vehicle's at once and per second, for boxes that tremble and turn. */
const PLACE_MARGIN = 0.5;
const VEHICLE_MARGIN = 0.05;
const VEHICLE_MARGIN_PER_SECOND = 0.08;
/** A box whose sides are within half a plate's height of where they were has not moved. */
const SAME_PLACE = 0.5;
/** Of the frame: a vehicle so near to its edge goes on behind it, and what is where on it changes as it comes in. */
const EDGE = 0.01;
/** Where plates are when nobody has found one, share of the vehicle's height from its top. */
const PLATES_FROM = 0.35;
const WINDSCREENS_TO = 0.55;
/** Nobody can read the plate of a vehicle that is narrower, pixels of the frame: it is a third as wide at most. */
const LEAST_WIDTH = 64;
/** Sit and stand in the open, and have no windscreen. */
const OPEN = /^(motorcycle|motorbike|bicycle|person|rider)$/i;
const PLATELESS = /^(bicycle|person)$/i;
const MOST_PLACES = 500;
const MOST_LOST = 100;

/**
 * Finds out what of one camera's frames must not be seen. Fails closed: whoever is not known is a stranger, and where a stranger's
 * plate was not found in a frame, the part of the vehicle where it must be is hidden.
 */
export class Concealment {
  /** By track; those seen last are at the end. */
  readonly #places = new Map<number, Place>();
  /** Plates that were hidden lately. */
  #seen: { box: Box; at: number }[] = [];

  constructor(private readonly options: ConcealmentOptions) {}

  /** @param frame its size in pixels and its time, ms since the epoch */
  conceal(frame: SeenFrame, vehicles: readonly Vehicle[], plates: readonly Plate[]): Hidden {
    const at = frame.timestamp;
    const hiddenPlates = new Set(plates.filter((plate) => !this.#isKnownPlate(plate, vehicles)));
    const hiddenVehicles = new Set(
      vehicles.filter((vehicle) => !this.#isKnownVehicle(vehicle, vehicles, plates, hiddenPlates)),
    );
    const regions: HiddenRegion[] = [];
    for (const plate of hiddenPlates) regions.push({ box: extentOf(plate), margin: PLATE_MARGIN });
    for (const box of this.#lost(plates, hiddenPlates, at)) regions.push({ box, margin: LOST_MARGIN });
    for (const [index, vehicle] of vehicles.entries()) {
      const own = plates.filter((plate) => plate.vehicle === index);
      if (vehicle.trackId !== undefined && own[0] !== undefined)
        this.#remember(vehicle.trackId, own[0], vehicle, frame);
      if (!hiddenVehicles.has(vehicle)) continue;
      if (own.length === 0) regions.push(...this.#plateOf(vehicle, frame));
      if (this.options.windscreens) regions.push({ box: upperPart(vehicle) });
    }
    return { regions, plates: hiddenPlates, vehicles: hiddenVehicles };
  }

  forget(trackId: number): void {
    this.#places.delete(trackId);
  }

  clear(): void {
    this.#places.clear();
    this.#seen = [];
  }

  /** By its track's settled text, or where nothing is tracked by what was read; both must do where both are there. */
  #isKnownPlate(plate: Plate, vehicles: readonly Vehicle[]): boolean {
    const { options } = this;
    if (options.who === 'all' || plate.held !== undefined) return false;
    const owner = plate.vehicle === undefined ? undefined : vehicles[plate.vehicle];
    const isTracked = plate.trackId !== undefined || plate.vote !== undefined || owner?.trackId !== undefined;
    if (isTracked && plate.vote?.settled !== true) return false;
    const texts = [plate.vote?.text, plate.text].filter((text) => text !== undefined);
    return texts.length > 0 && texts.every((text) => text !== '' && options.isReadable(text));
  }

  #isKnownVehicle(
    vehicle: Vehicle,
    vehicles: readonly Vehicle[],
    plates: readonly Plate[],
    hidden: ReadonlySet<Plate>,
  ): boolean {
    if (this.options.who === 'all') return false;
    if (vehicle.plate?.settled === true) return this.options.isReadable(vehicle.plate.text);
    const own = plates.filter((plate) => plate.vehicle !== undefined && vehicles[plate.vehicle] === vehicle);
    return own.length > 0 && own.every((plate) => !hidden.has(plate));
  }

  /** Where plates were hidden a moment ago and nothing is found now. */
  #lost(plates: readonly Plate[], hidden: ReadonlySet<Plate>, at: number): Box[] {
    const found = plates.map(extentOf);
    const lost = this.#seen.filter(
      ({ box, at: since }) => Math.abs(at - since) <= LOST_MS && !found.some((now) => iou(now, box) > 0),
    );
    this.#seen = [...lost, ...[...hidden].map((plate) => ({ box: extentOf(plate), at }))].slice(-MOST_LOST);
    return lost.map(({ box }) => box);
  }

  #remember(trackId: number, plate: Plate, { box }: Vehicle, frame: SeenFrame): void {
    this.#places.delete(trackId);
    const place = { plate: extentOf(plate), vehicle: box, isCut: isCutOff(box, frame), at: frame.timestamp };
    this.#places.set(trackId, place);
    if (this.#places.size > MOST_PLACES) this.#places.delete(this.#places.keys().next().value!);
  }

  /** Where the plate of a vehicle must be on which none was found in this frame. */
  #plateOf(vehicle: Vehicle, frame: SeenFrame): HiddenRegion[] {
    const { box, trackId } = vehicle;
    if (box.x2 - box.x1 < LEAST_WIDTH || PLATELESS.test(vehicle.label)) return [];
    const place = trackId === undefined ? undefined : this.#places.get(trackId);
    if (place !== undefined && hasNotMoved(place, box)) return [{ box: widened(place, box, 0) }];
    const age = place === undefined ? Infinity : Math.abs(frame.timestamp - place.at);
    if (place !== undefined && age <= PLACE_MS && !place.isCut && !isCutOff(box, frame)) {
      return [{ box: widened(place, box, age / 1000) }];
    }
    return [{ box: { ...box, y1: box.y1 + (box.y2 - box.y1) * PLATES_FROM } }];
  }
}

function isCutOff({ x1, y1, x2, y2 }: Box, { width, height }: SeenFrame): boolean {
  const [x, y] = [width * EDGE, height * EDGE];
  return x1 < x || y1 < y || x2 > width - x || y2 > height - y;
}

function hasNotMoved({ plate, vehicle }: Place, now: Box): boolean {
  const limit = (plate.y2 - plate.y1) * SAME_PLACE;
  return (['x1', 'y1', 'x2', 'y2'] as const).every((side) => Math.abs(vehicle[side] - now[side]) <= limit);
}

/** The plate's place on its vehicle as it is now, with what it may have moved there in so many seconds. */
function widened(place: Place, now: Box, seconds: number): Box {
  const { x1, y1, x2, y2 } = moved(place, now);
  const share = VEHICLE_MARGIN + VEHICLE_MARGIN_PER_SECOND * seconds;
  const x = (x2 - x1) * PLACE_MARGIN + (now.x2 - now.x1) * share;
  const y = (y2 - y1) * PLACE_MARGIN + (now.y2 - now.y1) * share;
  return { x1: x1 - x, y1: y1 - y, x2: x2 + x, y2: y2 + y };
}

/** The plate's place on its vehicle, on the vehicle as it is now. */
function moved({ plate, vehicle }: Place, now: Box): Box {
  const scaleX = (now.x2 - now.x1) / Math.max(1e-6, vehicle.x2 - vehicle.x1);
  const scaleY = (now.y2 - now.y1) / Math.max(1e-6, vehicle.y2 - vehicle.y1);
  return {
    x1: now.x1 + (plate.x1 - vehicle.x1) * scaleX,
    y1: now.y1 + (plate.y1 - vehicle.y1) * scaleY,
    x2: now.x1 + (plate.x2 - vehicle.x1) * scaleX,
    y2: now.y1 + (plate.y2 - vehicle.y1) * scaleY,
  };
}

function upperPart({ box, label }: Vehicle): Box {
  return OPEN.test(label) ? box : { ...box, y2: box.y1 + (box.y2 - box.y1) * WINDSCREENS_TO };
}

/** All that box and corners say together. */
function extentOf(plate: Plate): Box {
  const bounds = boundsOf(platePoints(plate));
  const { box } = plate;
  return {
    x1: Math.min(bounds.x1, box.x1),
    y1: Math.min(bounds.y1, box.y1),
    x2: Math.max(bounds.x2, box.x2),
    y2: Math.max(bounds.y2, box.y2),
  };
}
