import { intersectionShare } from '../../detection/boxes.js';
import type { Box, Vehicle } from '../../detection/types.js';
import { vehicleView } from '../../stages/vehicle-view.js';
import type { LabelOutcome } from './outcome.js';

/** Whether the vehicles that were found show the plates that can be read: what looking in vehicles only would cost. */
export interface Coverage {
  /** Labelled, found, and wide enough to be read. */
  plates: number;
  /** Of them, those that lie in what is looked at of a found vehicle. */
  onVehicle: number;
}

/** px; narrower plates are seldom read. */
const READABLE_WIDTH = 60;
/** A plate of which a tenth is cut off is still found. */
const INSIDE = 0.9;

/** True where the crop of a vehicle shows the plate. */
export function isOnVehicle(plate: Box, vehicles: readonly Vehicle[]): boolean {
  return vehicles.some(({ box }) => intersectionShare(plate, vehicleView(box)) >= INSIDE);
}

/** @returns undefined where no vehicles were looked for, or no plate counts */
export function coverageOf(labels: readonly LabelOutcome[]): Coverage | undefined {
  const counted = labels.filter(
    ({ onVehicle, found, width }) => onVehicle !== undefined && found && width >= READABLE_WIDTH,
  );
  if (counted.length === 0) return undefined;
  return { plates: counted.length, onVehicle: counted.filter(({ onVehicle }) => onVehicle).length };
}
