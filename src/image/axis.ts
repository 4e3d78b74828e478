/** Above this many frame pixels per output pixel, averaging replaces interpolation: two taps would begin to miss pixels. */
export const AVERAGE_ABOVE = 1.4;

/** Most taps along one axis; beyond it an average of evenly spread pixels stands for the average of all of them. */
const MOST_TAPS = 8;

/**
 * How one axis of the output is made of the frame: `taps` frame pixels for each output pixel in [first, last),
 * `offsets` in bytes. `weights` (of 256) only for interpolation; averages weigh all taps alike.
 */
export interface AxisPlan {
  /** Output pixels [first, last) have their centre inside the frame. */
  first: number;
  last: number;
  taps: number;
  offsets: Int32Array;
  weights?: Int32Array;
}

/**
 * Plans one axis: output pixel i shows the frame from i · shrink + origin on, `shrink` frame pixels long.
 * @param length frame pixels along this axis
 * @param size output pixels along this axis
 * @param from,to the part of the output that shows the view (floats); outside of it is padding
 * @param stride bytes from one frame pixel to the next along this axis
 */
export function planAxis(
  length: number,
  size: number,
  shrink: number,
  origin: number,
  from: number,
  to: number,
  stride: number,
): AxisPlan {
  let first = 0;
  let last = size;
  while (first < last && !isShown(first, length, shrink, origin, from, to)) first++;
  while (last > first && !isShown(last - 1, length, shrink, origin, from, to)) last--;
  const count = last - first;
  if (shrink > AVERAGE_ABOVE) {
    const taps = tapsFor(shrink);
    const offsets = new Int32Array(count * taps);
    for (let i = 0; i < count; i++) {
      const start = (i + first) * shrink + origin;
      for (let tap = 0; tap < taps; tap++) {
        offsets[i * taps + tap] = clampIndex(Math.floor(start + ((tap + 0.5) * shrink) / taps), length) * stride;
      }
    }
    return { first, last, taps, offsets };
  }
  const offsets = new Int32Array(count * 2);
  const weights = new Int32Array(count * 2);
  for (let i = 0; i < count; i++) {
    const centre = (i + first + 0.5) * shrink + origin - 0.5;
    const below = Math.floor(centre);
    const weight = Math.round((centre - below) * 256);
    offsets[i * 2] = clampIndex(below, length) * stride;
    offsets[i * 2 + 1] = clampIndex(below + 1, length) * stride;
    weights[i * 2] = 256 - weight;
    weights[i * 2 + 1] = weight;
  }
  return { first, last, taps: 2, offsets, weights };
}

/**
 * Two or three taps up to a shrink of 5, then every second pixel. Against the exact area average of a traffic picture at 1080p:
 * 42 dB at 1.5, 43 at 2.4, exact at 2 and 3, 42 at 3.75 (four taps: 41), 44 at 4.6 (four: 42), 50 at 6 (three: 38).
 */
export function tapsFor(shrink: number): number {
  if (shrink < 2.3) return 2;
  if (shrink < 5) return 3;
  return Math.min(MOST_TAPS, Math.max(4, Math.round(shrink / 2)));
}

function isShown(i: number, length: number, shrink: number, origin: number, from: number, to: number): boolean {
  const centre = i + 0.5;
  const inFrame = centre * shrink + origin;
  return centre >= from && centre < to && inFrame >= 0 && inFrame < length;
}

function clampIndex(index: number, length: number): number {
  return index < 0 ? 0 : index >= length ? length - 1 : index;
}
