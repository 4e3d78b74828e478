import type { Point } from '../detection/types.js';

/** Where one track was, oldest first. */
interface Path {
  points: { x: number; y: number; at: number }[];
  lastSeen: number;
}

/** How long a place is remembered, ms. */
const TRAIL_MS = 4000;
/** A track that comes back after so long is another's, or its way between is not known. */
const GAP_MS = 2000;
const MOST_POINTS = 60;
const MOST_TRACKS = 200;
/** Of the frame's height: a box that trembles on the spot leaves no trail. */
const LEAST_STEP = 0.012;
/** What reaches down to the frame's edge goes on behind it: its middle says little. */
const EDGE = 0.995;
/** Boxes tremble by some pixels; each pass takes the mean of every place and its neighbours. */
const SMOOTHING_PASSES = 2;

/** The recent way of every track of one camera. Points are shares of the frame's width and height. */
export class Trails {
  /** Those seen last are at the end. */
  readonly #paths = new Map<number, Path>();

  /** @param at ms since the epoch, the frame's; frames of a camera come in their order */
  see(trackId: number, point: Point, at: number): void {
    if (![point.x, point.y, at].every(Number.isFinite)) return;
    const known = this.#paths.get(trackId);
    const isSame = known !== undefined && at >= known.lastSeen && at - known.lastSeen <= GAP_MS;
    const path: Path = isSame ? known : { points: [], lastSeen: at };
    path.lastSeen = at;
    const { points } = path;
    const last = points.at(-1);
    const isCut = point.y >= EDGE;
    if (!isCut && (last === undefined || Math.hypot(point.x - last.x, point.y - last.y) >= LEAST_STEP)) {
      points.push({ x: point.x, y: point.y, at });
    }
    const fresh = points.findIndex((one) => one.at >= at - TRAIL_MS);
    points.splice(0, Math.max(fresh < 0 ? points.length : fresh, points.length - MOST_POINTS));
    this.#paths.delete(trackId);
    this.#paths.set(trackId, path);
    if (this.#paths.size > MOST_TRACKS) this.#paths.delete(this.#paths.keys().next().value!);
  }

  /** From the oldest place to the latest; empty for a track that has not moved. */
  of(trackId: number): Point[] {
    let points: Point[] = (this.#paths.get(trackId)?.points ?? []).map(({ x, y }) => ({ x, y }));
    for (let pass = 0; pass < SMOOTHING_PASSES; pass++) points = points.map((_, index) => smoothed(points, index));
    return points;
  }

  forget(trackId: number): void {
    this.#paths.delete(trackId);
  }

  clear(): void {
    this.#paths.clear();
  }

  /** Tracks that are remembered. */
  get size(): number {
    return this.#paths.size;
  }
}

/** The ends stay where they are. */
function smoothed(points: readonly Point[], index: number): Point {
  const [before, here, after] = [points[index - 1], points[index]!, points[index + 1]];
  if (before === undefined || after === undefined) return here;
  return { x: (before.x + here.x + after.x) / 3, y: (before.y + here.y + after.y) / 3 };
}
