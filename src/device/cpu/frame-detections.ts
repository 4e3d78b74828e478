import type { Box, Corners, Detection, Point } from '../../detection/types.js';
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
    const box = corners ? hull(corners) : clampBox(boxToFrame(transform, detection.box), frame);
    // Written so that NaN, from a point on the horizon of a perspective, is left out too.
    if (!(box.x2 > box.x1 && box.y2 > box.y1)) continue;
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

function clampBox({ x1, y1, x2, y2 }: Box, frame: Size): Box {
  return {
    x1: clamp(x1, frame.width),
    y1: clamp(y1, frame.height),
    x2: clamp(x2, frame.width),
    y2: clamp(y2, frame.height),
  };
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}

function hull(corners: readonly Point[]): Box {
  const box = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
  for (const { x, y } of corners) {
    box.x1 = Math.min(box.x1, x);
    box.y1 = Math.min(box.y1, y);
    box.x2 = Math.max(box.x2, x);
    box.y2 = Math.max(box.y2, y);
  }
  return box;
}
