import type { DetectorOutput } from '../models/manifest.js';
import { hullOfCorners } from './boxes.js';
import { CandidateList, checkDecodeOptions, type DecodeOptions } from './candidates.js';
import { DecodeError } from './decode-error.js';
import { decodeCornerDetector } from './decoders/corner-detector.js';
import { decodeEndToEnd } from './decoders/end-to-end.js';
import { decodeHailoNms } from './decoders/hailo-nms.js';
import { decodeYolov4 } from './decoders/yolov4.js';
import { decodeYolov5 } from './decoders/yolov5.js';
import { decodeYolov8 } from './decoders/yolov8.js';
import { nonMaximumSuppression } from './nms.js';
import type { TensorView } from './tensor-view.js';
import type { Corners, Detection } from './types.js';

export type { DecodeOptions } from './candidates.js';

/**
 * Makes detections of a network's outputs, as the manifest's `output` says.
 *
 * Coordinates are pixels of the network's input and not clamped to it: who knows how the picture got into the input maps them
 * back to the frame and clamps there. Labels that the manifest does not `keep` are dropped first. Suppression works within a class
 * unless `classAgnostic` is set; an end-to-end network has done it already. HailoRT has, too, but perhaps with a looser threshold
 * than the one asked for, so its boxes are compared again. A corner detector is suppressed on the boxes it gives, then the box becomes the hull of its corners.
 * Rows with NaN or infinity and boxes without area are left out.
 *
 * @returns detections of picture `batchIndex`, best first.
 * @throws DecodeError (code ALPR_DECODE) when an output is missing or shaped otherwise than the manifest says.
 */
export function decodeDetections(
  outputs: Record<string, TensorView>,
  output: DetectorOutput,
  options: DecodeOptions,
): Detection[] {
  checkDecodeOptions(options);
  const candidates = keptCandidates(decodeCandidates(outputs, output, options), output);
  // Nothing overlaps by more than infinity: suppression then only sorts.
  const iouThreshold = output.decoder === 'end-to-end' ? Infinity : options.iouThreshold;
  const kept = nonMaximumSuppression(
    candidates.boxes,
    candidates.scores,
    { iouThreshold, maxDetections: options.maxDetections },
    options.classAgnostic === true ? undefined : candidates.classIds,
  );
  return kept.map((index) => toDetection(candidates, index, output.labels));
}

function decodeCandidates(
  outputs: Record<string, TensorView>,
  output: DetectorOutput,
  options: DecodeOptions,
): CandidateList {
  switch (output.decoder) {
    case 'corner-detector':
      return decodeCornerDetector(outputs, output, options);
    case 'yolov5':
      return decodeYolov5(outputs, output, options);
    case 'yolov4':
      return decodeYolov4(outputs, output, options);
    case 'yolov8':
      return decodeYolov8(outputs, output, options);
    case 'end-to-end':
      return decodeEndToEnd(outputs, output, options);
    case 'hailo-nms':
      return decodeHailoNms(outputs, output, options);
    default: {
      const { decoder } = output as { decoder: unknown };
      throw new DecodeError(`Expected a detector's decoder for output.decoder but received ${JSON.stringify(decoder)}`);
    }
  }
}

/** The candidates whose label the manifest keeps: a network for many things shall not crowd out the ones that are wanted. */
function keptCandidates(candidates: CandidateList, { labels, keep }: DetectorOutput): CandidateList {
  if (keep === undefined) return candidates;
  const kept = labels.map((label) => keep.includes(label));
  return candidates.select((index) => kept[candidates.classIds[index]!] === true);
}

function toDetection(candidates: CandidateList, index: number, labels: readonly string[]): Detection {
  const [x1, y1, x2, y2] = candidates.boxes.slice(index * 4, index * 4 + 4) as [number, number, number, number];
  const classId = candidates.classIds[index]!;
  const detection: Detection = {
    box: { x1, y1, x2, y2 },
    confidence: candidates.scores[index]!,
    classId,
    label: labels[classId] ?? `class ${classId}`,
  };
  if (candidates.corners.length > 0) {
    const flat = candidates.corners.slice(index * 8, index * 8 + 8);
    const corners = [0, 2, 4, 6].map((at) => ({ x: flat[at]!, y: flat[at + 1]! })) as Corners;
    detection.corners = corners;
    detection.box = hullOfCorners(corners);
  }
  return detection;
}
