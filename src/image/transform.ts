import type { Box, Corners, Point } from '../detection/types.js';

/**
 * Maps network-input pixels to frame pixels. Plain data, so that it can be posted between threads.
 * `matrix` is a row-major 3 × 3 homography; upright views only scale and shift, so their last row is 0 0 1.
 * Both sides count pixel edges: pixel i covers i…i+1 and its centre is i + 0.5.
 */
export interface ViewTransform {
  matrix: number[];
}

/** The frame point under the network-input point (x, y); both in pixels. Not finite on the horizon of a perspective. */
export function toFrame(transform: ViewTransform, x: number, y: number): Point {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 1] = transform.matrix;
  const w = g * x + h * y + i;
  return { x: (a * x + b * y + c) / w, y: (d * x + e * y + f) / w };
}

/** The upright frame box around a network-input box; not clamped to the frame. */
export function boxToFrame(transform: ViewTransform, box: Box): Box {
  const a = toFrame(transform, box.x1, box.y1);
  const b = toFrame(transform, box.x2, box.y1);
  const c = toFrame(transform, box.x2, box.y2);
  const d = toFrame(transform, box.x1, box.y2);
  return {
    x1: Math.min(a.x, b.x, c.x, d.x),
    y1: Math.min(a.y, b.y, c.y, d.y),
    x2: Math.max(a.x, b.x, c.x, d.x),
    y2: Math.max(a.y, b.y, c.y, d.y),
  };
}

/** x' = x · scaleX + offsetX, y' = y · scaleY + offsetY. */
export function scaleAndShift(scaleX: number, scaleY: number, offsetX: number, offsetY: number): number[] {
  return [scaleX, 0, offsetX, 0, scaleY, offsetY, 0, 0, 1];
}

/** The matrix that does `first` and then `second`. */
export function compose(second: readonly number[], first: readonly number[]): number[] {
  const product: number[] = [];
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += (second[row * 3 + k] ?? 0) * (first[k * 3 + column] ?? 0);
      product.push(sum);
    }
  }
  return product;
}

/**
 * The homography that takes the unit square (0,0) (1,0) (1,1) (0,1) to four corners, in closed form
 * (P. Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, §2.2.3). Undefined where there is none:
 * corners that lie on a line, cross over or do not bulge outwards.
 */
export function squareToQuad(corners: Corners): number[] | undefined {
  if (!isConvex(corners)) return undefined;
  const [p0, p1, p2, p3] = corners;
  const sumX = p0.x - p1.x + p2.x - p3.x;
  const sumY = p0.y - p1.y + p2.y - p3.y;
  const dx1 = p1.x - p2.x;
  const dx2 = p3.x - p2.x;
  const dy1 = p1.y - p2.y;
  const dy2 = p3.y - p2.y;
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (sumX * dy2 - dx2 * sumY) / determinant;
  const h = (dx1 * sumY - sumX * dy1) / determinant;
  return [
    p1.x - p0.x + g * p1.x,
    p3.x - p0.x + h * p3.x,
    p0.x,
    p1.y - p0.y + g * p1.y,
    p3.y - p0.y + h * p3.y,
    p0.y,
    g,
    h,
    1,
  ];
}

/** Smallest turn (px², twice a triangle's area) at which a corner still counts as a corner. */
const SMALLEST_TURN = 0.01;

function isConvex(corners: Corners): boolean {
  let left = 0;
  let right = 0;
  for (let i = 0; i < 4; i++) {
    const a = corners[i] as Point;
    const b = corners[(i + 1) % 4] as Point;
    const c = corners[(i + 2) % 4] as Point;
    const turn = (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
    if (turn > SMALLEST_TURN) right++;
    else if (turn < -SMALLEST_TURN) left++;
  }
  return left === 4 || right === 4;
}
