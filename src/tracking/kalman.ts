import type { Box } from '../detection/types.js';

/** Length of one time unit of the filter: the noise below is stated per frame of a 30 fps video, as in the papers. */
export const NOMINAL_FRAME_MS = 1000 / 30;

const POSITION_NOISE = 1 / 20;
const VELOCITY_NOISE = 1 / 160;
/**
 * Spread of the unknown first velocity, scales per nominal frame: 0.15 × the height of a car (1.5 m) is 6.75 m/s at one sigma,
 * so three sigmas cover a car that crosses the picture at 70 km/h. DeepSORT's 1/16 assumes 30 fps and nearby boxes that overlap.
 */
const FIRST_VELOCITY = 0.15;
const ASPECT = { first: 1e-2, firstVelocity: 1e-5, process: 1e-2, processVelocity: 1e-5, measured: 1e-1 };

/**
 * Where one coordinate is and how fast it moves: value, velocity per nominal frame, and their covariance
 * (var(value), cov(value, velocity), var(velocity)).
 */
export type AxisState = [value: number, velocity: number, pvv: number, pvd: number, pdd: number];

/**
 * Constant-velocity Kalman filter of a box: centre x, centre y, aspect (width / height), height; noise relative to the box's
 * scale. The model of DeepSORT (Wojke et al. 2017, arXiv 1703.07402), JDE and ByteTrack. All its matrices are diagonal over
 * the four coordinates, so the 8×8 filter falls apart exactly into four filters of two states each.
 *
 * Time steps may have any length: process noise is integrated over the step (white acceleration plus a random walk of the
 * position), so two steps of one frame are the same as one step of two.
 */
export class BoxFilter {
  /** Centre x, centre y, aspect, height. */
  readonly axes: [AxisState, AxisState, AxisState, AxisState];
  #scale: number;

  /** @param scale px; what motion is measured by, the box's height for vehicles */
  constructor(box: Box, scale: number) {
    this.#scale = scale;
    const [cx, cy, aspect, height] = measure(box);
    const position = (2 * POSITION_NOISE * scale) ** 2;
    const velocity = (FIRST_VELOCITY * scale) ** 2;
    const sizeVelocity = (10 * VELOCITY_NOISE * scale) ** 2;
    this.axes = [
      [cx, 0, position, 0, velocity],
      [cy, 0, position, 0, velocity],
      [aspect, 0, ASPECT.first ** 2, 0, ASPECT.firstVelocity ** 2],
      [height, 0, position, 0, sizeVelocity],
    ];
  }

  /** @param frames length of the step in nominal frames, 0 or more */
  predict(frames: number): void {
    if (!(frames > 0)) return;
    for (let axis = 0; axis < 4; axis++) {
      const q = (axis === 2 ? ASPECT.process : POSITION_NOISE * this.#scale) ** 2;
      const qv = (axis === 2 ? ASPECT.processVelocity : VELOCITY_NOISE * this.#scale) ** 2;
      const state = this.axes[axis]!;
      const [value, velocity, pvv, pvd, pdd] = state;
      state[0] = value + velocity * frames;
      state[2] = pvv + 2 * frames * pvd + frames * frames * pdd + q * frames + (qv * frames ** 3) / 3;
      state[3] = pvd + frames * pdd + (qv * frames * frames) / 2;
      state[4] = pdd + qv * frames;
    }
    // A shrinking track that is not seen for long must not turn inside out.
    const height = this.axes[3];
    if (height[0] < 1) {
      height[0] = 1;
      height[1] = 0;
    }
    if (this.axes[2][0] < 0.05) this.axes[2][0] = 0.05;
  }

  /** Takes in a measured box; `scale` as in the constructor, of the new box. */
  correct(box: Box, scale: number): void {
    this.#scale = scale;
    const measured = measure(box);
    for (let axis = 0; axis < 4; axis++) {
      const state = this.axes[axis]!;
      const [value, velocity, pvv, pvd, pdd] = state;
      const spread = pvv + this.#measurementVariance(axis);
      const gain = pvv / spread;
      const velocityGain = pvd / spread;
      const surprise = measured[axis]! - value;
      state[0] = value + gain * surprise;
      state[1] = velocity + velocityGain * surprise;
      state[2] = pvv - gain * pvv;
      state[3] = pvd - gain * pvd;
      state[4] = pdd - velocityGain * pvd;
    }
  }

  /**
   * Squared Mahalanobis distance of a centre from the predicted one: χ² with 2 degrees of freedom.
   * Without aspect and height, because those jump when a vehicle drives into the picture.
   */
  centreDistance(cx: number, cy: number): number {
    const [x, y] = this.axes;
    return (
      (cx - x[0]) ** 2 / (x[2] + this.#measurementVariance(0)) +
      (cy - y[0]) ** 2 / (y[2] + this.#measurementVariance(1))
    );
  }

  /** The box that the filter believes in now. Not clamped to the picture. */
  get box(): Box {
    const [x, y, aspect, h] = this.axes;
    const halfHeight = h[0] / 2;
    const halfWidth = aspect[0] * halfHeight;
    return { x1: x[0] - halfWidth, y1: y[0] - halfHeight, x2: x[0] + halfWidth, y2: y[0] + halfHeight };
  }

  #measurementVariance(axis: number): number {
    return (axis === 2 ? ASPECT.measured : POSITION_NOISE * this.#scale) ** 2;
  }
}

/** Centre x, centre y, aspect, height; sides of at least a thousandth of a pixel, so that flat boxes give finite numbers. */
function measure(box: Box): [number, number, number, number] {
  const width = Math.max(box.x2 - box.x1, 1e-3);
  const height = Math.max(box.y2 - box.y1, 1e-3);
  return [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, width / height, height];
}
