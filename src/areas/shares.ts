import type { Box, Point } from '../detection/types.js';
import { ConfigError } from '../frame/config-error.js';

/** Settings are typed by people or pasted from elsewhere: what is longer than this is no list of points. */
export const MAX_SETTING_LENGTH = 20_000;

/** Width and height in pixels, of a frame. */
export interface FrameSize {
  width: number;
  height: number;
}

/**
 * Points of the picture as a setting gives them: `0.1,0.5 0.9,0.5`, or parsed JSON as `[[0.1, 0.5], [0.9, 0.5]]` or
 * `[{"x": 0.1, "y": 0.5}, …]`. Each coordinate is a share of the frame, 0 (left, top) to 1 (right, bottom).
 *
 * @param name of the setting, for the error
 * @throws ConfigError when a point is none, lies outside the picture, or their number is not within [least, most]
 */
export function readPoints(value: unknown, name: string, least: number, most: number): Point[] {
  const given: unknown[] | undefined =
    typeof value === 'string'
      ? value.split(/[\s;]+/).filter((part) => part !== '')
      : Array.isArray(value)
        ? value
        : undefined;
  if (given === undefined)
    throw new ConfigError(`Expected points like 0.1,0.5 for ${name} but received ${kind(value)}`);
  if (given.length < least || given.length > most) {
    const number = least === most ? String(least) : `${least} to ${most}`;
    throw new ConfigError(`Expected ${number} points for ${name} but received ${given.length}`);
  }
  return given.map((point, index) => readPoint(point, name, index));
}

/** Parsed JSON where the text begins like some, else undefined. @throws ConfigError when it is broken */
export function readJson(text: string, name: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ConfigError(`Expected JSON (or points like 0.1,0.5) for ${name} but received broken JSON`);
  }
}

/** Where the middle of a box lies in the frame; undefined for a frame without an area. */
export function centreShare({ x1, y1, x2, y2 }: Box, { width, height }: FrameSize): Point | undefined {
  const point = { x: (x1 + x2) / 2 / width, y: (y1 + y2) / 2 / height };
  return Number.isFinite(point.x) && Number.isFinite(point.y) ? point : undefined;
}

function readPoint(value: unknown, name: string, index: number): Point {
  const [x, y] = coordinatesOf(value);
  if (isShare(x) && isShare(y)) return { x, y };
  const expected = `Expected x,y from 0 to 1 for point ${index + 1} of ${name}`;
  throw new ConfigError(`${expected} but received ${typeof value === 'string' ? shown(value) : kind(value)}`);
}

function coordinatesOf(value: unknown): unknown[] {
  if (typeof value === 'string') {
    const parts = value.split(',');
    return parts.length === 2 && parts.every((part) => part !== '') ? parts.map(Number) : [];
  }
  if (Array.isArray(value)) return value.length === 2 ? value : [];
  if (typeof value !== 'object' || value === null) return [];
  const { x, y } = value as { x?: unknown; y?: unknown };
  return [x, y];
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}
