import type { Sight } from '../frame/detail.js';
import type { Cut } from './drawing.js';

/** The same parts cut out of the picture that is looked at, which is held until they are. */
export function cutsFrom({ frame, scaleX, scaleY }: Sight, cuts: readonly Cut[]): Cut[] {
  if (scaleX === 1 && scaleY === 1) return [...cuts];
  const { buffer: pixels, width, height } = frame;
  return cuts.map((cut) => ({
    ...cut,
    corners: cut.corners.map(({ x, y }) => ({ x: x * scaleX, y: y * scaleY })) as Cut['corners'],
    from: { pixels, width, height },
  }));
}
