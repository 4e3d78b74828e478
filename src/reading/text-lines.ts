import { boxCentre } from '../detection/boxes.js';
import type { Box } from '../detection/types.js';

/** Steepest line that text may run along: 30°, about twice what a camera beside the road shows. */
const MAX_SLOPE = Math.tan(Math.PI / 6);

/** A line's centres lie within this many character heights of each other, measured upright to its slope. */
const BAND = 0.5;

/** Pairs of characters nearer than this many heights say nothing of the slope. */
const MIN_DISTANCE = 0.25;

/**
 * Divides characters into one or two lines of text, each from left to right, the upper line first.
 *
 * The criterion, with h the median height of the boxes and (x, y) their centres: the height of a character over a line of slope
 * s is o = y − s·x. If for some |s| ≤ tan 30° all o lie within h/2, it is one line, however much the plate is turned: its centres
 * still lie on a straight line. Otherwise, if for some such s the sorted o can be cut at a gap of at least h/2 into two groups that
 * each lie within h/2, they are two lines, cut at the most level such s. Otherwise it is one line. It is enough to try s = 0 and the
 * slopes through two centres: the extent of a group is smallest at one of them. Two lines are told apart without fail up to
 * 20° in a search over plates of 1–6 characters over 1–6, one line up to 30°.
 *
 * @returns indices into `boxes` per line; none for no boxes.
 */
export function splitTextLines(boxes: readonly Box[]): number[][] {
  if (boxes.length === 0) return [];
  const centres = boxes.map(boxCentre);
  const heights = boxes.map((box) => box.y2 - box.y1).sort((a, b) => a - b);
  const height = heights[heights.length >> 1]!;
  const byX = (a: number, b: number): number => centres[a]!.x - centres[b]!.x || a - b;
  const everything = boxes.map((_, index) => index).sort(byX);

  let lines: number[][] | undefined;
  for (const slope of slopesToTry(centres, height)) {
    const heightOver = centres.map(({ x, y }) => y - slope * x);
    const order = [...everything].sort((a, b) => heightOver[a]! - heightOver[b]!);
    const at = (rank: number): number => heightOver[order[rank]!]!;
    if (at(order.length - 1) - at(0) <= BAND * height) return [everything];
    for (let cut = 1; cut < order.length && lines === undefined; cut++) {
      const upper = at(cut - 1) - at(0);
      const lower = at(order.length - 1) - at(cut);
      const gap = at(cut) - at(cut - 1);
      if (gap < BAND * height || upper > BAND * height || lower > BAND * height) continue;
      lines = [order.slice(0, cut).sort(byX), order.slice(cut).sort(byX)];
    }
  }
  return lines ?? [everything];
}

/** Level first, then by rising steepness. */
function slopesToTry(centres: readonly { x: number; y: number }[], height: number): number[] {
  const slopes = [0];
  for (let a = 0; a < centres.length; a++) {
    for (let b = a + 1; b < centres.length; b++) {
      const dx = centres[b]!.x - centres[a]!.x;
      if (Math.abs(dx) < MIN_DISTANCE * height) continue;
      const slope = (centres[b]!.y - centres[a]!.y) / dx;
      if (Math.abs(slope) <= MAX_SLOPE) slopes.push(slope);
    }
  }
  return slopes.sort((a, b) => Math.abs(a) - Math.abs(b));
}
