import type { PlateVote } from '../detection/types.js';
import { normalisePlate } from '../reading/normalise.js';
import type { Direction, PlateEvent } from './plate-event.js';
import type { Visit } from './recent-visits.js';
import type { TrackState } from './track-state.js';

/** An event of a visit, as its track and vote are now. */
export function eventOf(
  event: PlateEvent['event'],
  camera: string,
  visit: Visit,
  state: TrackState,
  vote: PlateVote,
): PlateEvent {
  return {
    version: 1,
    event,
    id: visit.id,
    camera,
    plate: vote.text,
    normalised: normalisePlate(vote.text),
    ...numbersOf(vote),
    ...placeOf(state, visit.way.direction),
    firstSeen: visit.firstSeen,
    lastSeen: visit.lastSeen,
    frames: visit.frames,
  };
}

/** What an event says of the readings. */
export function numbersOf({
  confidence,
  characters,
  candidates,
  reads,
  agreeing,
}: PlateVote): Omit<PlateVote, 'text' | 'settled'> {
  return { confidence, characters, candidates, reads, agreeing };
}

type Place = Pick<PlateEvent, 'box' | 'corners' | 'vehicle' | 'trackId' | 'region' | 'zone' | 'direction'>;

/** Where an event happened; the vehicle's box where no plate's is known. */
export function placeOf(state: TrackState, direction: Direction | undefined): Place {
  const { vehicle, corners, region, trackId, zone } = state;
  return {
    box: state.plateBox ?? state.box,
    ...(corners === undefined ? {} : { corners }),
    ...(vehicle === undefined ? {} : { vehicle }),
    ...(trackId === 0 ? {} : { trackId }),
    ...(region === undefined ? {} : { region }),
    ...(zone === undefined ? {} : { zone }),
    ...(direction === undefined ? {} : { direction }),
  };
}
