import { listKey } from '../lists/key.js';

export type Side = 'in' | 'out';

/** A plate seen at the entry or at the exit. */
export interface Sight {
  /** As it was read, or typed. */
  plate: string;
  /** ms since the epoch. */
  at: number;
  camera?: string;
  /** The visit's id of plate-out's events. */
  visit?: string;
  /** `plate` is a keyed hash: it is the same or it is not, there is nothing like similar. */
  hashed?: true;
  /** Somebody pressed a button; no camera saw it. */
  manual?: true;
}

/** Why a car counts as gone although nobody saw it leave. */
export type Ending = 'missed-exit' | 'removed' | 'expired';

/** One stay. It is inside while it has neither `exit` nor `ended`. Never changed in place: a later state is another object. */
export interface ParkingSession {
  readonly id: string;
  /** Missing: the car was not seen when it came. */
  readonly entry?: Sight;
  readonly exit?: Sight;
  readonly ended?: { readonly at: number; readonly why: Ending };
  /** Between the plate at the entry and at the exit, when they are not the same text: edits, look-alikes less than one. */
  readonly distance?: number;
  /** Other cars inside were as similar; the one that had been there longest was taken. */
  readonly ambiguous?: true;
}

export function isInside(session: ParkingSession): boolean {
  return session.exit === undefined && session.ended === undefined;
}

/** The plate that a stay goes by. */
export function plateOf(session: ParkingSession): string {
  return (session.entry ?? session.exit)?.plate ?? '';
}

/** When it ended; undefined while the car is inside. */
export function endOf(session: ParkingSession): number | undefined {
  return session.exit?.at ?? session.ended?.at;
}

/** ms that the car was inside, never negative (the clocks of two cameras differ); undefined when one end was not seen. */
export function dwellOf(session: ParkingSession): number | undefined {
  if (session.entry === undefined || session.exit === undefined) return undefined;
  return Math.max(0, session.exit.at - session.entry.at);
}

/** What plates are compared by. Hashes are taken as they are. */
export function keyOf(sight: Sight): string {
  return sight.hashed === true ? `#${sight.plate}` : listKey(sight.plate);
}

/** What is worth knowing about a stay, for programs. */
export function remarksOf(session: ParkingSession): string[] {
  const remarks: string[] = [];
  if (session.entry === undefined) remarks.push('unknown-entry');
  if (session.ended !== undefined) remarks.push(session.ended.why);
  if (session.distance !== undefined) remarks.push('similar');
  if (session.ambiguous === true) remarks.push('ambiguous');
  if (session.entry?.manual === true || session.exit?.manual === true) remarks.push('manual');
  return remarks;
}
