import type { PlateEvent } from '../plate-event.js';
import type { ShapedEvent } from './shape.js';

/**
 * As Frigate publishes a plate on `frigate/tracked_object_update` (field facts §5.2): times in seconds, the box as whole pixels
 * [x1, y1, x2, y2]; `name` is the known plate's.
 */
export function toFrigate(event: PlateEvent): ShapedEvent {
  const { x1, y1, x2, y2 } = event.box;
  const payload = {
    type: 'lpr',
    id: event.id,
    name: event.known?.name ?? null,
    plate: event.normalised,
    score: event.confidence,
    camera: event.camera,
    timestamp: event.lastSeen / 1000,
    plate_box: [x1, y1, x2, y2].map(Math.round),
  };
  return { topic: 'frigate/tracked_object_update', payload };
}
