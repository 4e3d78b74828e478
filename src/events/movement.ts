import type { Box } from '../detection/types.js';
import type { FrameSize } from '../areas/shares.js';

/** How something moves in front of the camera. */
export type Course = 'closer' | 'away' | 'left' | 'right';

/** A place on the ground in vehicle heights: to the side of the camera's axis, and how far away. */
interface Place {
  side: number;
  /** Height of the vehicle ÷ height of the frame. */
  size: number;
}

/**
 * Focal length in frame heights, which turns size into distance. Real ones are 1 (wide) to 8 (tele); with 3, courses up to
 * about 20° off the camera's axis are still told right at either end.
 */
const FOCAL_LENGTH = 3;
/** Vehicle heights (about 1.5 m each) that it must have moved. */
const LEAST_WAY = 1.5;
/** Boxes tremble by a tenth; what is far away would seem to move by many heights. */
const LEAST_GROWTH = Math.log(1.25);
/** A vehicle is about as high as two and a half plates are wide (tracking/track.ts). */
const PLATE_WIDTHS = 2.5;
/** Share of the frame: a box that ends here goes on outside, so that its size says nothing. */
const EDGE = 0.005;
/** Sightings in a row that must say the same, for a first course and for another one. */
const CONFIRM_FIRST = 2;
const CONFIRM_CHANGE = 3;

/**
 * The course of one vehicle or plate by how its box moves and grows. Its height gives the distance, so that a car that comes
 * straight on at the side of the road counts as coming closer, although it moves sideways in the picture.
 */
export class Movement {
  #course: Course | undefined;
  /** The first two places: both must agree, so that one bad box at the start cannot mislead. */
  readonly #starts: Place[] = [];
  readonly #latest: Place[] = [];
  /** How far it got on its course. */
  #furthest: Place | undefined;
  #candidate: Course | undefined;
  #confirmed = 0;

  /** Undefined while unclear. */
  get course(): Course | undefined {
    return this.#course;
  }

  see(box: Box, frame: FrameSize, what: 'vehicle' | 'plate'): void {
    const place = placeOf(box, frame, what);
    if (place === undefined) return;
    this.#latest.push(place);
    if (this.#latest.length > 3) this.#latest.shift();
    if (this.#course === undefined) this.#look(place);
    else this.#follow(this.#course);
  }

  #look(now: Place): void {
    if (this.#starts.length < 2) {
      this.#starts.push(now);
      return;
    }
    const [one, other] = this.#starts as [Place, Place];
    const course = courseBetween(one, now);
    if (this.#confirm(course === courseBetween(other, now) ? course : undefined, CONFIRM_FIRST)) {
      this.#course = course;
      this.#furthest = now;
    }
  }

  /** What moved closer or away stays so unless it turns back; sideways gives way to any other course. */
  #follow(course: Course): void {
    const now = median(this.#latest);
    const furthest = this.#furthest ?? now;
    const next = courseBetween(furthest, now);
    const isDepth = (one: Course): boolean => one === 'closer' || one === 'away';
    const other = next !== undefined && next !== course && (!isDepth(course) || isDepth(next)) ? next : undefined;
    if (this.#confirm(other, CONFIRM_CHANGE)) {
      this.#course = other;
      this.#furthest = now;
    } else if (isFurther(course, now, furthest)) this.#furthest = now;
  }

  #confirm(course: Course | undefined, times: number): boolean {
    this.#confirmed = course === this.#candidate ? this.#confirmed + 1 : 1;
    this.#candidate = course;
    if (course === undefined || this.#confirmed < times) return false;
    this.#candidate = undefined;
    this.#confirmed = 0;
    return true;
  }
}

function courseBetween(from: Place, to: Place): Course | undefined {
  const sideways = to.side - from.side;
  const growth = Math.log(to.size / from.size);
  const closer = Math.abs(growth) < LEAST_GROWTH ? 0 : FOCAL_LENGTH * (1 / from.size - 1 / to.size);
  if (Math.max(Math.abs(sideways), Math.abs(closer)) < LEAST_WAY) return undefined;
  if (Math.abs(sideways) > Math.abs(closer)) return sideways < 0 ? 'left' : 'right';
  return closer > 0 ? 'closer' : 'away';
}

function isFurther(course: Course, now: Place, than: Place): boolean {
  if (course === 'closer') return now.size > than.size;
  if (course === 'away') return now.size < than.size;
  return course === 'left' ? now.side < than.side : now.side > than.side;
}

function placeOf({ x1, y1, x2, y2 }: Box, { width, height }: FrameSize, what: 'vehicle' | 'plate'): Place | undefined {
  const isCut = x1 < EDGE * width || y1 < EDGE * height || x2 > (1 - EDGE) * width || y2 > (1 - EDGE) * height;
  const pixels = what === 'plate' ? PLATE_WIDTHS * (x2 - x1) : y2 - y1;
  const place = { side: ((x1 + x2) / 2 - width / 2) / pixels, size: pixels / height };
  return !isCut && Number.isFinite(place.side) && place.size > 0 && Number.isFinite(place.size) ? place : undefined;
}

function median(places: readonly Place[]): Place {
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
  return { side: middle(places.map(({ side }) => side)), size: middle(places.map(({ size }) => size)) };
}
