import type { Canvas, Colour } from './drawing.js';
import { capitalHeight, glyphOf, textUnits } from './font.js';

interface Mask {
  /** How much of each pixel the glyph covers, 0..256. */
  coverage: Uint16Array;
  width: number;
  height: number;
  /** From the pen's whole-pixel position to the mask's corner. */
  offset: number;
  top: number;
  /** Pixels to the next glyph. */
  advance: number;
}

const masks = new Map<string, Mask>();
const mostMasks = 2000;

/** Thickness of a stroke at that height of capitals, pixels. */
export function strokeWidth(size: number): number {
  return Math.max(1.25, size * 0.135);
}

/** Width of a text, whole pixels, at that height of capitals. */
export function measureText(text: string, size: number): number {
  return Math.ceil((textUnits(text) * size) / capitalHeight + strokeWidth(size));
}

/**
 * Draws one line of text.
 * @param x left edge, whole pixels
 * @param y top of the capitals, whole pixels
 * @param size height of the capitals, whole pixels
 */
export function drawText(canvas: Canvas, text: string, x: number, y: number, size: number, colour: Colour): void {
  let pen = x + strokeWidth(size) / 2;
  for (const character of text) {
    if (pen > canvas.width) return;
    const mask = maskOf(character, size);
    blendMask(canvas, mask, Math.round(pen) + mask.offset, y + mask.top, colour);
    pen += mask.advance;
  }
}

function blendMask(canvas: Canvas, mask: Mask, x: number, y: number, [red, green, blue]: Colour): void {
  const { pixels, width } = canvas;
  const left = Math.max(0, -x);
  const right = Math.min(mask.width, width - x);
  const top = Math.max(0, -y);
  const bottom = Math.min(mask.height, canvas.height - y);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const weight = mask.coverage[row * mask.width + column]!;
      if (weight === 0) continue;
      const i = ((y + row) * width + x + column) * 3;
      const keep = 256 - weight;
      pixels[i] = (pixels[i]! * keep + red * weight) >> 8;
      pixels[i + 1] = (pixels[i + 1]! * keep + green * weight) >> 8;
      pixels[i + 2] = (pixels[i + 2]! * keep + blue * weight) >> 8;
    }
  }
}

function maskOf(character: string, size: number): Mask {
  const key = `${size} ${character}`;
  let mask = masks.get(key);
  if (!mask) {
    if (masks.size >= mostMasks) masks.clear();
    mask = buildMask(character, size);
    masks.set(key, mask);
  }
  return mask;
}

function buildMask(character: string, size: number): Mask {
  const { strokes, advance } = glyphOf(character);
  const scale = size / capitalHeight;
  const reach = strokeWidth(size) / 2 + 0.5;
  const border = Math.ceil(reach);
  const top = Math.ceil(scale) + border;
  const width = Math.ceil(advance * scale) + 2 * border;
  const height = top + Math.ceil(16 * scale) + border + 1;
  const coverage = new Uint16Array(width * height);
  const points = new Float32Array(4);
  for (const stroke of strokes) {
    for (let i = 0; i + 3 < stroke.length; i += 2) {
      // Half a pixel in: the lines at capital height and baseline then run along the middle of pixel rows, crisp.
      for (let k = 0; k < 4; k++) points[k] = stroke[i + k]! * scale + 0.5 + (k % 2 === 0 ? border : top);
      coverSegment(coverage, width, height, points, reach);
    }
  }
  return { coverage, width, height, offset: -border, top: -top, advance: advance * scale };
}

/** Raises the coverage of all pixels near the segment; overlapping segments of a glyph do not add up. */
function coverSegment(coverage: Uint16Array, width: number, height: number, points: Float32Array, reach: number): void {
  const [x1, y1, x2, y2] = points as unknown as [number, number, number, number];
  const dx = x2 - x1;
  const dy = y2 - y1;
  const lengthSquared = dx * dx + dy * dy;
  const right = Math.min(width, Math.ceil(Math.max(x1, x2) + reach));
  const bottom = Math.min(height, Math.ceil(Math.max(y1, y2) + reach));
  for (let y = Math.max(0, Math.floor(Math.min(y1, y2) - reach)); y < bottom; y++) {
    const py = y + 0.5 - y1;
    for (let x = Math.max(0, Math.floor(Math.min(x1, x2) - reach)); x < right; x++) {
      const px = x + 0.5 - x1;
      const along = lengthSquared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared));
      const near = reach - Math.sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2);
      if (near <= 0) continue;
      const i = y * width + x;
      coverage[i] = Math.max(coverage[i]!, Math.round(Math.min(1, near) * 256));
    }
  }
}
