import type { Corners, Detection, Plate, Point } from '../detection/types.js';
import { closer, wayBack, type Sight } from '../frame/detail.js';

type Scale = Omit<Sight, 'frame'>;

/** A plate of the message's frame in the pixels that are looked at. */
export function closerPlate(plate: Plate, scale: Scale): Plate {
  if (scale.scaleX === 1 && scale.scaleY === 1) return plate;
  const scaled = { ...plate, box: closer(plate.box, scale) };
  return plate.corners === undefined ? scaled : { ...scaled, corners: closerCorners(plate.corners, scale) };
}

/** What was found in a larger picture, in pixels of the message's frame. */
export function fartherDetection(found: Detection, scale: Scale): Detection {
  if (scale.scaleX === 1 && scale.scaleY === 1) return found;
  const back = wayBack(scale);
  const scaled = { ...found, box: closer(found.box, back) };
  return found.corners === undefined ? scaled : { ...scaled, corners: closerCorners(found.corners, back) };
}

function closerCorners(corners: Corners, { scaleX, scaleY }: Scale): Corners {
  return corners.map(({ x, y }: Point) => ({ x: x * scaleX, y: y * scaleY })) as Corners;
}
