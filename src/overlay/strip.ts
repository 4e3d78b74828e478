import type { Box } from '../detection/types.js';
import type { Shape } from './drawing.js';
import type { LastPlate } from './last-plates.js';
import { shownText } from './readings.js';
import { overlayColours, type Style } from './style.js';
import { measureText } from './text.js';

/** Of the picture's width, at most. */
const WIDEST = 0.25;
/** Of the picture's height, at most: on a small picture there are fewer. */
const HIGHEST = 0.62;
/** Width in heights of capitals: a tick, eight characters and a percentage. */
const WIDTH = 10.5;
/** Height of a plate's picture in heights of capitals, at most: what two lines need. */
const PICTURE_HEIGHT = 2.8;

/** The last plates at the right edge, the newest at the top; as many as fit. */
export function composeStrip(
  plates: readonly LastPlate[],
  frame: { width: number; height: number },
  style: Style,
): { shapes: Shape[]; area: Box | undefined } {
  const margin = style.padding;
  const width = Math.round(Math.min(frame.width * WIDEST, style.text * WIDTH));
  const inner = width - 2 * style.padding - style.bar;
  const x = frame.width - width - margin;
  const shapes: Shape[] = [];
  let y = margin;
  if (inner < 4) return { shapes, area: undefined };
  for (const plate of plates) {
    const { settled, picture } = plate;
    const colour = settled ? overlayColours.settled : overlayColours.provisional;
    const scale = Math.min(inner / picture.width, (style.text * PICTURE_HEIGHT) / picture.height);
    const [shownWidth, shownHeight] = [picture.width, picture.height].map((side) =>
      Math.max(1, Math.floor(side * scale)),
    );
    const { text, size } = fit(plate, inner, style);
    const height = 3 * style.padding + shownHeight! + size + 1;
    if (y + height > frame.height * HIGHEST) break;
    const left = x + style.bar + style.padding;
    const line = { text, x: left, y: y + shownHeight! + 2 * style.padding, size, colour };
    shapes.push({ kind: 'label', x, y, width, height, accent: colour, bar: style.bar, lines: [line] });
    shapes.push({
      kind: 'picture',
      x: left,
      y: y + style.padding,
      width: shownWidth!,
      height: shownHeight!,
      pixels: picture.pixels,
      pixelWidth: picture.width,
      pixelHeight: picture.height,
    });
    y += height + margin;
  }
  return { shapes, area: shapes.length === 0 ? undefined : { x1: x, y1: 0, x2: frame.width, y2: y } };
}

/** As large as it fits; without its confidence where it would be too small to read with it. */
function fit(plate: LastPlate, room: number, style: Style): { text: string; size: number } {
  const text = shownText(plate);
  const size = largest(text, room, style.text);
  if (size >= style.small) return { text, size };
  const short = shownText({ ...plate, confidence: undefined });
  return { text: short, size: largest(short, room, style.text) };
}

function largest(text: string, room: number, wanted: number): number {
  let size = wanted;
  while (size > 6 && measureText(text, size) > room) size--;
  return size;
}
