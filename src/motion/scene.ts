import { Light, TILE_BITS } from './light.js';

/** What one look at the scene found. */
export interface SceneChange {
  /** Cells that belong to something that is not in the background and moves. */
  moving: number;
  /** Nearly everything differs, as when a camera switches to infrared; the scene was learnt anew. */
  isNew: boolean;
}

/** Time constants, s. The recent picture is what a slow vehicle must differ from, by a cell or so. */
const RECENT = 0.7;
/** Cells that show the background follow the light; those that do not, but stand still, are a parked vehicle. */
const BACKGROUND = 8;
const PARKED = 20;
const PASSING = 120;
/** No look counts more than this share: with a picture every ten seconds a single one must not become the background. */
const MOST_WEIGHT = 0.2;

/** Levels (cell-grid.ts) below which nothing is a change, and above which everything is one, however restless the cell. */
const LEAST_CHANGE = 6;
const SURE_CHANGE = 40;
/** A cell's noise is the amount that three quarters of its changes stay below: 1.15 σ. Four of them are 4.6 σ. */
const NOISES = 4;
const LEAST_NOISE = 0.7;
const FIRST_NOISE = 1.5;
const MOST_NOISE = SURE_CHANGE / NOISES;
/** Per second, share by which the noise falls; it rises three times as fast, which makes it the three-quarters quantile. */
const NOISE_RATE = 0.15;
/** What passes is not noise; what goes on and on is (branches in the wind, water). */
const NOISE_RATE_MOVING = NOISE_RATE / 8;
/** A pixel's shake moves a twelfth of the difference between neighbours, and more where few pixels are taken of a cell. */
const SHAKE = 0.25;
/** Looks after which all edges have been found anew. */
const EDGE_STEPS = 12;

/** Recently changed cells that make a tile one in which something moves. */
const LIVELY = 3;
/** Of nine cells: what is thinner is rain, snow, an insect's trail or an edge that shook. */
const COMPACT = 5;
const NEW_SCENE = 0.6;

const STILL: SceneChange = { moving: 0, isNew: false };

/**
 * What a camera shows when nothing moves, learnt from what it shows. Three things make a cell *moving*: it differs from the
 * background (learnt over some seconds), it or its surroundings differ from the recent picture (so that a parked vehicle is
 * none), and most of its neighbours do so, too. What differs by no more than the light around it does not.
 */
export class Scene {
  readonly #background: Float32Array;
  readonly #recent: Float32Array;
  readonly #noise: Float32Array;
  /** Difference that a shake of the camera makes, levels; follows the background some rows at a time. */
  readonly #edges: Float32Array;
  /** Bit 1: differs from the background; bit 2: from the recent picture; bit 4: belongs to something that moves. */
  readonly #marks: Uint8Array;
  /** How much each cell differs from the recent picture beyond the light, levels. */
  readonly #changes: Float32Array;
  readonly #fromBackground: Light;
  readonly #fromRecent: Light;
  readonly #lively: Uint8Array;
  readonly #cells: number;
  #isEmpty = true;
  #edgeRow = 0;

  /** @param looked 1 for cells that are looked at, 0 for the others */
  constructor(
    private readonly columns: number,
    private readonly rows: number,
    private readonly looked: Uint8Array,
  ) {
    const cells = columns * rows;
    this.#background = new Float32Array(cells);
    this.#recent = new Float32Array(cells);
    this.#noise = new Float32Array(cells).fill(FIRST_NOISE);
    this.#edges = new Float32Array(cells);
    this.#marks = new Uint8Array(cells);
    this.#changes = new Float32Array(cells);
    this.#fromBackground = new Light(columns, rows, looked);
    this.#fromRecent = new Light(columns, rows, looked);
    this.#lively = new Uint8Array(this.#fromRecent.tiles);
    this.#cells = looked.reduce((sum, cell) => sum + cell, 0);
  }

  /** Cells that are looked at. */
  get cells(): number {
    return this.#cells;
  }

  /**
   * @param levels of all cells
   * @param seconds since the last look
   * @param needed moving cells that the caller cares for: fewer may be given as 0
   */
  look(levels: Float32Array, seconds: number, needed: number): SceneChange {
    if (this.#isEmpty) {
      this.learn(levels);
      return { moving: 0, isNew: true };
    }
    const { different, lively } = this.#compare(levels);
    const isNew = different > NEW_SCENE * this.#cells;
    const moving = different >= needed && lively > 0 ? this.#countMoving() : 0;
    this.#follow(levels, seconds);
    return moving === 0 && !isNew ? STILL : { moving, isNew };
  }

  /** Takes a picture as the background. What is known of the cells' noise stays. */
  learn(levels: Float32Array): void {
    this.#background.set(levels);
    this.#recent.set(levels);
    for (let row = 0; row < this.rows; row++) this.#findEdges(row);
    this.#isEmpty = false;
  }

