import type { Box } from '../detection/types.js';
import { resizeArea, roundHalfEven } from './area.js';
import type { RgbPixels } from './tensor.js';

/** Hailo's numbers (TAPPAS, lpr_croppers.cpp): the borders of a plate say nothing about its characters. */
const SHRINK = 0.1;
const SMALLEST = 10;
const WIDTH = 200;
const HEIGHT = 40;

const resized = new Uint8Array(WIDTH * HEIGHT * 3);
const grey = new Uint8Array(WIDTH * HEIGHT);
const sums = new Int32Array(WIDTH * 3);
const line = new Int32Array(WIDTH * 3);

/**
 * How sharp a plate is, as TAPPAS measures it: the box less 10 % on each side, resized to 200 × 40, blurred 3 × 3, grey, brightened
 * until its lightest pixel is 255; then the variance of the Laplacian (Pech-Pacheco et al., Diatom autofocusing in brightfield
 * microscopy, ICPR 2000). About 100 divides readable from blurred plates. Follows OpenCV's rounding at every step.
 *
 * @param box pixels of `source`; what reaches over the edge is cut off
 * @returns 0…, or -1 where 10 pixels or fewer remain in width or height (or the box is not a box)
 */
export function sharpness(source: RgbPixels, box: Box): number {
  const insetX = (box.x2 - box.x1) * SHRINK;
  const insetY = (box.y2 - box.y1) * SHRINK;
  const x1 = clamp(box.x1 + insetX, source.width);
  const x2 = clamp(box.x2 - insetX, source.width);
  const y1 = clamp(box.y1 + insetY, source.height);
  const y2 = clamp(box.y2 - insetY, source.height);
  const width = wholePixels(x2 - x1);
  const height = wholePixels(y2 - y1);
  if (!(width > SMALLEST && height > SMALLEST)) return -1;
  const left = Math.min(wholePixels(x1), source.width - width);
  const top = Math.min(wholePixels(y1), source.height - height);
  const rectangle = { pixels: source.pixels, stride: source.width * 3, left, top, width, height };
  resizeArea(rectangle, resized, WIDTH, HEIGHT);
  blurToGrey();
  brighten();
  return laplacianVariance();
}

/** 79.9999… is 80 that floating point missed. */
function wholePixels(value: number): number {
  return Math.floor(value + 1e-6);
}

function clamp(value: number, length: number): number {
  return Math.min(length, Math.max(0, value));
}

/** Mirrors without repeating the edge: … 2 1 | 0 1 2 … */
function mirror(index: number, length: number): number {
  return index < 0 ? -index : index >= length ? 2 * length - 2 - index : index;
}

/** Weights 1 2 1 along both axes, in 16ths, rounded; then the luma of Rec. 601 in 15-bit fixed point. */
function blurToGrey(): void {
  for (let y = 0; y < HEIGHT; y++) {
    const above = mirror(y - 1, HEIGHT) * WIDTH * 3;
    const here = y * WIDTH * 3;
    const below = mirror(y + 1, HEIGHT) * WIDTH * 3;
    for (let i = 0; i < WIDTH * 3; i++) sums[i] = resized[above + i]! + 2 * resized[here + i]! + resized[below + i]!;
    for (let x = 0; x < WIDTH; x++) {
      const before = mirror(x - 1, WIDTH) * 3;
      const after = mirror(x + 1, WIDTH) * 3;
      for (let c = 0; c < 3; c++) {
        line[x * 3 + c] = (sums[before + c]! + 2 * sums[x * 3 + c]! + sums[after + c]! + 8) >> 4;
      }
    }
    for (let x = 0; x < WIDTH; x++) {
      const luma = line[x * 3]! * 9798 + line[x * 3 + 1]! * 19235 + line[x * 3 + 2]! * 3735;
      grey[y * WIDTH + x] = (luma + 16384) >> 15;
    }
  }
}

function brighten(): void {
  let lightest = 0;
  for (let i = 0; i < grey.length; i++) if (grey[i]! > lightest) lightest = grey[i]!;
  if (lightest === 0) return;
  // OpenCV scales bytes in single precision; ties fall accordingly.
  const scale = Math.fround(255 / lightest);
  for (let i = 0; i < grey.length; i++) grey[i] = roundHalfEven(Math.fround(grey[i]! * scale));
}

/** Of the four-neighbour Laplacian; the differences are whole numbers, so the sums are exact. */
function laplacianVariance(): number {
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < HEIGHT; y++) {
    const above = mirror(y - 1, HEIGHT) * WIDTH;
    const below = mirror(y + 1, HEIGHT) * WIDTH;
    for (let x = 0; x < WIDTH; x++) {
      const row = y * WIDTH;
      const around =
        grey[above + x]! + grey[below + x]! + grey[row + mirror(x - 1, WIDTH)]! + grey[row + mirror(x + 1, WIDTH)]!;
      const value = around - 4 * grey[row + x]!;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / grey.length;
  return squares / grey.length - mean * mean;
}
