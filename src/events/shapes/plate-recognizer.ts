import type { Box } from '../../detection/types.js';
import type { Direction, PlateEvent } from '../plate-event.js';
import { isoTime, knownTime } from './json-event.js';
import { pictureOf } from './picture.js';
import type { ShapedEvent } from './shape.js';

/**
 * As the webhook of Plate Recognizer's Stream posts it: a multipart form whose part `json` holds `hook` and `data`, with the
 * picture as the part `upload` (field facts §5.3). Boxes are whole pixels of that picture, plates lower case, scores 0..1.
 */
export function toPlateRecognizer(event: PlateEvent): ShapedEvent {
  const { vehicle, candidates } = event;
  const timestamp = isoTime(event.lastSeen);
  const picture = pictureOf(event);
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
          box: corners(picture.plate),
          plate: event.normalised.toLowerCase(),
          score: event.confidence,
          dscore: event.confidence,
          candidates: candidates.map(({ text, confidence }) => ({ plate: text.toLowerCase(), score: confidence })),
          region: { code: (event.region ?? '').toLowerCase(), score: event.region === undefined ? 0 : 1 },
          ...(vehicle === undefined || picture.vehicle === undefined
            ? {}
            : { vehicle: { score: vehicle.confidence, type: vehicle.label, box: corners(picture.vehicle) } }),
          direction: degrees(event.direction),
        },
      ],
    },
  };
  return {
    payload: {
      json: JSON.stringify(json),
      ...(picture.jpeg === undefined
        ? {}
        : { upload: { value: bufferOf(picture.jpeg), options: { filename, contentType: 'image/jpeg' } } }),
    },
    headers: { 'content-type': 'multipart/form-data' },
    method: 'POST',
  };
}

function corners({ x1, y1, x2, y2 }: Box): { xmin: number; ymin: number; xmax: number; ymax: number } {
  return { xmin: x1, ymin: y1, xmax: x2, ymax: y2 };
}

/** The angle on the unit circle; '' where it is unknown, as it is for `in` and `out`, which mean places. */
function degrees(direction: Direction | undefined): number | '' {
  if (direction === 'right') return 0;
  return direction === 'left' ? 180 : '';
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** ISO 8601 with this machine's offset from UTC. */
function localTime(time: number): string {
  const day = 86_400_000;
  const ms = Math.min(knownTime(time), 8.64e15 - day);
  const offset = -new Date(ms).getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const shifted = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
  return `${shifted}${sign}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}
