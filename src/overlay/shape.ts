import type { Box, Plate } from '../detection/types.js';

/** The four corners of a plate as x0, y0, …: its own, or those of its box where it has none that can be used. */
export function platePoints(plate: Plate): number[] {
  const corners = plate.corners?.flatMap(({ x, y }) => [x, y]);
  return corners?.length === 8 && corners.every(Number.isFinite) ? corners : boxPoints(plate.box);
}

/** The upright box around points x0, y0, … */
export function boundsOf(points: readonly number[]): Box {
  const xs = points.filter((_, index) => index % 2 === 0);
  const ys = points.filter((_, index) => index % 2 === 1);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

export function boxPoints({ x1, y1, x2, y2 }: Box): number[] {
  return [x1, y1, x2, y1, x2, y2, x1, y2];
}

export function isBox(box: Box | undefined): box is Box {
  return box !== undefined && [box.x1, box.y1, box.x2, box.y2].every(Number.isFinite);
}
