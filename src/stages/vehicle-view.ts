import type { Box } from '../detection/types.js';

/** A detector's vehicle box may end at the bumper, just where the plate is. */
export const VEHICLE_MARGIN = 0.06;

/** What of a frame is looked at for a vehicle's plate. */
export function vehicleView({ x1, y1, x2, y2 }: Box): Box {
  const [across, down] = [(x2 - x1) * VEHICLE_MARGIN, (y2 - y1) * VEHICLE_MARGIN];
  return { x1: x1 - across, y1: y1 - down, x2: x2 + across, y2: y2 + down };
}
