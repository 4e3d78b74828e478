import type { Box } from '../detection/types.js';
import type { Colour, Label, LabelLine } from './drawing.js';
import { measureText } from './text.js';

/** A label that has no place yet. */
export interface WantedLabel {
  /** What it belongs to; it is put beside it. */
  box: Box;
  accent: Colour;
  lines: { text: string; size: number; colour: Colour }[];
  /** Higher ones choose their place first. */
  weight: number;
  /** Wants to be in a corner of the box, not beside it: the name of a place. */
  inside?: boolean;
}

export interface LayoutStyle {
  /** Space between text and the edge of its backing, pixels. */
  padding: number;
  bar: number;
  /** Space between a box and its label. */
  gap: number;
}

interface Place {
  x: number;
  y: number;
}

interface Rectangle extends Place {
  width: number;
  height: number;
}

/**
 * Finds places beside the boxes: inside the picture, off each other, and off what is to stay visible (plates). The wanted
 * place is above the box; where nothing is free the least covered place is taken.
 *
 * @param occupied what else is written on the picture
 */
export function placeLabels(
  wanted: readonly WantedLabel[],
  frame: { width: number; height: number },
  visible: readonly Box[],
  style: LayoutStyle,
  occupied: readonly Box[] = [],
): Label[] {
  const order = [...wanted].sort((a, b) => b.weight - a.weight);
  const taken = occupied.map(rectangleOf);
  const keepClear = visible.map(rectangleOf);
  return order.map((want) => {
    const lines = fitLines(want.lines, frame.width - style.bar - 2 * style.padding);
    const size = sizeOf(lines, style);
    const place = bestPlace(candidates(want, size, taken, style.gap), size, frame, taken, keepClear);
    taken.push({ ...place, ...size });
    return buildLabel(want, lines, { ...place, ...size }, style);
  });
}

function rectangleOf({ x1, y1, x2, y2 }: Box): Rectangle {
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
}

/** Lines that are wider than the picture get smaller, down to what can still be read. */
function fitLines(lines: WantedLabel['lines'], room: number): WantedLabel['lines'] {
  return lines.map((line) => {
    let { size } = line;
    while (size > 6 && measureText(line.text, size) > room) size--;
    return { ...line, size };
  });
}

function sizeOf(lines: WantedLabel['lines'], style: LayoutStyle): { width: number; height: number } {
  let width = 0;
  let height = style.padding;
  for (const line of lines) {
    width = Math.max(width, measureText(line.text, line.size));
    height += line.size + 1 + style.padding + Math.round(line.size * 0.2);
  }
  return { width: width + style.bar + 2 * style.padding, height };
}

function candidates(
  { box, inside = false }: WantedLabel,
  size: { width: number; height: number },
  taken: readonly Rectangle[],
  gap: number,
): Place[] {
  const right = box.x2 - size.width;
  const above = box.y1 - size.height - gap;
  const below = box.y2 + gap;
  const corners = [
    { x: box.x1 + gap, y: box.y1 + gap },
    { x: box.x1 + gap, y: box.y2 - size.height - gap },
  ];
  const beside = [
    { x: box.x1, y: above },
    { x: box.x1, y: below },
    { x: right, y: above },
    { x: right, y: below },
  ];
  const places = [
    ...(inside ? [...corners, ...beside] : [...beside, ...corners]),
    { x: box.x2 + gap, y: box.y1 },
    { x: box.x1 - size.width - gap, y: box.y1 },
  ];
  // Directly above or below a label that is in the way.
  for (const other of taken) {
    if (other.x > box.x2 || other.x + other.width < box.x1) continue;
    if (other.y > below + 2 * size.height || other.y + other.height < above - size.height) continue;
    places.push({ x: box.x1, y: other.y - size.height - 1 }, { x: box.x1, y: other.y + other.height + 1 });
  }
  return places;
}

function bestPlace(
  places: readonly Place[],
  size: { width: number; height: number },
  frame: { width: number; height: number },
  taken: readonly Rectangle[],
  keepClear: readonly Rectangle[],
): Place {
  let best: Place = { x: 0, y: 0 };
  let bestCost = Infinity;
  for (const [index, wish] of places.entries()) {
    const x = Math.round(Math.max(0, Math.min(frame.width - size.width, wish.x)));
    const y = Math.round(Math.max(0, Math.min(frame.height - size.height, wish.y)));
    const moved = Math.abs(x - wish.x) + Math.abs(y - wish.y);
    const place = { x, y, ...size };
    let cost = index * 0.01 * size.height + moved * 0.1;
    for (const other of taken) cost += 4 * overlap(place, other);
    for (const other of keepClear) cost += overlap(place, other);
    if (cost < bestCost) {
      bestCost = cost;
      best = { x, y };
    }
  }
  return best;
}

function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

function buildLabel(want: WantedLabel, lines: WantedLabel['lines'], place: Rectangle, style: LayoutStyle): Label {
  const x = place.x + style.bar + style.padding;
  let y = place.y + style.padding;
  const placed: LabelLine[] = lines.map((line) => {
    const at = { ...line, x, y };
    y += line.size + 1 + style.padding + Math.round(line.size * 0.2);
    return at;
  });
  return { kind: 'label', ...place, accent: want.accent, bar: style.bar, lines: placed };
}
