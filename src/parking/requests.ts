import { listKey } from '../lists/key.js';
import { ParkingError, shown } from './errors.js';

export const ACTIONS = ['status', 'stays', 'correct', 'enter', 'leave', 'remove', 'forget', 'export', 'clear'] as const;
export type Action = (typeof ACTIONS)[number];

/** @throws ParkingError (ALPR_PARKING_ACTION) for an unknown one */
export function actionOf(text: string): Action {
  const action = ACTIONS.find((name) => name === text.trim().toLowerCase());
  if (action !== undefined) return action;
  throw new ParkingError(
    'ALPR_PARKING_ACTION',
    `Expected ${ACTIONS.join(', ')} in msg.action but received ${shown(text)}`,
  );
}

export interface StaysRequest {
  /** Key of a part of the plate. */
  plate?: string;
  /** Stays that touch this time, ms since the epoch. */
  from?: number;
  to?: number;
  inside?: boolean;
  limit: number;
}

const MAX_STAYS = 10_000;
/** Characters, signs included. */
const MAX_PLATE = 64;

/** @throws ParkingError (ALPR_PARKING_ACTION) that names the field */
export function staysRequest(given: unknown, limit: number): StaysRequest & { separator: ',' | ';' } {
  const fields = typeof given === 'string' ? { plate: given } : isRecord(given) ? given : {};
  const names = ['plate', 'from', 'to', 'inside', 'limit', 'separator'];
  const unknown = Object.keys(fields).find((name) => !names.includes(name));
  if (unknown !== undefined) throw wrong('msg.payload', `some of ${names.join(', ')}`, unknown);
  const { plate, inside, limit: most, separator = ',' } = fields as Record<string, unknown>;
  if (plate !== undefined && typeof plate !== 'string') throw wrong('plate', 'a part of a plate', plate);
  if (inside !== undefined && typeof inside !== 'boolean') throw wrong('inside', 'true or false', inside);
  if (separator !== ',' && separator !== ';') throw wrong('separator', 'a comma or a semicolon', separator);
  const from = time(fields, 'from');
  const to = time(fields, 'to');
  if (most !== undefined && !(Number.isInteger(most) && (most as number) >= 1 && (most as number) <= MAX_STAYS)) {
    throw wrong('limit', `a whole number from 1 to ${MAX_STAYS}`, most);
  }
  const key = plate === undefined ? '' : listKey(plate);
  return {
    ...(key === '' ? {} : { plate: key }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(inside === undefined ? {} : { inside }),
    limit: (most as number | undefined) ?? limit,
    separator,
  };
}

/** How many cars somebody has counted, or how many more or fewer there are. */
export function correctRequest(given: unknown): { count: number } | { change: number } {
  const isCount = (value: unknown, min: number): value is number =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= 1_000_000;
  if (isCount(given, 0)) return { count: given };
  if (isRecord(given)) {
    const { count, change } = given;
    if (change === undefined && isCount(count, 0)) return { count };
    if (count === undefined && isCount(change, -1_000_000)) return { change };
  }
  throw wrong('msg.payload', 'a number of cars, {"count": 3} or {"change": -1}', given);
}

/** @throws ParkingError when it is no plate */
export function plateRequest(given: unknown): { plate: string; id?: string; at?: number; camera?: string } {
  const fields = isRecord(given) ? given : { plate: given };
  const { plate, id, camera } = fields as Record<string, unknown>;
  if (typeof id === 'string' && id !== '') return { plate: '', id };
  if (typeof plate !== 'string' || plate.length > MAX_PLATE || listKey(plate) === '') {
    throw new ParkingError(
      'ALPR_PARKING_ACTION',
      'Expected the text of a plate in msg.payload but received something else',
    );
  }
  const at = time(fields, 'at');
  return {
    plate,
    ...(at === undefined ? {} : { at }),
    ...(typeof camera === 'string' && camera !== '' ? { camera } : {}),
  };
}

function time(fields: Record<string, unknown>, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : NaN;
  if (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15) return ms;
  throw wrong(name, 'ms since 1970 or a time such as 2026-11-20T18:00:00Z', value);
}

function wrong(name: string, expected: string, received: unknown): ParkingError {
  return new ParkingError('ALPR_PARKING_ACTION', `Expected ${expected} for ${name} but received ${shown(received)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
