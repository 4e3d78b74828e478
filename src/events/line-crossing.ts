import type { Point } from '../detection/types.js';
import { ConfigError } from '../frame/config-error.js';
import { MAX_SETTING_LENGTH, readJson, readPoints } from '../areas/shares.js';

/** On which side of the line `in` is. */
export const lineSides = ['below', 'above', 'left', 'right'] as const;
export type LineSide = (typeof lineSides)[number];

/** A line across the picture; points are shares of the frame. */
export interface Line {
  from: Point;
  to: Point;
  /** The side that is `in`: the sign of the cross product (to − from) × (point − from). */
  inSign: 1 | -1;
}

/** Of the frame's height: a box that rests on the line trembles less. */
const MARGIN = 0.02;
const LEAST_LENGTH = 0.02;
/** Sine of the least angle between the line and the way to the side that is `in`. */
const LEAST_ANGLE = 0.1;
const TOWARDS: Readonly<Record<LineSide, Point>> = {
  below: { x: 0, y: 1 },
  above: { x: 0, y: -1 },
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
};

/**
 * A line as the setting gives it: `0.1,0.6 0.9,0.6` or `[[0.1, 0.6], [0.9, 0.6]]`.
 *
 * @returns undefined for an empty setting
 * @throws ConfigError when it is no line, or has no such side (a level one has no left)
 */
export function readLine(setting: unknown, side: LineSide): Line | undefined {
  if (setting === undefined || setting === '') return undefined;
  if (typeof setting !== 'string') throw new ConfigError(`Expected text for line but received ${typeof setting}`);
  if (setting.length > MAX_SETTING_LENGTH) {
    throw new ConfigError(`Expected two points for line but received ${setting.length} characters`);
  }
  const text = setting.trim();
  const [from, to] = readPoints(readJson(text, 'line') ?? text, 'line', 2, 2) as [Point, Point];
  const along = { x: to.x - from.x, y: to.y - from.y };
  const length = Math.hypot(along.x, along.y);
  if (length < LEAST_LENGTH) {
    throw new ConfigError(`Expected two points at least ${LEAST_LENGTH} apart for line but received nearly the same`);
  }
  const sine = cross(along, TOWARDS[side]) / length;
  if (Math.abs(sine) < LEAST_ANGLE) {
    const wrong = side === 'left' || side === 'right' ? 'a level' : 'an upright';
    throw new ConfigError(`Expected a line that has a side ${side} but received ${wrong} one`);
  }
  return { from, to, inSign: sine > 0 ? 1 : -1 };
}

interface Side {
  sign: 1 | -1;
  point: Point;
}

/**
 * Which way something crossed a line. It counts when it was seen clearly on one side, then clearly on the other, and its way
 * between led through the line, not past its ends. The last crossing stands.
 */
export class LineCrossing {
  #first: Side | undefined;
  #last: Side | undefined;
  #direction: 'in' | 'out' | undefined;

  constructor(private readonly line: Line) {}

  get direction(): 'in' | 'out' | undefined {
    return this.#direction;
  }

  /**
   * @param share where it is, as shares of the frame
   * @param aspect width of the frame ÷ its height
   */
  see(share: Point, aspect: number): void {
    const { from, to } = this.line;
    const along = { x: (to.x - from.x) * aspect, y: to.y - from.y };
    const way = { x: (share.x - from.x) * aspect, y: share.y - from.y };
    const distance = cross(along, way) / Math.hypot(along.x, along.y);
    if (!(Math.abs(distance) >= MARGIN)) return;
    const now: Side = { sign: distance > 0 ? 1 : -1, point: share };
    this.#first ??= now;
    this.#direction = this.#crossed(this.#last, now) ?? this.#direction;
    this.#last = now;
  }

  /** The same vehicle was lost and found: what it did before, and between. */
  follow(earlier: LineCrossing): void {
    if (this.#direction !== undefined || earlier === this) return;
    this.#direction = this.#crossed(earlier.#last, this.#first) ?? earlier.#direction;
    this.#first ??= earlier.#first;
    this.#last ??= earlier.#last;
  }

  #crossed(before: Side | undefined, now: Side | undefined): 'in' | 'out' | undefined {
    if (before === undefined || now === undefined || before.sign === now.sign) return undefined;
    const { from, to, inSign } = this.line;
    // The line's ends lie on different sides of the way; that the way's ends lie on different sides of the line is known.
    const way = { x: now.point.x - before.point.x, y: now.point.y - before.point.y };
    const side = (end: Point): number => cross(way, { x: end.x - before.point.x, y: end.y - before.point.y });
    if (side(from) * side(to) > 0) return undefined;
    return now.sign === inSign ? 'in' : 'out';
  }
}

function cross(a: Point, b: Point): number {
  return a.x * b.y - a.y * b.x;
}
