import type { Box } from '../detection/types.js';

/** Pixels of a frame: 8-bit RGB, row-major, no padding. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** 160 × 90: at 1080p a cell is 12 px wide, half a character of a plate that can just be read. */
const MOST_CELLS = 14_400;
const SMALLEST_CELL = 4;
/** Pixels taken of a cell. Lines cost memory's time (0.1 ms each at 1080p), pixels of a line nothing. */
const ACROSS = 4;
const DOWN = 3;
/** Red + 2 green + blue of a cell's pixels, at most. */
const LARGEST_SUM = ACROSS * DOWN * 4 * 255;
/** Cells darker than this differ by little light; there a logarithm would make noise of it. */
const DARK = 24;
/** One level is one grey value of 255 for a cell a little darker than mid grey. */
const LEVELS = 110;

/**
 * The brightness of cells, in levels on a logarithmic scale: when a cloud or the camera's exposure takes a share of the light,
 * every cell loses the same number of levels.
 */
export class CellGrid {
  readonly columns: number;
  readonly rows: number;
  readonly #width: number;
  readonly #cell: number;
  readonly #left: number;
  readonly #top: number;
  /** Where in a cell pixels are taken: bytes from its left edge, lines from its top. */
  readonly #across: number[];
  readonly #down: number[];
  readonly #sums: Uint16Array;

  /** @param box part of the frame, whole pixels within it */
  constructor(width: number, box: Box) {
    const [across, down] = [box.x2 - box.x1, box.y2 - box.y1];
    const cell = Math.min(across, down, Math.max(SMALLEST_CELL, Math.ceil(Math.sqrt((across * down) / MOST_CELLS))));
    this.columns = Math.floor(across / cell);
    this.rows = Math.floor(down / cell);
    this.#width = width;
    this.#cell = cell;
    this.#left = box.x1 + Math.floor((across - this.columns * cell) / 2);
    this.#top = box.y1 + Math.floor((down - this.rows * cell) / 2);
    const places = (count: number): number[] =>
      Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * cell) / count));
    this.#across = places(ACROSS).map((place) => place * 3);
    this.#down = places(DOWN);
    this.#sums = new Uint16Array(this.columns);
  }

  /** @param value grey value, 0..255 */
  levelOf(value: number): number {
    return scale[Math.round(value * 4) * ACROSS * DOWN]!;
  }

  /** @param levels one per cell, row by row */
  measure(pixels: Uint8Array, levels: Float32Array): void {
    const { columns, rows } = this;
    const sums = this.#sums;
    const [a, b, c, d] = this.#across as [number, number, number, number];
    const step = this.#cell * 3;
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      for (const line of this.#down) {
        let at = ((this.#top + row * this.#cell + line) * this.#width + this.#left) * 3;
        for (let column = 0; column < columns; column++, at += step) {
          sums[column]! +=
            pixels[at + a]! +
            2 * pixels[at + a + 1]! +
            pixels[at + a + 2]! +
            pixels[at + b]! +
            2 * pixels[at + b + 1]! +
            pixels[at + b + 2]! +
            pixels[at + c]! +
            2 * pixels[at + c + 1]! +
            pixels[at + c + 2]! +
            pixels[at + d]! +
            2 * pixels[at + d + 1]! +
            pixels[at + d + 2]!;
        }
      }
      const start = row * columns;
      for (let column = 0; column < columns; column++) levels[start + column] = scale[sums[column]!]!;
    }
  }
}

const scale = Float32Array.from(
  { length: LARGEST_SUM + 1 },
  (_, sum) => LEVELS * Math.log1p(sum / (ACROSS * DOWN * 4) / DARK),
);
