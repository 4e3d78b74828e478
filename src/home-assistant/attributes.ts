import type { PlateEvent } from '../events/plate-event.js';
import type { EventType } from './components.js';

/** Home Assistant's limit for the text of a state. */
const LONGEST_STATE = 255;

/** A text as a sensor's state may be. */
export function stateText(text: string): string {
  return Array.from(text).length <= LONGEST_STATE
    ? text
    : `${Array.from(text)
        .slice(0, LONGEST_STATE - 1)
        .join('')}…`;
}

/** What plate-list adds to an event, beyond what the type of an event promises. */
interface Listed {
  rule?: unknown;
  verdict?: unknown;
  reason?: unknown;
  name?: unknown;
  tags?: unknown;
  distance?: unknown;
}

/**
 * The type of the event entity. What plate-list said of a final event counts; `allowed` is the only one that lets somebody in:
 * `known` is on the list too, but not now or not surely enough.
 */
export function eventTypeOf({ event, known }: PlateEvent): EventType {
  if (event !== 'final' || known === undefined) return event;
  const { rule, verdict } = known as Listed;
  if (verdict === 'allowed') return 'allowed';
  if (rule === 'deny') return 'denied';
  if (rule === 'alert') return 'alert';
  return rule === 'allow' ? 'known' : 'unknown';
}

/**
 * An event as attributes of an entity: short names and no lists of characters or candidates, because Home Assistant's history does
 * not keep more than 16 kB. Of a hashed event nothing that could be read of the plate or its entry in a list.
 */
export function attributesOf(event: PlateEvent): Record<string, unknown> {
  const { known } = event;
  const listed: Listed = known ?? {};
  const readable =
    known === undefined || event.hashed === true
      ? {}
      : { name: listed.name, tags: listed.tags, distance: listed.distance };
  return defined({
    event: event.event,
    id: event.id,
    camera: event.camera,
    plate: event.plate,
    normalised: event.normalised,
    hashed: event.hashed,
    confidence: rounded(event.confidence),
    reads: event.reads,
    agreeing: event.agreeing,
    region: event.region,
    direction: event.direction,
    zone: event.zone,
    vehicle: event.vehicle?.label,
    supersedes: event.supersedes,
    first_seen: isoTime(event.firstSeen),
    last_seen: isoTime(event.lastSeen),
    rule: listed.rule,
    verdict: listed.verdict,
    reason: listed.reason,
    ...readable,
  });
}

function rounded(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 1000) / 1000 : undefined;
}

function isoTime(ms: unknown): string | undefined {
  if (typeof ms !== 'number' || !(Math.abs(ms) <= 8.64e15)) return undefined;
  return new Date(ms).toISOString();
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
