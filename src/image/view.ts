import type { Box, Corners, Point } from '../detection/types.js';
import type { View } from '../device/device.js';
import { ImageError } from './errors.js';
import { compose, scaleAndShift, squareToQuad, type ViewTransform } from './transform.js';

export interface Size {
  width: number;
  height: number;
}

/** Where in the network's input the view lies (floats, input pixels), and how it got there. */
export interface PlacedView {
  transform: ViewTransform;
  /** Part of the input that shows the view; the rest is padding. */
  content: Box;
  /** Frame pixels per input pixel along each side of the view. */
  shrinkX: number;
  shrinkY: number;
  /** Upright views need no perspective and take the fast path. */
  upright: boolean;
}

/**
 * Fits a part of the frame into a network's input: `letterbox` keeps its aspect ratio and centres it, `stretch` fills the input.
 * A quad whose corners cannot be straightened (crossing, on a line) is shown as the upright box around it.
 * @throws ImageError ALPR_IMAGE_ARGUMENT when a coordinate is not finite.
 */
export function placeView(view: View | undefined, frame: Size, fit: 'letterbox' | 'stretch', size: Size): PlacedView {
  if (view !== undefined && 'corners' in view) {
    const quad = view.corners;
    for (const corner of quad) requireFinite(corner.x, corner.y);
    const square = squareToQuad(quad);
    if (square !== undefined) return placeQuad(quad, square, view.margin ?? 0, fit, size);
    return placeBox(hull(quad), view.margin ?? 0, fit, size);
  }
  if (view === undefined) return placeBox({ x1: 0, y1: 0, x2: frame.width, y2: frame.height }, 0, fit, size);
  requireFinite(view.box.x1, view.box.y1, view.box.x2, view.box.y2);
  return placeBox(view.box, view.margin ?? 0, fit, size);
}

function placeBox(box: Box, margin: number, fit: 'letterbox' | 'stretch', size: Size): PlacedView {
  const region = atLeastOnePixel(box);
  const marginX = (region.x2 - region.x1) * margin;
  const marginY = (region.y2 - region.y1) * margin;
  const x1 = region.x1 - marginX;
  const y1 = region.y1 - marginY;
  const width = region.x2 - region.x1 + 2 * marginX;
  const height = region.y2 - region.y1 + 2 * marginY;
  const content = placeContent(width, height, fit, size);
  const shrinkX = width / (content.x2 - content.x1);
  const shrinkY = height / (content.y2 - content.y1);
  const matrix = scaleAndShift(shrinkX, shrinkY, x1 - content.x1 * shrinkX, y1 - content.y1 * shrinkY);
  return { transform: { matrix }, content, shrinkX, shrinkY, upright: true };
}

function placeQuad(
  quad: Corners,
  square: number[],
  margin: number,
  fit: 'letterbox' | 'stretch',
  size: Size,
): PlacedView {
  const [topLeft, topRight, bottomRight, bottomLeft] = quad;
  const widened = 1 + 2 * margin;
  const width = ((distance(topLeft, topRight) + distance(bottomLeft, bottomRight)) / 2) * widened;
  const height = ((distance(topLeft, bottomLeft) + distance(topRight, bottomRight)) / 2) * widened;
  const content = placeContent(width, height, fit, size);
  const perX = widened / (content.x2 - content.x1);
  const perY = widened / (content.y2 - content.y1);
  const inputToSquare = scaleAndShift(perX, perY, -margin - content.x1 * perX, -margin - content.y1 * perY);
  return {
    transform: { matrix: compose(square, inputToSquare) },
    content,
    shrinkX: width / (content.x2 - content.x1),
    shrinkY: height / (content.y2 - content.y1),
    upright: false,
  };
}

function placeContent(width: number, height: number, fit: 'letterbox' | 'stretch', size: Size): Box {
  if (fit === 'stretch') return { x1: 0, y1: 0, x2: size.width, y2: size.height };
  const scale = Math.min(size.width / width, size.height / height);
  const left = (size.width - width * scale) / 2;
  const top = (size.height - height * scale) / 2;
  return { x1: left, y1: top, x2: size.width - left, y2: size.height - top };
}

function atLeastOnePixel(box: Box): Box {
  let { x1, y1, x2, y2 } = box;
  if (x2 - x1 < 1) {
    x1 = (x1 + x2 - 1) / 2;
    x2 = x1 + 1;
  }
  if (y2 - y1 < 1) {
    y1 = (y1 + y2 - 1) / 2;
    y2 = y1 + 1;
  }
  return { x1, y1, x2, y2 };
}

function hull(corners: Corners): Box {
  const xs = corners.map((corner) => corner.x);
  const ys = corners.map((corner) => corner.y);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function requireFinite(...values: number[]): void {
  for (const value of values) {
    if (!Number.isFinite(value)) {
      throw new ImageError('ALPR_IMAGE_ARGUMENT', `Expected finite coordinates for the view but received ${value}`);
    }
  }
}
