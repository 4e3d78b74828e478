import type { Canvas, Colour } from './drawing.js';

/** Whole pixels; x2 and y2 are exclusive. What lies outside the canvas is left away. */
export function fillRectangle(
  canvas: Canvas,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  colour: Colour,
  alpha: number,
): void {
  const { pixels, width } = canvas;
  const left = Math.max(0, Math.round(x1));
  const right = Math.min(width, Math.round(x2));
  const top = Math.max(0, Math.round(y1));
  const bottom = Math.min(canvas.height, Math.round(y2));
  const weight = Math.round(alpha * 256);
  const keep = 256 - weight;
  const [red, green, blue] = [colour[0] * weight, colour[1] * weight, colour[2] * weight];
  for (let y = top; y < bottom; y++) {
    const end = (y * width + right) * 3;
    for (let i = (y * width + left) * 3; i < end; i += 3) {
      pixels[i] = (pixels[i]! * keep + red) >> 8;
      pixels[i + 1] = (pixels[i + 1]! * keep + green) >> 8;
      pixels[i + 2] = (pixels[i + 2]! * keep + blue) >> 8;
    }
  }
}

/** A rectangle whose edges may lie inside pixels; those are covered in part. */
function fillSoftRectangle(
  canvas: Canvas,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  colour: Colour,
  alpha: number,
): void {
  for (const [top, bottom, rows] of softSpans(y1, y2)) {
    for (const [left, right, columns] of softSpans(x1, x2)) {
      fillRectangle(canvas, left, top, right, bottom, colour, alpha * rows * columns);
    }
  }
}

/** Cuts a stretch into whole pixels and the pixels at its ends, each with the share of it that is covered. */
function softSpans(from: number, to: number): [from: number, to: number, covered: number][] {
  const [whole, end] = [Math.ceil(from), Math.floor(to)];
  if (whole > end) return [[end, whole, to - from]];
  const spans: [number, number, number][] = [];
  if (whole > from) spans.push([whole - 1, whole, whole - from]);
  if (end > whole) spans.push([whole, end, 1]);
  if (to > end) spans.push([end, end + 1, to - end]);
  return spans;
}

/**
 * A line with soft edges and round ends (square ones where it runs along the pixel grid, for sharp corners). Coordinates
 * as in boxes: pixel (x, y) covers x..x+1, y..y+1.
 */
export function drawLine(
  canvas: Canvas,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  lineWidth: number,
  colour: Colour,
  alpha = 1,
): void {
  const radius = lineWidth / 2;
  if (x1 === x2 || y1 === y2) {
    const [left, right] = [Math.min(x1, x2) - radius, Math.max(x1, x2) + radius];
    fillSoftRectangle(canvas, left, Math.min(y1, y2) - radius, right, Math.max(y1, y2) + radius, colour, alpha);
    return;
  }
  const { pixels, width } = canvas;
  const reach = radius + 0.5;
  const dx = x2 - x1;
  const dy = y2 - y1;
  const lengthSquared = dx * dx + dy * dy;
  const top = Math.max(0, Math.floor(Math.min(y1, y2) - reach));
  const bottom = Math.min(canvas.height, Math.ceil(Math.max(y1, y2) + reach));
  const boundLeft = Math.max(0, Math.floor(Math.min(x1, x2) - reach));
  const boundRight = Math.min(width, Math.ceil(Math.max(x1, x2) + reach));
  const steep = Math.abs(dy) > 1e-6;
  const slope = steep ? dx / dy : 0;
  // Half of what a row cuts out of the band, plus the row's own height in x.
  const span = steep ? (reach * Math.sqrt(lengthSquared)) / Math.abs(dy) + Math.abs(slope) + 1 : Infinity;
  for (let y = top; y < bottom; y++) {
    const py = y + 0.5 - y1;
    const middle = x1 + py * slope;
    const left = Math.max(boundLeft, Math.floor(middle - span));
    const right = Math.min(boundRight, Math.ceil(middle + span));
    for (let x = left; x < right; x++) {
      const px = x + 0.5 - x1;
      const along = lengthSquared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared));
      const offX = px - along * dx;
      const offY = py - along * dy;
      const coverage = Math.min(1, reach - Math.sqrt(offX * offX + offY * offY)) * alpha;
      if (coverage <= 0) continue;
      const i = (y * width + x) * 3;
      pixels[i] = pixels[i]! + (colour[0] - pixels[i]!) * coverage;
      pixels[i + 1] = pixels[i + 1]! + (colour[1] - pixels[i + 1]!) * coverage;
      pixels[i + 2] = pixels[i + 2]! + (colour[2] - pixels[i + 2]!) * coverage;
    }
  }
}

/** The inside of a closed line (even-odd rule), sampled at pixel centres. Points are x0, y0, x1, y1, … */
export function fillPolygon(canvas: Canvas, points: readonly number[], colour: Colour, alpha: number): void {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 1; i < points.length; i += 2) {
    lowest = Math.min(lowest, points[i]!);
    highest = Math.max(highest, points[i]!);
  }
  const top = Math.max(0, Math.ceil(lowest - 0.5));
  const bottom = Math.min(canvas.height, Math.ceil(highest - 0.5));
  const crossings: number[] = [];
  for (let y = top; y < bottom; y++) {
    crossings.length = 0;
    collectCrossings(points, y + 0.5, crossings);
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      fillRectangle(canvas, crossings[i]!, y, crossings[i + 1]!, y + 1, colour, alpha);
    }
  }
}

function collectCrossings(points: readonly number[], y: number, crossings: number[]): void {
  const count = points.length;
  for (let i = 0; i < count; i += 2) {
    const x1 = points[i]!;
    const y1 = points[i + 1]!;
    const x2 = points[(i + 2) % count]!;
    const y2 = points[(i + 3) % count]!;
    if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) * (x2 - x1)) / (y2 - y1));
  }
}

/**
 * The part of a line inside the rectangle (Liang and Barsky 1984); null when none is.
 * @returns x1, y1, x2, y2
 */
export function clipLine(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  bounds: { left: number; top: number; right: number; bottom: number },
): [number, number, number, number] | null {
  const dx = x2 - x1;
  const dy = y2 - y1;
  let from = 0;
  let to = 1;
  const edges: [number, number][] = [
    [-dx, x1 - bounds.left],
    [dx, bounds.right - x1],
    [-dy, y1 - bounds.top],
    [dy, bounds.bottom - y1],
  ];
  for (const [direction, distance] of edges) {
    if (direction === 0) {
      if (distance < 0) return null;
      continue;
    }
    const at = distance / direction;
    if (direction < 0) from = Math.max(from, at);
    else to = Math.min(to, at);
  }
  return from > to ? null : [x1 + from * dx, y1 + from * dy, x1 + to * dx, y1 + to * dy];
}
