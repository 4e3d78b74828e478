import { clipLine, drawLine, fillPolygon, fillRectangle } from './canvas.js';
import type { Canvas, Colour, Drawing, Label, Outline, Trail } from './drawing.js';
import { drawPicture } from './picture.js';
import { drawText } from './text.js';

const dark: Colour = [12, 14, 18];
const rimOpacity = 0.55;
const backingOpacity = 0.72;

/**
 * Draws onto the pixels in place. Shapes may lie partly or wholly outside; those with numbers that are none are left away.
 * @param target 8-bit RGB, row-major, at least width × height × 3 bytes
 */
export function drawOverlay(target: Canvas, drawing: Drawing): void {
  for (const shape of drawing.shapes) {
    if (shape.kind === 'outline') drawOutline(target, shape);
    else if (shape.kind === 'trail') drawTrail(target, shape);
    else if (shape.kind === 'picture') drawPicture(target, shape);
    else drawLabel(target, shape);
  }
}

function drawTrail(canvas: Canvas, { points, colour, width, rim, fade }: Trail): void {
  const pieces = points.length / 2 - 1;
  if (!(pieces >= 1) || !points.every(Number.isFinite)) return;
  const bounds = boundsAround(canvas, width + 2 * rim);
  for (const [lineWidth, ink, opacity] of [
    [width + 2 * rim, dark, rimOpacity],
    [width, colour, 1],
  ] as const) {
    for (let piece = 0; piece < pieces; piece++) {
      const [x1, y1, x2, y2] = points.slice(2 * piece, 2 * piece + 4) as [number, number, number, number];
      const line = clipLine(x1, y1, x2, y2, bounds);
      if (line) drawLine(canvas, ...line, lineWidth, ink, opacity * (fade + ((1 - fade) * (piece + 1)) / pieces));
    }
  }
}

function boundsAround(canvas: Canvas, width: number): { left: number; top: number; right: number; bottom: number } {
  return { left: -width, top: -width, right: canvas.width + width, bottom: canvas.height + width };
}

function drawOutline(canvas: Canvas, outline: Outline): void {
  const { points, width, rim, colour, dash, fill } = outline;
  if (points.length < 6 || !points.every(Number.isFinite)) return;
  if (fill > 0) fillPolygon(canvas, points, colour, fill);
  strokeClosed(canvas, points, width + 2 * rim, dark, rimOpacity, 0);
  strokeClosed(canvas, points, width, colour, 1, dash);
}

function strokeClosed(
  canvas: Canvas,
  points: readonly number[],
  width: number,
  colour: Colour,
  alpha: number,
  dash: number,
): void {
  const bounds = boundsAround(canvas, width);
  const count = points.length;
  for (let i = 0; i < count; i += 2) {
    const line = clipLine(points[i]!, points[i + 1]!, points[(i + 2) % count]!, points[(i + 3) % count]!, bounds);
    if (!line) continue;
    if (dash > 0) drawDashes(canvas, line, width, colour, alpha, dash);
    else drawLine(canvas, ...line, width, colour, alpha);
  }
}

/** Whole dashes with gaps as long, beginning and ending with a dash. */
function drawDashes(
  canvas: Canvas,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  width: number,
  colour: Colour,
  alpha: number,
  dash: number,
): void {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const pieces = Math.max(1, Math.round((length / dash - 1) / 2) * 2 + 1);
  for (let piece = 0; piece < pieces; piece += 2) {
    const from = piece / pieces;
    const to = (piece + 1) / pieces;
    drawLine(
      canvas,
      x1 + (x2 - x1) * from,
      y1 + (y2 - y1) * from,
      x1 + (x2 - x1) * to,
      y1 + (y2 - y1) * to,
      width,
      colour,
      alpha,
    );
  }
}

function drawLabel(canvas: Canvas, label: Label): void {
  const { x, y, width, height, bar } = label;
  if (![x, y, width, height].every(Number.isFinite)) return;
  fillRectangle(canvas, x, y, x + width, y + height, dark, backingOpacity);
  fillRectangle(canvas, x, y, x + bar, y + height, label.accent, 1);
  for (const line of label.lines) drawText(canvas, line.text, line.x, line.y, line.size, line.colour);
}
