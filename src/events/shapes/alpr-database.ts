import type { PlateEvent } from '../plate-event.js';
import { base64, isoTime } from './json-event.js';
import { pictureOf } from './picture.js';
import type { ShapedEvent } from './shape.js';

/**
 * As ALPR-Database's `POST /api/plate-reads` takes it, in the form of CodeProject.AI's predictions (field facts §5.4): the box
 * in pixels of the picture that comes with it. Its key goes into the header `x-api-key`, which the request node adds: keys
 * belong into credentials, not into events.
 */
export function toAlprDatabase(event: PlateEvent): ShapedEvent {
  const { jpeg, plate } = pictureOf(event);
  const prediction = {
    plate: event.normalised,
    confidence: event.confidence,
    x_min: plate.x1,
    y_min: plate.y1,
    x_max: plate.x2,
    y_max: plate.y2,
  };
  const payload = {
    ai_dump: [{ api: 'alpr', found: { predictions: [prediction] } }],
    ...(jpeg === undefined ? {} : { Image: base64(jpeg) }),
    camera: event.camera,
    timestamp: isoTime(event.lastSeen),
  };
  return { payload, headers: { 'content-type': 'application/json' }, method: 'POST' };
}
