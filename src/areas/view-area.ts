import type { Box, Point } from '../detection/types.js';
import { ConfigError } from '../frame/config-error.js';
import { readZones, type Zone } from './zones.js';

/** Mid grey: what networks see around a picture that does not fill their input. */
const GREY = 114;
/** A camera changes its size rarely; sub-stream and main stream alternate. */
const KEPT_SIZES = 4;
/** Shared memory is copied seven times as fast as V8's `fill` fills it: a 1080p frame takes 0.2 ms instead of 1.4. */
const brush = new Uint8Array(64 * 1024).fill(GREY);
/** Smaller than any camera's frame: what is left of it there is left of the frame too. */
const TEST_SIZE = { width: 320, height: 180 };

/** What a frame size needs: where to paint, and the box around the rest. */
interface Spans {
  /** Bytes of the frame that nobody may see: from, to (exclusive), from, to, … */
  hidden: Int32Array;
  /** undefined: nothing is looked at. */
  box: Box | undefined;
  /** Pixels that are looked at. */
  pixels: number;
}

/** Within a row, from inclusive to exclusive, by rising `from` and apart from each other. */
type Row = [from: number, to: number][];

/** What of a camera's picture is looked at: the regions (everything when there is none) less the masks. */
export class ViewArea {
  readonly #regions: readonly Zone[];
  readonly #masks: readonly Zone[];
  readonly #sizes = new Map<string, Spans>();

  constructor(regions: readonly Zone[], masks: readonly Zone[]) {
    this.#regions = regions;
    this.#masks = masks;
  }

  /**
   * Fills what is not looked at with grey, in place. A pixel belongs to the polygon that holds its middle.
   * @param pixels 8-bit RGB, row-major, no padding, at least width × height × 3 bytes
   */
  paint(pixels: Uint8Array, width: number, height: number): void {
    const { hidden } = this.#spans(width, height);
    for (let index = 0; index < hidden.length; index += 2) {
      const to = hidden[index + 1]!;
      for (let from = hidden[index]!; from < to; from += brush.length) {
        pixels.set(to - from < brush.length ? brush.subarray(0, to - from) : brush, from);
      }
    }
  }

  /** The smallest box around what is looked at, in whole pixels; undefined where that is nothing. */
  focus(width: number, height: number): Box | undefined {
    const { box } = this.#spans(width, height);
    return box === undefined ? undefined : { ...box };
  }

  /** How much of the frame is looked at, 0..1. */
  share(width: number, height: number): number {
    return this.#spans(width, height).pixels / (width * height);
  }

  #spans(width: number, height: number): Spans {
    const key = `${width}x${height}`;
    const known = this.#sizes.get(key);
    if (known !== undefined) return known;
    const spans = spansOf(this.#regions, this.#masks, width, height);
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size < KEPT_SIZES) break;
      this.#sizes.delete(oldest);
    }
    this.#sizes.set(key, spans);
    return spans;
  }
}

/**
 * @param regions and masks in the format of zones (`zones.ts`)
 * @returns undefined when the whole picture is looked at
 * @throws ConfigError when a polygon cannot be used or the masks leave nothing to look at
 */
export function readViewArea(regions: unknown, masks: unknown): ViewArea | undefined {
  const looked = readZones(regions, 'region');
  const hidden = readZones(masks, 'mask');
  if (looked.length === 0 && hidden.length === 0) return undefined;
  const area = new ViewArea(looked, hidden);
  if (area.share(TEST_SIZE.width, TEST_SIZE.height) === 0) {
    throw new ConfigError(
      'Expected regions and masks that leave something to look at but received masks over all of it',
    );
  }
  return area;
}

function spansOf(regions: readonly Zone[], masks: readonly Zone[], width: number, height: number): Spans {
  const hidden: number[] = [];
  const box = { x1: width, y1: height, x2: 0, y2: 0 };
  let pixels = 0;
  const hide = (row: number, from: number, to: number): void => {
    const start = (row * width + from) * 3;
    const end = (row * width + to) * 3;
    // Rows that are hidden to their end and go on hidden are one span.
    if (hidden.at(-1) === start) hidden[hidden.length - 1] = end;
    else if (end > start) hidden.push(start, end);
  };
  for (let row = 0; row < height; row++) {
    const y = (row + 0.5) / height;
    const looked = regions.length === 0 ? [[0, width] as [number, number]] : rowOf(regions, y, width);
    let next = 0;
    for (const [from, to] of without(looked, rowOf(masks, y, width))) {
      hide(row, next, from);
      next = to;
      pixels += to - from;
      box.x1 = Math.min(box.x1, from);
      box.x2 = Math.max(box.x2, to);
      box.y1 = Math.min(box.y1, row);
      box.y2 = row + 1;
    }
    hide(row, next, width);
  }
  return { hidden: Int32Array.from(hidden), box: pixels === 0 ? undefined : box, pixels };
}

/** Where a row of pixels is inside at least one of the polygons. */
function rowOf(zones: readonly Zone[], y: number, width: number): Row {
  const all = zones.flatMap(({ points }) => crossings(points, y, width)).sort((a, b) => a[0] - b[0]);
  const row: Row = [];
  for (const [from, to] of all) {
    const last = row.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else row.push([from, to]);
  }
  return row;
}

/** The even-odd rule of `zones.ts` for the middles of a whole row at once. */
function crossings(points: readonly Point[], y: number, width: number): Row {
  const xs: number[] = [];
  let from = points[points.length - 1]!;
  for (const to of points) {
    if (from.y > y !== to.y > y) xs.push(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x));
    from = to;
  }
  // The first pixel whose middle lies at or right of x.
  const starts = xs.sort((a, b) => a - b).map((x) => Math.min(width, Math.max(0, Math.ceil(x * width - 0.5))));
  const row: Row = [];
  for (let index = 0; index + 1 < starts.length; index += 2) {
    if (starts[index]! < starts[index + 1]!) row.push([starts[index]!, starts[index + 1]!]);
  }
  return row;
}

function without(row: Row, holes: Row): Row {
  let rest = row;
  for (const [from, to] of holes) {
    rest = rest.flatMap(([start, end]): Row => {
      if (to <= start || from >= end) return [[start, end]];
      const parts: Row = [];
      if (start < from) parts.push([start, from]);
      if (to < end) parts.push([to, end]);
      return parts;
    });
  }
  return rest;
}
