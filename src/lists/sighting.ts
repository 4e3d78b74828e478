import { ListError, shown } from './errors.js';

/** A plate that somebody read, as far as it matters here. */
export interface Sighting {
  plate: string;
  /** 0..1; undefined when nobody says. */
  confidence: number | undefined;
  /** Readings that say the same; 1 when nobody says. */
  agreeing: number;
  /** Of plate-out's events; undefined for a plate from elsewhere. */
  event: 'provisional' | 'final' | 'left' | undefined;
  /** What stands there is a hash of the plate: it is like no plate of a list. */
  hashed: boolean;
}

const EVENTS = ['provisional', 'final', 'left'] as const;

/**
 * The plate that a message tells of: an event of plate-out, or another object with a `plate`, in `payload`; else the text in
 * `plate`, else the text in `payload`. Texts may have `confidence` and `agreeing` beside them in the message.
 *
 * @throws ListError when there is none, or what there is makes no sense
 */
export function sightingOf(msg: Readonly<Record<string, unknown>>): Sighting {
  const payload = msg['payload'];
  if (isRecord(payload) && 'plate' in payload) {
    if ('code' in payload && 'reason' in payload) {
      throw new ListError(
        'ALPR_PLATE',
        'Expected plate events but received a miss: connect the first output of plate-out, not the second',
      );
    }
    return read(payload, 'msg.payload.plate', payload['event']);
  }
  if (msg['plate'] !== undefined) return read(msg, 'msg.plate', undefined);
  return read({ ...msg, plate: payload }, 'msg.payload', undefined);
}

function read(from: Readonly<Record<string, unknown>>, where: string, event: unknown): Sighting {
  const { plate, confidence, agreeing } = from;
  if (typeof plate !== 'string' || plate.trim() === '') {
    throw new ListError('ALPR_PLATE', `Expected the text of a plate in ${where} but received ${shown(plate)}`);
  }
  const known = EVENTS.find((name) => name === event);
  if (event !== undefined && known === undefined) {
    throw new ListError(
      'ALPR_PLATE',
      `Expected provisional, final or left in msg.payload.event but received ${shown(event)}`,
    );
  }
  if (confidence !== undefined && !(typeof confidence === 'number' && confidence >= 0 && confidence <= 1)) {
    throw new ListError('ALPR_PLATE', `Expected a number from 0 to 1 for confidence but received ${shown(confidence)}`);
  }
  if (agreeing !== undefined && !(typeof agreeing === 'number' && agreeing >= 0)) {
    throw new ListError('ALPR_PLATE', `Expected a number of readings for agreeing but received ${shown(agreeing)}`);
  }
  return { plate, confidence, agreeing: agreeing ?? 1, event: known, hashed: from['hashed'] === true };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
