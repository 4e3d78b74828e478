import type { ViewArea } from '../areas/view-area.js';
import { requireNumber } from '../frame/config-error.js';
import { CellGrid, type Picture } from './cell-grid.js';
import { Scene } from './scene.js';

export interface MotionOptions {
  /** % of the looked-at area that must change, 0.01–100. */
  share: number;
  /** ms that frames still pass after the last motion. */
  holdMs: number;
  /** ms from one frame to the next while nothing moves; 0: none. */
  idleIntervalMs: number;
  /** What is looked at; left out: the whole frame. */
  area?: ViewArea | undefined;
}

/** `idle`: nothing moves, but this frame is let through so that the flow sees the camera now and then. */
export type Motion = 'moving' | 'still' | 'idle';

/** Frames that come faster are looked at now and then: vehicles do not cross the picture in a tenth of a second. */
const LOOK_MS = 60;
/** While frames pass, a look only makes the hold longer. */
const LOOK_MS_MOVING = 190;
/** Looks so close to each other must agree: rain, an insect, a flash or a damaged picture is gone in the next one. */
const AGREE_MS = 260;
/** A clock that jumps further has told nothing about the scene. */
const LONGEST_STEP_MS = 60_000;
const MS = 1000;

/** What a size of frames needs. */
interface View {
  width: number;
  height: number;
  grid: CellGrid;
  scene: Scene;
  levels: Float32Array;
}

/**
 * Whether anything moves in a camera's picture, from some 14 000 cells of it; see `Scene` for what counts. Meant for Node-RED's
 * own thread: a look at a 1080p frame takes 0.5 to 0.9 ms, and at 25 frames a second every other one is not looked at (`bench/motion.ts`).
 */
export class MotionGate {
  readonly #options: MotionOptions;
  #view: View | undefined;
  #lastLook = -Infinity;
  #lastMotion = -Infinity;
  #lastPassed = -Infinity;
  /** The look before found something that this one must confirm. */
  #suspects = false;

  /** @throws ConfigError when a number is out of its range */
  constructor(options: MotionOptions) {
    requireNumber('the share that must change, %', options.share, 0.01, 100);
    requireNumber('the hold after motion, ms', options.holdMs, 0);
    requireNumber('the time between idle frames, ms', options.idleIntervalMs, 0);
    this.#options = options;
  }

  /**
   * The first frame, and the first of another size, counts as motion: nobody knows what stands there.
   * @param now ms of any clock. One that goes back or leaps costs at most one hold; without a time every frame passes
   */
  see(picture: Picture, now: number): Motion {
    const { holdMs, idleIntervalMs } = this.#options;
    if (!Number.isFinite(now)) return 'moving';
    if (now < this.#lastLook) this.#restart(now);
    const isOpen = now - this.#lastMotion <= holdMs;
    if (now - this.#lastLook >= (isOpen && holdMs >= LOOK_MS_MOVING ? LOOK_MS_MOVING : LOOK_MS)) {
      if (this.#look(picture, now)) this.#lastMotion = now;
    }
    if (now - this.#lastMotion <= holdMs) {
      this.#lastPassed = now;
      return 'moving';
    }
    if (idleIntervalMs === 0 || now - this.#lastPassed < idleIntervalMs) return 'still';
    this.#lastPassed = now;
    return 'idle';
  }

  /** True for motion that was confirmed, if it had to be. */
  #look({ pixels, width, height }: Picture, now: number): boolean {
    const isFirst = this.#view?.width !== width || this.#view.height !== height;
    const view = isFirst ? this.#viewOf(width, height) : this.#view!;
    this.#view = view;
    const elapsed = Math.min(LONGEST_STEP_MS, isFirst ? 0 : now - this.#lastLook);
    this.#lastLook = now;
    view.grid.measure(pixels, view.levels);
    const needed = Math.max(1, (view.scene.cells * this.#options.share) / 100);
    const { moving, isNew } = view.scene.look(view.levels, elapsed / MS, needed);
    if (isFirst) return true;
    const found = moving >= needed || isNew;
    const agreed = found && (this.#suspects || elapsed > AGREE_MS);
    this.#suspects = found;
    if (agreed && isNew) view.scene.learn(view.levels);
    return agreed;
  }

  #viewOf(width: number, height: number): View {
    const { area } = this.#options;
    const box = area?.focus(width, height) ?? { x1: 0, y1: 0, x2: width, y2: height };
    const grid = new CellGrid(width, box);
    const levels = new Float32Array(grid.columns * grid.rows);
    const looked = new Uint8Array(levels.length).fill(1);
    if (area !== undefined) {
      // What is painted grey in a black picture is not looked at.
      const black = new Uint8Array(width * height * 3);
      area.paint(black, width, height);
      grid.measure(black, levels);
      const half = grid.levelOf(HALF_GREY);
      for (const [at, level] of levels.entries()) looked[at] = level > half ? 0 : 1;
    }
    return { width, height, grid, scene: new Scene(grid.columns, grid.rows, looked), levels };
  }

  #restart(now: number): void {
    this.#lastLook = now;
    this.#lastMotion = now;
    this.#lastPassed = now;
    this.#suspects = false;
  }
}

const HALF_GREY = 57;
