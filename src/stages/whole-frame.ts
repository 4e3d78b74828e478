import type { View } from '../device/device.js';
import type { Frame } from '../frame/frame.js';

/** A part that is larger than this share of the frame gains nothing: its pixels would be 5 % finer. */
const NEARLY_ALL = 0.9;

/**
 * The view of a look at the whole frame: the part that the camera is set to look at, so that a network's input is not spent on
 * the rest. Empty, which a device reads as the whole frame, when that is all or nearly all of it.
 */
export function wholeFrame({ focus, width, height }: Pick<Frame, 'focus' | 'width' | 'height'>): View[] {
  if (focus === undefined) return [];
  const box = {
    x1: Math.max(0, focus.x1),
    y1: Math.max(0, focus.y1),
    x2: Math.min(width, focus.x2),
    y2: Math.min(height, focus.y2),
  };
  const [across, down] = [box.x2 - box.x1, box.y2 - box.y1];
  // Also false for what is no number.
  const isPart = across >= 1 && down >= 1 && across * down < NEARLY_ALL * width * height;
  return isPart ? [{ box }] : [];
}
