import type { Box, Point } from '../detection/types.js';
import { ConfigError } from '../frame/config-error.js';
import { centreShare, MAX_SETTING_LENGTH, readJson, readPoints, type FrameSize } from './shares.js';

/** A named part of the picture; points are shares of the frame. */
export interface Zone {
  name: string;
  points: Point[];
}

/** What zones are for: named parts of the picture, what is looked at, what is not. */
export type ZoneKind = 'zone' | 'region' | 'mask';

const MAX_ZONES = 50;
const MAX_POINTS = 100;
const MAX_NAME = 60;
/** Of the picture; a polygon without an area holds nothing. */
const LEAST_AREA = 1e-6;

/**
 * Zones as the setting gives them: one per line, `drive: 0.1,0.5 0.9,0.5 0.5,1`, or JSON as `{"drive": [[0.1, 0.5], …]}` or
 * `[{"name": "drive", "points": […]}]`. The first zone of the list that holds a point counts, so small ones go first.
 *
 * @param kind what the setting calls one of them, for the error: `zone`, `region`, `mask`
 * @throws ConfigError naming the zone that cannot be used
 */
export function readZones(setting: unknown, kind: ZoneKind = 'zone'): Zone[] {
  if (setting === undefined || setting === '') return [];
  if (typeof setting !== 'string') throw new ConfigError(`Expected text for ${kind}s but received ${typeof setting}`);
  if (setting.length > MAX_SETTING_LENGTH) {
    throw new ConfigError(
      `Expected at most ${MAX_SETTING_LENGTH} characters for ${kind}s but received ${setting.length}`,
    );
  }
  const text = setting.trim();
  const given = namedPoints(readJson(text, `${kind}s`), kind) ?? linesOf(text, kind);
  if (given.length > MAX_ZONES) {
    throw new ConfigError(`Expected at most ${MAX_ZONES} ${kind}s but received ${given.length}`);
  }
  const names = new Set<string>();
  return given.map(([name, points], index) => {
    const zone = readZone(name, points, kind, index);
    if (names.has(zone.name)) throw new ConfigError(`Expected each ${kind} once but received "${zone.name}" twice`);
    names.add(zone.name);
    return zone;
  });
}

/** The zone that holds the middle of the box. */
export function zoneOf(zones: readonly Zone[], box: Box, frame: FrameSize): string | undefined {
  const point = zones.length === 0 ? undefined : centreShare(box, frame);
  return point === undefined ? undefined : zones.find(({ points }) => isInside(point, points))?.name;
}

function linesOf(text: string, kind: ZoneKind): [unknown, unknown][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    const colon = line.lastIndexOf(':');
    if (colon < 0) {
      throw new ConfigError(`Expected a name, a colon and points for ${kind} ${index + 1} but received no colon`);
    }
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
}

function namedPoints(json: unknown, kind: ZoneKind): [unknown, unknown][] | undefined {
  if (json === undefined) return undefined;
  if (!Array.isArray(json)) return Object.entries(json as object);
  return json.map((zone: unknown, index) => {
    if (typeof zone !== 'object' || zone === null) {
      throw new ConfigError(`Expected {"name", "points"} for ${kind} ${index + 1} but received ${typeof zone}`);
    }
    const { name, points } = zone as { name?: unknown; points?: unknown };
    return [name, points];
  });
}

function readZone(name: unknown, points: unknown, kind: ZoneKind, index: number): Zone {
  const plain = typeof name === 'string' ? name.trim() : '';
  if (plain === '' || plain.length > MAX_NAME) {
    throw new ConfigError(
      `Expected a name of 1 to ${MAX_NAME} characters for ${kind} ${index + 1} but received ${typeof name === 'string' ? plain.length : typeof name}`,
    );
  }
  const zone = { name: plain, points: readPoints(points, `${kind} "${plain}"`, 3, MAX_POINTS) };
  if (areaOf(zone.points) < LEAST_AREA) {
    throw new ConfigError(`Expected an area for ${kind} "${plain}" but received points on one line`);
  }
  return zone;
}

/** Whether a line from the point to the right leaves the polygon an odd number of times (even-odd rule). */
function isInside({ x, y }: Point, points: readonly Point[]): boolean {
  let inside = false;
  let from = points[points.length - 1]!;
  for (const to of points) {
    if (from.y > y !== to.y > y && x < from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)) inside = !inside;
    from = to;
  }
  return inside;
}

/** The largest triangle that an edge makes with the first point: 0 only when all points lie on one line, unlike the signed area. */
function areaOf(points: readonly Point[]): number {
  const [first] = points as [Point];
  let from = points[points.length - 1]!;
  let largest = 0;
  for (const to of points) {
    largest = Math.max(
      largest,
      Math.abs((from.x - first.x) * (to.y - first.y) - (to.x - first.x) * (from.y - first.y)),
    );
    from = to;
  }
  return largest / 2;
}
