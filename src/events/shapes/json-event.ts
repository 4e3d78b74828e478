import type { PlateEvent } from '../plate-event.js';

/** A plate event as JSON text can carry it: pictures in base64 (docs/plate-event.schema.json). */
export type JsonPlateEvent = Omit<PlateEvent, 'images'> & { images?: Partial<Record<keyof Images, string>> };
type Images = NonNullable<PlateEvent['images']>;

/** The event with its pictures as base64; the event itself when it has none. */
export function toJsonEvent(event: PlateEvent): JsonPlateEvent {
  const { images, ...rest } = event;
  if (images === undefined) return rest;
  const encoded: JsonPlateEvent['images'] = {};
  for (const name of ['plate', 'vehicle', 'frame'] as const) {
    const picture = images[name];
    if (picture !== undefined) encoded[name] = base64(picture);
  }
  return { ...rest, images: encoded };
}

/** Base64 of bytes without copying them first. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** The largest time that a Date can hold. */
const LAST_TIME = 8.64e15;

/** ISO 8601 in UTC of ms since the epoch; what lies beyond all calendars (a camera's wrong clock) becomes their end. */
export function isoTime(ms: number): string {
  return new Date(knownTime(ms)).toISOString();
}

export function knownTime(ms: number): number {
  return Number.isFinite(ms) ? Math.min(LAST_TIME, Math.max(0, ms)) : 0;
}
