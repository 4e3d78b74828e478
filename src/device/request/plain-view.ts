import type { Corners } from '../../detection/types.js';
import type { View } from '../device.js';

/** Boxes come from messages; what else hangs on them (functions, say) may not cross to a worker. */
export function plainView(view: View): View {
  const margin = view.margin === undefined ? {} : { margin: view.margin };
  if ('corners' in view) return { corners: view.corners.map(({ x, y }) => ({ x, y })) as Corners, ...margin };
  const { x1, y1, x2, y2 } = view.box;
  return { box: { x1, y1, x2, y2 }, ...margin };
}
