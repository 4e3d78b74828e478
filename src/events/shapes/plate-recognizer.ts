import type { PlateEvent } from '../plate-event.js';
import { isoTime } from './json-event.js';
import type { ShapedEvent } from './shape.js';

/**
 * As the webhook of Plate Recognizer's Stream posts it: a multipart form whose part `json` holds `hook` and `data`, with the
 * picture as the part `upload` (field facts §5.3). Boxes are whole pixels, plates lower case, scores 0..1.
 */
export function toPlateRecognizer(event: PlateEvent): ShapedEvent {
  const { box, vehicle, candidates, images } = event;
  const timestamp = isoTime(event.lastSeen);
  const picture = images?.frame ?? images?.vehicle ?? images?.plate;
  const filename = `${event.camera}_${event.id}.jpg`.replace(/[^A-Za-z0-9._-]/g, '_');
  const json = {
    hook: { target: '', id: event.camera, event: 'recognition', filename },
    data: {
      camera_id: event.camera,
      filename,
      timestamp,
      timestamp_local: localTime(event.lastSeen),
      results: [
        {
          box: corners(box),
          plate: event.normalised.toLowerCase(),
          score: event.confidence,
          dscore: event.confidence,
          candidates: candidates.map(({ text, confidence }) => ({ plate: text.toLowerCase(), score: confidence })),
          region: { code: (event.region ?? '').toLowerCase(), score: event.region === undefined ? 0 : 1 },
          ...(vehicle === undefined
            ? {}
            : { vehicle: { score: vehicle.confidence, type: vehicle.label, box: corners(vehicle.box) } }),
        },
      ],
    },
  };
  return {
    payload: {
      json: JSON.stringify(json),
      ...(picture === undefined
        ? {}
        : { upload: { value: Buffer.from(picture), options: { filename, contentType: 'image/jpeg' } } }),
    },
    headers: { 'content-type': 'multipart/form-data' },
    method: 'POST',
  };
}

function corners({ x1, y1, x2, y2 }: PlateEvent['box']): { xmin: number; ymin: number; xmax: number; ymax: number } {
  return { xmin: Math.round(x1), ymin: Math.round(y1), xmax: Math.round(x2), ymax: Math.round(y2) };
}

/** ISO 8601 with this machine's offset from UTC. */
function localTime(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const shifted = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
  return `${shifted}${sign}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}
