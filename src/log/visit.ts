import type { Direction, KnownPlate, PlateEvent } from '../events/plate-event.js';
import { LogError, shown } from './errors.js';
import { foldedKey, logKey } from './keys.js';

/** How far a visit has come; a later step is not undone by an earlier one that arrives late. */
export const STEPS = { provisional: 1, final: 2, left: 3 } as const;

/** Which pictures of an event are kept as thumbnails. The whole frame is not: it is large and shows more than the car. */
export const PICTURES = ['plate', 'vehicle'] as const;
export type PictureKind = (typeof PICTURES)[number];

/** Larger ones are no thumbnails. */
export const MAX_PICTURE_BYTES = 1024 * 1024;

/** What the log keeps of an event: no candidates, no per-character readings, no boxes. */
export interface VisitRecord {
  /** The visit's id: its events share one row. */
  id: string;
  step: number;
  camera: string;
  plate: string;
  normalised: string;
  folded: string;
  confidence: number | null;
  reads: number | null;
  agreeing: number | null;
  region: string | null;
  direction: Direction | null;
  zone: string | null;
  rule: KnownPlate['rule'] | null;
  /** The list's entry: its name, its tags between commas (`,staff,early,`), its plate as a key. */
  name: string | null;
  tags: string | null;
  listed: string | null;
  vehicle: string | null;
  frames: number | null;
  firstSeen: number;
  lastSeen: number;
  /** The text that a corrected final had before. */
  supersedes: string | null;
  hashed: number;
}

export interface Picture {
  kind: PictureKind;
  jpeg: Uint8Array;
}

/** One event on its way into the database. */
export interface Entry {
  visit: VisitRecord;
  pictures: Picture[];
  /** Only change the visit's row when there is one. */
  updateOnly: boolean;
}

export interface EntryOptions {
  /** `final`: visits without a final are not stored. */
  events: 'final' | 'all';
  pictures: boolean;
}

/** Ends of texts that no plate, camera or name is longer than. */
const LONGEST = 200;
const LAST_DATE = 8_640_000_000_000_000;

/**
 * What to store of a plate event, or undefined when it is none that the settings want.
 * @throws LogError (ALPR_LOG_EVENT) when it is no plate event
 */
export function entryOf(payload: unknown, options: EntryOptions): Entry | undefined {
  const event = plateEventOf(payload);
  const final = options.events === 'final';
  if (final && event.event === 'provisional') return undefined;
  const updateOnly = final && event.event === 'left';
  const pictures = options.pictures && !updateOnly ? picturesOf(event.images) : [];
  return { visit: recordOf(event), pictures, updateOnly };
}

/** Bytes that an entry takes in memory, roughly. */
export function entryBytes({ pictures }: Entry): number {
  return pictures.reduce((sum, { jpeg }) => sum + jpeg.byteLength, 1000);
}

function plateEventOf(payload: unknown): PlateEvent {
  if (typeof payload !== 'object' || payload === null) {
    // A text may be a plate, and errors end up in log files.
    const received = typeof payload === 'string' ? 'a text' : shown(payload);
    throw new LogError('ALPR_LOG_EVENT', `Expected a plate event in msg.payload but received ${received}`);
  }
  const event = payload as Partial<PlateEvent> & Record<string, unknown>;
  if ('code' in event && 'reason' in event && event.event === undefined) {
    const fix = 'connect the first output of plate-out, not the second';
    throw new LogError('ALPR_LOG_EVENT', `Expected plate events but received a miss: ${fix}`);
  }
  const step = STEPS[event.event as keyof typeof STEPS] as number | undefined;
  if (step === undefined) wrong('event', 'provisional, final or left', event.event);
  for (const name of ['id', 'camera', 'plate'] as const) {
    if (typeof event[name] !== 'string' || (name !== 'camera' && event[name] === '')) wrong(name, 'text', undefined);
  }
  for (const name of ['firstSeen', 'lastSeen'] as const) {
    const time = event[name];
    if (!(typeof time === 'number' && time >= 0 && time <= LAST_DATE)) wrong(name, 'ms since 1970', time);
  }
  return event as PlateEvent;
}

function wrong(field: string, expected: string, received: unknown): never {
  throw new LogError('ALPR_LOG_EVENT', `Expected ${expected} in msg.payload.${field} but received ${shown(received)}`);
}

function recordOf(event: PlateEvent): VisitRecord {
  const key = text(logKey(event.normalised ?? event.plate)) ?? '';
  const { known } = event;
  const tags = Array.isArray(known?.tags) ? known.tags.map(tagKey).filter((tag) => tag !== '') : [];
  const firstSeen = Math.round(event.firstSeen);
  return {
    id: text(event.id)!,
    step: STEPS[event.event],
    camera: text(event.camera) ?? '',
    plate: text(event.plate)!,
    normalised: key,
    // A hash is like no other hash.
    folded: event.hashed === true ? '' : foldedKey(key),
    confidence: number(event.confidence),
    reads: whole(event.reads),
    agreeing: whole(event.agreeing),
    region: text(event.region),
    direction: text(event.direction) as Direction | null,
    zone: text(event.zone),
    rule: text(known?.rule) as KnownPlate['rule'] | null,
    name: text(known?.name),
    tags: tags.length === 0 ? null : text(`,${tags.join(',')},`, 1000),
    listed: known?.plate === undefined ? null : text(logKey(String(known.plate))),
    vehicle: text(event.vehicle?.label),
    frames: whole(event.frames),
    firstSeen,
    lastSeen: Math.max(firstSeen, Math.round(event.lastSeen)),
    supersedes: text(event.supersedes),
    hashed: event.hashed === true ? 1 : 0,
  };
}

/** A tag as it is stored and looked up. */
export function tagKey(tag: unknown): string {
  return String(tag)
    .replace(/[,\s]+/g, ' ')
    .trim()
    .toLowerCase();
}

function picturesOf(images: PlateEvent['images']): Picture[] {
  if (typeof images !== 'object' || images === null) return [];
  const pictures: Picture[] = [];
  for (const kind of PICTURES) {
    const jpeg: unknown = images[kind];
    if (jpeg === undefined) continue;
    // Events that came over the network have them in base64.
    const bytes = typeof jpeg === 'string' ? Buffer.from(jpeg, 'base64') : jpeg;
    if (!(bytes instanceof Uint8Array)) wrong(`images.${kind}`, 'a JPEG', jpeg);
    if (bytes.byteLength === 0 || bytes.byteLength > MAX_PICTURE_BYTES) continue;
    pictures.push({ kind, jpeg: bytes });
  }
  return pictures;
}

/** Text that every database takes (PostgreSQL knows no NUL); null for none. */
function text(value: unknown, longest = LONGEST): string | null {
  if (typeof value !== 'string') return null;
  // Through UTF-8 and back: halves of surrogate pairs become signs that every database takes.
  const clean = Buffer.from(value.slice(0, longest).replaceAll('\u0000', '')).toString('utf8');
  return clean === '' ? null : clean;
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function whole(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}
