import type { Detection } from './types.js';

export interface NmsOptions {
  /** 0..1. A box goes when it overlaps a better one by more than this; at exactly this it stays. */
  iouThreshold: number;
  /**
   * 0..1. A box goes, too, when more than this share of the smaller one lies inside the other: a piece of a thing beside the whole.
   * Default: never.
   */
  containedShare?: number | undefined;
  /** 0..1. Boxes below it are not looked at; at exactly this they are. */
  confidenceThreshold?: number | undefined;
  /** Stop after so many. Default: all. */
  maxDetections?: number | undefined;
}

/**
 * Greedy non-maximum suppression: the best box is kept, everything that overlaps it too much goes, and so on.
 *
 * @param boxes x1, y1, x2, y2 per candidate, one after the other.
 * @param scores one per candidate; candidates whose score is NaN are left out.
 * @param classIds one per candidate: only boxes of the same class suppress each other. Without it all do.
 * @returns indices of the kept candidates, best first; equal scores keep the order of the input.
 */
export function nonMaximumSuppression(
  boxes: ArrayLike<number>,
  scores: ArrayLike<number>,
  options: NmsOptions,
  classIds?: ArrayLike<number>,
): number[] {
  const order = sortByScore(scores, options.confidenceThreshold ?? -Infinity);
  const limit = Math.min(options.maxDetections ?? Infinity, order.length);
  const { iouThreshold, containedShare = Infinity } = options;

  // What is kept so far, side by side: every candidate is compared with these only, and they are few.
  const x1s = new Float64Array(order.length);
  const y1s = new Float64Array(order.length);
  const x2s = new Float64Array(order.length);
  const y2s = new Float64Array(order.length);
  const areas = new Float64Array(order.length);
  const classes = new Int32Array(order.length);
  const kept: number[] = [];

  for (let rank = 0; rank < order.length && kept.length < limit; rank++) {
    const index = order[rank]!;
    const x1 = boxes[index * 4]!;
    const y1 = boxes[index * 4 + 1]!;
    const x2 = boxes[index * 4 + 2]!;
    const y2 = boxes[index * 4 + 3]!;
    const size = (x2 - x1) * (y2 - y1);
    const classId = classIds === undefined ? 0 : classIds[index]!;

    let suppressed = false;
    for (let other = 0; other < kept.length; other++) {
      if (classes[other] !== classId) continue;
      const width = (x2 < x2s[other]! ? x2 : x2s[other]!) - (x1 > x1s[other]! ? x1 : x1s[other]!);
      if (width <= 0) continue;
      const height = (y2 < y2s[other]! ? y2 : y2s[other]!) - (y1 > y1s[other]! ? y1 : y1s[other]!);
      if (height <= 0) continue;
      const intersection = width * height;
      const smaller = size < areas[other]! ? size : areas[other]!;
      if (
        intersection / (size + areas[other]! - intersection) > iouThreshold ||
        intersection > containedShare * smaller
      ) {
        suppressed = true;
        break;
      }
    }
    if (suppressed) continue;

    const slot = kept.length;
    x1s[slot] = x1;
    y1s[slot] = y1;
    x2s[slot] = x2;
    y2s[slot] = y2;
    areas[slot] = size;
    classes[slot] = classId;
    kept.push(index);
  }
  return kept;
}

function sortByScore(scores: ArrayLike<number>, threshold: number): number[] {
  const order: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    if (scores[index]! >= threshold) order.push(index);
  }
  return order.sort((a, b) => scores[b]! - scores[a]! || a - b);
}

export interface DetectionNmsOptions extends NmsOptions {
  /** True: boxes suppress each other whatever their class. Default false. */
  classAgnostic?: boolean | undefined;
}

/**
 * The same for finished detections: to merge what several views of one frame found. The boxes that stay are the objects
 * that came in, best first.
 */
export function suppressDetections(detections: readonly Detection[], options: DetectionNmsOptions): Detection[] {
  const boxes = new Float64Array(detections.length * 4);
  const scores = new Float64Array(detections.length);
  const classIds = new Int32Array(detections.length);
  detections.forEach((detection, index) => {
    boxes.set([detection.box.x1, detection.box.y1, detection.box.x2, detection.box.y2], index * 4);
    scores[index] = detection.confidence;
    classIds[index] = detection.classId;
  });
  const kept = nonMaximumSuppression(boxes, scores, options, options.classAgnostic === true ? undefined : classIds);
  return kept.map((index) => detections[index]!);
}
