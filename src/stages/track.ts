import type { DepartedTrack, Plate, Vehicle } from '../detection/types.js';
import type { Frame } from '../frame/frame.js';
import { PLATE_LABEL } from '../tracking/track.js';
import type { Tracker } from '../tracking/tracker.js';

/** What gets an identity; `auto` takes vehicles where the flow has them, else plates. */
export type TrackWhat = 'auto' | 'vehicles' | 'plates';

/**
 * Gives the frame's vehicles (or plates) the identity of their track, and what is already known of it.
 *
 * @returns new lists, and the tracks that this frame showed to be gone
 */
export function trackScene(
  tracker: Tracker,
  frame: Frame,
  vehicles: Vehicle[] | undefined,
  plates: Plate[] | undefined,
  what: TrackWhat,
): { vehicles: Vehicle[] | undefined; plates: Plate[] | undefined; departed: DepartedTrack[] } {
  const size = { width: frame.width, height: frame.height };
  if (what === 'plates' || (what === 'auto' && vehicles === undefined)) {
    const observations = (plates ?? []).map(({ box, confidence }) => ({ box, confidence, label: PLATE_LABEL }));
    const { trackIds, departed } = tracker.update(observations, frame.timestamp, size);
    const tracked = (plates ?? []).map((plate, index) => knownPlate(plate, trackIds[index]!, tracker));
    return { vehicles, plates: tracked, departed };
  }
  const { trackIds, departed } = tracker.update(vehicles ?? [], frame.timestamp, size);
  const tracked = (vehicles ?? []).map((vehicle, index) => knownVehicle(vehicle, trackIds[index]!, tracker));
  return { vehicles: tracked, plates, departed };
}

function knownVehicle(vehicle: Vehicle, trackId: number, tracker: Tracker): Vehicle {
  const known: Vehicle = { ...vehicle, trackId };
  const vote = tracker.vote(trackId);
  if (vote === undefined) return known;
  known.plate = vote;
  if (vote.settled && tracker.shouldRead(trackId, vehicle.box).read) known.reread = true;
  return known;
}

function knownPlate(plate: Plate, trackId: number, tracker: Tracker): Plate {
  const known: Plate = { ...plate, trackId };
  const vote = tracker.vote(trackId);
  if (vote === undefined) return known;
  known.vote = vote;
  if (!vote.settled) return known;
  known.text = vote.text;
  if (tracker.shouldRead(trackId, plate.box).read) known.reread = true;
  return known;
}
