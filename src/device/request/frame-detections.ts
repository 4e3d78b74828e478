import { clampBox, hullOfCorners, isDegenerate } from '../../detection/boxes.js';
import type { Corners, Detection, Point } from '../../detection/types.js';
import { boxToFrame, toFrame, type ViewTransform } from '../../image/transform.js';
import type { Size } from './input-size.js';

/**
 * Takes detections from network-input pixels to frame pixels and clamps them to the frame. Where there are corners the box
 * is their hull. What then has no area, because it lay in the padding or beyond the frame's edge, is left out.
 */
export function detectionsInFrame(found: readonly Detection[], transform: ViewTransform, frame: Size): Detection[] {
  const inFrame: Detection[] = [];
  for (const detection of found) {
    const corners = detection.corners?.map((corner) => clampPoint(toFrame(transform, corner.x, corner.y), frame));
    const box = corners
      ? hullOfCorners(corners as Corners)
      : clampBox(boxToFrame(transform, detection.box), frame.width, frame.height);
    // NaN comes from a point on the horizon of a perspective.
    if (isDegenerate(box)) continue;
    const { confidence, classId, label } = detection;
    const mapped: Detection = { box, confidence, classId, label };
    if (corners) mapped.corners = corners as Corners;
    inFrame.push(mapped);
  }
  return inFrame;
}

function clampPoint({ x, y }: Point, frame: Size): Point {
  return { x: clamp(x, frame.width), y: clamp(y, frame.height) };
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}