  #compare(levels: Float32Array): { different: number; lively: number } {
    const { columns, rows, looked } = this;
    const background = this.#background;
    const recent = this.#recent;
    this.#fromBackground.measure(levels, background);
    this.#fromRecent.measure(levels, recent);
    const tileColumns = this.#fromRecent.columns;
    const light = this.#fromBackground.light;
    const recentLight = this.#fromRecent.light;
    const lively = this.#lively.fill(0);
    const noise = this.#noise;
    const edges = this.#edges;
    const marks = this.#marks;
    const changes = this.#changes;
    let different = 0;
    let livelyCells = 0;
    for (let row = 0, at = 0; row < rows; row++) {
      const tileRow = (row >> TILE_BITS) * tileColumns;
      for (let column = 0; column < columns; column++, at++) {
        if (looked[at] === 0) continue;
        const tile = tileRow + (column >> TILE_BITS);
        const level = levels[at]!;
        const threshold = Math.min(SURE_CHANGE, Math.max(LEAST_CHANGE, NOISES * noise[at]!) + SHAKE * edges[at]!);
        let mark = 0;
        if (Math.abs(level - background[at]! - light[tile]!) > threshold) {
          mark = 1;
          different++;
        }
        const change = Math.abs(level - recent[at]! - recentLight[tile]!);
        changes[at] = change;
        if (change > threshold) {
          mark |= 2;
          livelyCells++;
          lively[tile]!++;
        }
        marks[at] = mark;
      }
    }
    return { different, lively: livelyCells };
  }

  /** Cells that differ from the background, most of their neighbours with them, where something changed recently. */
  #countMoving(): number {
    const { columns, rows } = this;
    const marks = this.#marks;
    const places = this.#livelyPlaces();
    const tileColumns = this.#fromRecent.columns;
    let moving = 0;
    for (let row = 0; row < rows; row++) {
      const up = row === 0 ? row : row - 1;
      const down = row === rows - 1 ? row : row + 1;
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        if ((marks[at]! & 1) === 0 || places[(row >> TILE_BITS) * tileColumns + (column >> TILE_BITS)] === 0) continue;
        const left = column === 0 ? column : column - 1;
        const right = column === columns - 1 ? column : column + 1;
        let neighbours = 0;
        for (const line of [up * columns, row * columns, down * columns]) {
          neighbours += (marks[line + left]! & 1) + (marks[line + column]! & 1) + (marks[line + right]! & 1);
        }
        if (neighbours < COMPACT) continue;
        marks[at]! |= 4;
        moving++;
      }
    }
    return moving;
  }

  /** 1 for tiles with recent changes and those around them. */
  #livelyPlaces(): Uint8Array {
    const { columns, rows } = this.#fromRecent;
    const places = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (this.#lively[row * columns + column]! < LIVELY) continue;
        for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
          for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
            places[y * columns + x] = 1;
        }
      }
    }
    return places;
  }

  #follow(levels: Float32Array, seconds: number): void {
    const background = this.#background;
    const recent = this.#recent;
    const noise = this.#noise;
    const marks = this.#marks;
    const changes = this.#changes;
    const { looked } = this;
    const weightOf = (constant: number): number => 1 - Math.exp(-seconds / constant);
    const slow = [BACKGROUND, PARKED, BACKGROUND, PASSING].map((constant) =>
      Math.min(MOST_WEIGHT, weightOf(constant)),
    ) as [number, number, number, number];
    const fast = weightOf(RECENT);
    const rate = Math.min(0.05, NOISE_RATE * seconds);
    const movingRate = Math.min(0.05, NOISE_RATE_MOVING * seconds);
    for (let at = 0; at < levels.length; at++) {
      if (looked[at] === 0) continue;
      const level = levels[at]!;
      const mark = marks[at]!;
      const step = (mark & 4) === 0 ? rate : movingRate;
      const before = noise[at]!;
      const after = before * (changes[at]! > before ? 1 + 3 * step : 1 - step);
      noise[at] = after < LEAST_NOISE ? LEAST_NOISE : after > MOST_NOISE ? MOST_NOISE : after;
      recent[at]! += fast * (level - recent[at]!);
      background[at]! += slow[mark & 3]! * (level - background[at]!);
    }
    for (let count = Math.ceil(this.rows / EDGE_STEPS); count > 0; count--) {
      this.#findEdges(this.#edgeRow);
      this.#edgeRow = (this.#edgeRow + 1) % this.rows;
    }
  }

  #findEdges(row: number): void {
    const { columns, rows } = this;
    const background = this.#background;
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const level = background[at]!;
      let edge = 0;
      if (column > 0) edge = Math.max(edge, Math.abs(level - background[at - 1]!));
      if (column < columns - 1) edge = Math.max(edge, Math.abs(level - background[at + 1]!));
      if (row > 0) edge = Math.max(edge, Math.abs(level - background[at - columns]!));
      if (row < rows - 1) edge = Math.max(edge, Math.abs(level - background[at + columns]!));
      this.#edges[at] = edge;
    }
  }
}
