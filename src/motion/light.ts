/** A tile has 8 × 8 cells. Light is compared with that of three by three tiles: a quarter of the picture's height. */
export const TILE_BITS = 3;
const TILE = 1 << TILE_BITS;
/** How much of a cell's change, levels, may speak for a change of the light around it. */
const MOST_LIGHT = 8;
/** Half levels. */
const HISTOGRAM = 512;
/** No divisor of usual numbers of columns: the cells lie all over the picture. */
const MEDIAN_STEP = 3;

/** How much the light around a cell has changed: that of the whole picture, and what its surroundings differ from it. */
export class Light {
  readonly columns: number;
  readonly rows: number;
  /** Per tile, levels. */
  readonly light: Float32Array;
  readonly #sums: Float32Array;
  readonly #counts: Float32Array;
  readonly #histogram = new Uint32Array(HISTOGRAM);

  constructor(
    private readonly cellColumns: number,
    private readonly cellRows: number,
    private readonly looked: Uint8Array,
  ) {
    this.columns = Math.ceil(cellColumns / TILE);
    this.rows = Math.ceil(cellRows / TILE);
    this.light = new Float32Array(this.tiles);
    this.#sums = new Float32Array(this.tiles);
    this.#counts = new Float32Array(this.tiles);
    for (const [at, isLooked] of looked.entries()) {
      const tile = (Math.floor(at / cellColumns) >> TILE_BITS) * this.columns + ((at % cellColumns) >> TILE_BITS);
      this.#counts[tile]! += isLooked;
    }
  }

  get tiles(): number {
    return this.columns * this.rows;
  }

  measure(levels: Float32Array, before: Float32Array): void {
    const { cellColumns, cellRows, looked, columns } = this;
    const common = this.#median(levels, before);
    const sums = this.#sums.fill(0);
    for (let row = 0; row < cellRows; row++) {
      const start = row * cellColumns;
      for (let tile = 0; tile < columns; tile++) {
        const end = start + Math.min(cellColumns, (tile + 1) * TILE);
        let sum = 0;
        for (let at = start + tile * TILE; at < end; at++) {
          const change = levels[at]! - before[at]! - common;
          sum += looked[at]! * (change > MOST_LIGHT ? MOST_LIGHT : change < -MOST_LIGHT ? -MOST_LIGHT : change);
        }
        sums[(row >> TILE_BITS) * columns + tile]! += sum;
      }
    }
    for (let tile = 0; tile < this.tiles; tile++) this.light[tile] = common + this.#meanAround(tile);
  }

  #meanAround(tile: number): number {
    const { columns, rows } = this;
    const [row, column] = [Math.floor(tile / columns), tile % columns];
    let sum = 0;
    let count = 0;
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
        sum += this.#sums[y * columns + x]!;
        count += this.#counts[y * columns + x]!;
      }
    }
    return count === 0 ? 0 : sum / count;
  }

  /** To half a level; changes beyond ±128 count as that. */
  #median(levels: Float32Array, before: Float32Array): number {
    const histogram = this.#histogram.fill(0);
    let count = 0;
    for (let at = 0; at < levels.length; at += MEDIAN_STEP) {
      if (this.looked[at] === 0) continue;
      const bin = ((levels[at]! - before[at]!) * 2 + HISTOGRAM / 2) | 0;
      histogram[bin < 0 ? 0 : bin >= HISTOGRAM ? HISTOGRAM - 1 : bin]!++;
      count++;
    }
    let below = 0;
    for (let bin = 0; bin < HISTOGRAM; bin++) {
      below += histogram[bin]!;
      if (below * 2 >= count) return (bin + 0.5 - HISTOGRAM / 2) / 2;
    }
    return 0;
  }
}
