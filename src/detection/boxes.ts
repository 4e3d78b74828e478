import type { Box, Corners, Point } from './types.js';

/** Area in square pixels; 0 for a box that is inside out. */
export function area(box: Box): number {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  return width > 0 && height > 0 ? width * height : 0;
}

/** Area that two boxes have in common; 0 when they only touch. */
export function intersectionArea(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union, 0..1; 0 (never NaN) when both boxes are empty. */
export function iou(a: Box, b: Box): number {
  const intersection = intersectionArea(a, b);
  return intersection === 0 ? 0 : intersection / (area(a) + area(b) - intersection);
}

/** Share of `part` that lies inside `whole`, 0..1: 1 for a plate wholly on its vehicle. 0 when `part` is empty. */
export function intersectionShare(part: Box, whole: Box): number {
  const size = area(part);
  return size === 0 ? 0 : intersectionArea(part, whole) / size;
}

/** The box cut to a picture of `width` x `height`; a box wholly outside becomes one without area at the edge. */
export function clampBox(box: Box, width: number, height: number): Box {
  return {
    x1: clamp(box.x1, width),
    y1: clamp(box.y1, height),
    x2: clamp(box.x2, width),
    y2: clamp(box.y2, height),
  };
}

function clamp(value: number, limit: number): number {
  return value < 0 ? 0 : value > limit ? limit : value;
}

/** The smallest upright box around four corners. */
export function hullOfCorners(corners: Corners): Box {
  const [a, b, c, d] = corners;
  return {
    x1: Math.min(a.x, b.x, c.x, d.x),
    y1: Math.min(a.y, b.y, c.y, d.y),
    x2: Math.max(a.x, b.x, c.x, d.x),
    y2: Math.max(a.y, b.y, c.y, d.y),
  };
}

export function boxCentre(box: Box): Point {
  return { x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2 };
}

/** True for a box that cannot be used: no width, no height, or a coordinate that is not a finite number. */
export function isDegenerate(box: Box): boolean {
  return !(box.x2 > box.x1 && box.y2 > box.y1 && Number.isFinite(box.x2 - box.x1) && Number.isFinite(box.y2 - box.y1));
}
