import type { Box, Corners } from '../detection/types.js';
import { ImageError } from './errors.js';

/** 8-bit RGB, row-major, 3 bytes a pixel. */
export interface BlurPicture {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/**
 * A part of the picture that nobody may recognise, px; of `corners` the upright box around them. It may reach over the
 * picture's edge. `margin` widens it by that share of its own size on every side.
 */
export type BlurRegion = { box: Box; margin?: number } | { corners: Corners; margin?: number };

/** Along the longer side and along the shorter: what is left of a region is six colours. */
const CELLS_ALONG = 3;
const CELLS_ACROSS = 2;
/** Of 256 levels of brightness cells keep 16, and as coarse a tint, so that single characters do not show in their means. */
const LEVEL = 16;

/**
 * Makes regions unrecognisable, in place, for good: each becomes six mean colours in coarse steps, blended into each other. Two or
 * three characters share a cell, so no sharpening brings them back; pixels outside the regions are not touched. Walks every
 * pixel of a region once for reading and once for writing: a tenth of a millisecond for a plate.
 *
 * @throws ImageError ALPR_IMAGE_ARGUMENT for coordinates that are not finite: what should have been hidden must not be shown
 */
export function blurRegions(picture: BlurPicture, regions: readonly BlurRegion[]): void {
  const areas = regions.map((region, index) => areaOf(region, index, picture));
  for (const area of areas) if (area !== undefined) blurArea(picture, area);
}

function areaOf(region: BlurRegion, index: number, { width, height }: BlurPicture): Box | undefined {
  const { x1, y1, x2, y2 } = 'corners' in region ? hull(region.corners) : region.box;
  const margin = region.margin ?? 0;
  const [marginX, marginY] = [(x2 - x1) * margin, (y2 - y1) * margin];
  const sides = [x1 - marginX, y1 - marginY, x2 + marginX, y2 + marginY];
  if (!sides.every(Number.isFinite)) {
    throw new ImageError(
      'ALPR_IMAGE_ARGUMENT',
      `Expected finite numbers for the region to blur ${index + 1} but received ${sides.join(', ')}`,
    );
  }
  const area = {
    x1: Math.max(0, Math.floor(sides[0]!)),
    y1: Math.max(0, Math.floor(sides[1]!)),
    x2: Math.min(width, Math.ceil(sides[2]!)),
    y2: Math.min(height, Math.ceil(sides[3]!)),
  };
  return area.x1 < area.x2 && area.y1 < area.y2 ? area : undefined;
}

function hull(corners: Corners): Box {
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

function blurArea(picture: BlurPicture, area: Box): void {
  const { pixels, width } = picture;
  const [areaWidth, areaHeight] = [area.x2 - area.x1, area.y2 - area.y1];
  const isWide = areaWidth >= areaHeight;
  const columns = Math.min(areaWidth, isWide ? CELLS_ALONG : CELLS_ACROSS);
  const rows = Math.min(areaHeight, isWide ? CELLS_ACROSS : CELLS_ALONG);
  const cells = cellColours(picture, area, columns, rows);
  const across = blendTable(areaWidth, columns);
  const down = blendTable(areaHeight, rows);
  for (let y = 0; y < areaHeight; y++) {
    const { from: top, to: bottom, weight: wy } = down[y]!;
    let i = ((area.y1 + y) * width + area.x1) * 3;
    for (let x = 0; x < areaWidth; x++) {
      const { from, to, weight: wx } = across[x]!;
      for (let channel = 0; channel < 3; channel++, i++) {
        const above = mix(cells[(top * columns + from) * 3 + channel]!, cells[(top * columns + to) * 3 + channel]!, wx);
        const below = mix(
          cells[(bottom * columns + from) * 3 + channel]!,
          cells[(bottom * columns + to) * 3 + channel]!,
          wx,
        );
        pixels[i] = mix(above, below, wy) + 0.5;
      }
    }
  }
}

/** Red, green and blue of each cell, row by row. */
function cellColours({ pixels, width }: BlurPicture, area: Box, columns: number, rows: number): Float64Array {
  const cells = new Float64Array(columns * rows * 3);
  const [areaWidth, areaHeight] = [area.x2 - area.x1, area.y2 - area.y1];
  for (let row = 0; row < rows; row++) {
    const top = area.y1 + Math.floor((row * areaHeight) / rows);
    const bottom = area.y1 + Math.floor(((row + 1) * areaHeight) / rows);
    for (let column = 0; column < columns; column++) {
      const left = area.x1 + Math.floor((column * areaWidth) / columns);
      const right = area.x1 + Math.floor(((column + 1) * areaWidth) / columns);
      let [red, green, blue] = [0, 0, 0];
      for (let y = top; y < bottom; y++) {
        const end = (y * width + right) * 3;
        for (let i = (y * width + left) * 3; i < end; i += 3) {
          red += pixels[i]!;
          green += pixels[i + 1]!;
          blue += pixels[i + 2]!;
        }
      }
      const count = (bottom - top) * (right - left);
      cells.set(coarse(red / count, green / count, blue / count), (row * columns + column) * 3);
    }
  }
  return cells;
}

/** In steps of brightness and tint (ITU-R BT.601), where greys stay grey. */
function coarse(red: number, green: number, blue: number): number[] {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  const y = Math.floor(luma / LEVEL) * LEVEL + LEVEL / 2;
  const [cb, cr] = [(blue - luma) / 1.772, (red - luma) / 1.402].map((tint) => Math.round(tint / LEVEL) * LEVEL);
  const colour = [y + 1.402 * cr!, y - 0.344 * cb! - 0.714 * cr!, y + 1.772 * cb!];
  return colour.map((value) => Math.min(255, Math.max(0, value)));
}

/** For each pixel along a side: the cells whose centres it lies between, and how far it is towards the second. */
function blendTable(length: number, cells: number): { from: number; to: number; weight: number }[] {
  return Array.from({ length }, (_, i) => {
    const place = Math.min(cells - 1, Math.max(0, ((i + 0.5) * cells) / length - 0.5));
    const from = Math.floor(place);
    return { from, to: Math.min(cells - 1, from + 1), weight: place - from };
  });
}

function mix(a: number, b: number, weight: number): number {
  return a + (b - a) * weight;
}
