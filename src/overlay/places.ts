import type { Point } from '../detection/types.js';
import type { Shape } from './drawing.js';
import type { WantedLabel } from './layout.js';
import { outline, overlayColours, trail, type Style } from './style.js';

/** Zones and the line that tells in from out; points are shares of the frame, as in plate-out's settings. */
export interface Places {
  zones: readonly { name: string; points: readonly Point[] }[];
  /** `inSign`: the side that is `in`, the sign of (to − from) × (point − from). */
  line?: { from: Point; to: Point; inSign: 1 | -1 } | undefined;
}

/** Outlines of zones, the line with an arrow to the side that is `in`, and the labels they want. */
export function composePlaces(
  { zones, line }: Places,
  { width, height }: { width: number; height: number },
  style: Style,
): { shapes: Shape[]; labels: WantedLabel[] } {
  const { place } = overlayColours;
  const shapes: Shape[] = [];
  const labels: WantedLabel[] = [];
  const label = (text: string, x1: number, y1: number, x2: number, y2: number): void => {
    const lines = [{ text, size: style.small, colour: place }];
    labels.push({ box: { x1, y1, x2, y2 }, accent: place, lines, weight: -1, inside: true });
  };
  for (const { name, points } of zones) {
    const corners = points.flatMap(({ x, y }) => [x * width, y * height]);
    const xs = points.map(({ x }) => x * width);
    const ys = points.map(({ y }) => y * height);
    shapes.push(outline(corners, place, style.line * 0.8, true, 0.08));
    label(name, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
  }
  if (line !== undefined) {
    const from = { x: line.from.x * width, y: line.from.y * height };
    const to = { x: line.to.x * width, y: line.to.y * height };
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    // Along the line, and towards the side that is in.
    const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
    const inwards = { x: -along.y * line.inSign, y: along.x * line.inSign };
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const size = style.text * 0.9;
    const at = (sideways: number, ahead: number): [number, number] => [
      middle.x + along.x * sideways + inwards.x * ahead,
      middle.y + along.y * sideways + inwards.y * ahead,
    ];
    shapes.push(trail([from.x, from.y, to.x, to.y], place, style.line * 1.4, 1));
    shapes.push(outline([...at(-size, 0), ...at(0, size * 1.4), ...at(size, 0)], place, style.line, false, 0.9));
    const [x, y] = at(0, size * 2.4);
    label('in', x - 1, y - 1, x + 1, y + 1);
  }
  return { shapes, labels };
}
