import type { Box, Vehicle } from '../detection/types.js';

/**
 * The vehicle that a plate is on: index into `vehicles`, or -1.
 *
 * Boxes of vehicles that stand one behind the other overlap, so containing the plate is not enough. Plates sit near the
 * vehicle's middle and low: of all vehicles that contain the plate's centre, the one where it sits most so is its owner.
 */
export function ownerOf(plate: Box, vehicles: readonly Vehicle[]): number {
  const x = (plate.x1 + plate.x2) / 2;
  const y = (plate.y1 + plate.y2) / 2;
  let best = -1;
  let bestCost = Infinity;
  for (const [index, { box }] of vehicles.entries()) {
    const width = box.x2 - box.x1;
    const height = box.y2 - box.y1;
    // A box may end just above the plate: a tenth of the vehicle's height still counts as on it.
    if (x < box.x1 || x > box.x2 || y < box.y1 || y > box.y2 + height * 0.1) continue;
    const sideways = Math.abs(x - (box.x1 + box.x2) / 2) / width;
    const fromBottom = Math.abs(box.y2 - y) / height;
    const cost = sideways + 0.5 * fromBottom;
    if (cost < bestCost) {
      bestCost = cost;
      best = index;
    }
  }
  return best;
}
