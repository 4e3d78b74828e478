import { area, iou } from '../detection/boxes.js';
import type { Box } from '../detection/types.js';
import { assign } from './assignment.js';
import type { BoxFilter } from './kalman.js';

/** A track as association sees it: its filter has been predicted to now. */
export interface Predicted {
  readonly filter: BoxFilter;
  /** Where it was last seen. */
  readonly box: Box;
  /** In how many frames it was seen. */
  readonly frames: number;
}

/** Which of TrackerOptions association asks for. */
export interface AssociationRule {
  iouThreshold: number;
  newIouThreshold?: number | undefined;
  kalmanDistance?: number | undefined;
}

/** χ² with 2 degrees of freedom, 99 %. */
const CENTRE_GATE = 9.2103;
/** What TAPPAS weighs the squared Mahalanobis distance with; the rest of its cost is an embedding, which plates have none of. */
const MOTION_SHARE = 0.02;
/** Scales (vehicle heights) between prediction and box: beyond it even a fresh track, which could be anywhere, is not matched. */
const FARTHEST = 3;
/** Smaller area over larger. A car that drives up to the camera at 5 fps grows by up to 2.5 times between frames. */
const LEAST_SIMILAR = 0.3;

/**
 * Which observation continues which track: first by overlap with the predicted box (SORT, ByteTrack), then, for what is
 * left, by distance of the centres and likeness of the sizes, so that fast vehicles at few frames per second keep
 * their identity although their boxes no longer overlap.
 *
 * @param scales per observation, as in BoxFilter
 * @returns per track the index of its observation, or -1
 */
export function associate(
  tracks: readonly Predicted[],
  observations: readonly { box: Box }[],
  scales: readonly number[],
  rule: AssociationRule,
): Int32Array {
  const columns = observations.length;
  const costs = new Float64Array(tracks.length * columns);
  for (let row = 0; row < tracks.length; row++) {
    const { filter, frames } = tracks[row]!;
    const expected = filter.box;
    const least = frames > 1 ? rule.iouThreshold : (rule.newIouThreshold ?? rule.iouThreshold);
    for (let column = 0; column < columns; column++) {
      const overlap = iou(expected, observations[column]!.box);
      costs[row * columns + column] = overlap > 0 && overlap >= least ? 1 - overlap : Infinity;
    }
  }
  const matched = assign(costs, tracks.length, columns, 1);
  matchByDistance(tracks, observations, scales, rule, matched);
  return matched;
}

function matchByDistance(
  tracks: readonly Predicted[],
  observations: readonly { box: Box }[],
  scales: readonly number[],
  rule: AssociationRule,
  matched: Int32Array,
): void {
  const taken = new Uint8Array(observations.length);
  for (const column of matched) if (column >= 0) taken[column] = 1;
  const openTracks: number[] = [];
  const openObservations: number[] = [];
  for (let row = 0; row < tracks.length; row++) if (matched[row]! < 0) openTracks.push(row);
  for (let column = 0; column < taken.length; column++) if (taken[column] === 0) openObservations.push(column);
  if (openTracks.length === 0 || openObservations.length === 0) return;

  const gate = Math.min(CENTRE_GATE, (rule.kalmanDistance ?? 1) / MOTION_SHARE);
  const columns = openObservations.length;
  const costs = new Float64Array(openTracks.length * columns);
  for (let i = 0; i < openTracks.length; i++) {
    for (let j = 0; j < columns; j++) {
      const column = openObservations[j]!;
      costs[i * columns + j] = distanceCost(tracks[openTracks[i]!]!, observations[column]!.box, scales[column]!, gate);
    }
  }
  const pairs = assign(costs, openTracks.length, columns, 2);
  for (let i = 0; i < openTracks.length; i++) {
    if (pairs[i]! >= 0) matched[openTracks[i]!] = openObservations[pairs[i]!]!;
  }
}

/** 0 (same place, same size) … 2, Infinity outside the gates. */
function distanceCost(track: Predicted, box: Box, scale: number, gate: number): number {
  const cx = (box.x1 + box.x2) / 2;
  const cy = (box.y1 + box.y2) / 2;
  if (track.filter.centreDistance(cx, cy) > gate) return Infinity;
  const [x, y] = track.filter.axes;
  const distance = Math.hypot(cx - x[0], cy - y[0]) / scale;
  if (!(distance <= FARTHEST)) return Infinity;
  const before = Math.max(area(track.box), 1e-6);
  const now = Math.max(area(box), 1e-6);
  const similarity = Math.min(before, now) / Math.max(before, now);
  if (similarity < LEAST_SIMILAR) return Infinity;
  return distance / FARTHEST + (1 - similarity);
}
