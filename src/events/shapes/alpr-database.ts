import type { PlateEvent } from '../plate-event.js';
import { base64, isoTime } from './json-event.js';
import type { ShapedEvent } from './shape.js';

/**
 * As ALPR-Database's `POST /api/plate-reads` takes it, in the form of CodeProject.AI's predictions (field facts §5.4). Its key
 * goes into the header `x-api-key`, which the request node adds: keys belong into credentials, not into events.
 */
export function toAlprDatabase(event: PlateEvent): ShapedEvent {
  const { box, images } = event;
  const picture = images?.frame ?? images?.vehicle ?? images?.plate;
  const payload = {
    ai_dump: [
      {
        api: 'alpr',
        found: {
          predictions: [
            {
              plate: event.normalised,
              confidence: event.confidence,
              x_min: Math.round(box.x1),
              y_min: Math.round(box.y1),
              x_max: Math.round(box.x2),
              y_max: Math.round(box.y2),
            },
          ],
        },
      },
    ],
    ...(picture === undefined ? {} : { Image: base64(picture) }),
    camera: event.camera,
    timestamp: isoTime(event.lastSeen),
  };
  return { payload, headers: { 'content-type': 'application/json' }, method: 'POST' };
}
