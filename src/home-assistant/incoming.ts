import type { PlateEvent, PlateMiss } from '../events/plate-event.js';
import { cameraStates, type CameraReport } from '../sources/live/camera-state.js';

/** A plate event of plate-out, also one that came by MQTT or a file, with its pictures in base64; undefined for anything else. */
export function eventIn(payload: unknown): PlateEvent | undefined {
  if (!isRecord(payload)) return undefined;
  const { event, id, camera, plate, normalised } = payload;
  if (event !== 'provisional' && event !== 'final' && event !== 'left') return undefined;
  for (const text of [id, camera, plate]) if (typeof text !== 'string') return undefined;
  const found = { ...payload } as unknown as PlateEvent;
  if (typeof normalised !== 'string') found.normalised = plate as string;
  for (const part of ['known', 'vehicle'] as const) if (!isRecord(payload[part])) delete found[part];
  delete found.images;
  const images = picturesIn(payload['images']);
  if (images !== undefined) found.images = images;
  return found;
}

/** A report of camera-in: its second output. */
export function reportIn(payload: unknown): CameraReport | undefined {
  if (!isRecord(payload)) return undefined;
  const { camera, state, counts } = payload;
  const isReport = typeof camera === 'string' && cameraStates.some((known) => known === state) && isRecord(counts);
  return isReport ? (payload as unknown as CameraReport) : undefined;
}

/** A miss of plate-out. A report of a camera may have a code and a reason, too. */
export function missIn(payload: unknown): PlateMiss | undefined {
  if (!isRecord(payload) || reportIn(payload) !== undefined) return undefined;
  const { camera, code, reason } = payload;
  const isMiss = typeof camera === 'string' && typeof code === 'string' && typeof reason === 'string';
  return isMiss ? (payload as unknown as PlateMiss) : undefined;
}

function picturesIn(value: unknown): PlateEvent['images'] {
  if (!isRecord(value)) return undefined;
  const images: NonNullable<PlateEvent['images']> = {};
  for (const name of ['plate', 'vehicle'] as const) {
    const picture = value[name];
    if (picture instanceof Uint8Array) images[name] = picture;
    else if (typeof picture === 'string' && picture !== '') images[name] = Buffer.from(picture, 'base64');
  }
  return images;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
