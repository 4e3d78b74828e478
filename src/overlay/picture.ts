import type { Canvas, Picture } from './drawing.js';

/**
 * Puts a small picture onto the canvas, interpolated bilinearly. What lies outside the canvas is left away; a picture whose
 * numbers are none, or whose memory is too short, is left away as a whole.
 */
export function drawPicture(canvas: Canvas, picture: Picture): void {
  const { x, y, width, height, pixelWidth, pixelHeight } = picture;
  if (![x, y, width, height, pixelWidth, pixelHeight].every(Number.isInteger)) return;
  if (width < 1 || height < 1 || pixelWidth < 1 || pixelHeight < 1) return;
  if (picture.pixels.byteLength < pixelWidth * pixelHeight * 3) return;
  const source = new Uint8Array(picture.pixels, 0, pixelWidth * pixelHeight * 3);
  const [left, right] = [Math.max(0, x), Math.min(canvas.width, x + width)];
  const columns = spots(left - x, right - x, width, pixelWidth);
  for (let row = Math.max(0, y); row < Math.min(canvas.height, y + height); row++) {
    const [{ at, next, weight: wy }] = spots(row - y, row - y + 1, height, pixelHeight) as [Spot];
    const [upper, lower] = [at * pixelWidth * 3, next * pixelWidth * 3];
    let i = (row * canvas.width + left) * 3;
    for (const { at: a, next: b, weight: wx } of columns) {
      for (let channel = 0; channel < 3; channel++, i++) {
        const p = source[upper + a * 3 + channel]!;
        const q = source[lower + a * 3 + channel]!;
        const above = p + (source[upper + b * 3 + channel]! - p) * wx;
        const below = q + (source[lower + b * 3 + channel]! - q) * wx;
        canvas.pixels[i] = above + (below - above) * wy + 0.5;
      }
    }
  }
}

interface Spot {
  at: number;
  next: number;
  /** 0..1, of `next`. */
  weight: number;
}

/** The pixels that lie around the centres of the output's pixels `from` to `to` (exclusive). */
function spots(from: number, to: number, length: number, pixels: number): Spot[] {
  const list: Spot[] = [];
  for (let i = from; i < to; i++) {
    const place = Math.min(pixels - 1, Math.max(0, ((i + 0.5) * pixels) / length - 0.5));
    const at = Math.floor(place);
    list.push({ at, next: Math.min(pixels - 1, at + 1), weight: place - at });
  }
  return list;
}
