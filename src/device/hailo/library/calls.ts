import { HailoError } from '../errors.js';
import type { HailoLibrary } from './api.js';
import type { Handles } from './handles.js';
import type { Koffi } from './koffi.js';
import type { Layout } from './layout.js';
import { memory } from './memory.js';
import { hailoError, Status } from './status.js';
import type { SymbolName, Symbols } from './symbols.js';

/** Room for a list at most; no real one comes near. */
const MOST_BYTES = 64 * 1024 * 1024;
const UINT32 = 0xffffffff;

/** What the functions of a loaded library share. */
export interface LibraryContext extends Pick<HailoLibrary, 'path' | 'version'> {
  symbols: Symbols;
  layout: Layout;
  handles: Handles;
  koffi: Koffi;
}

/** @throws HailoError for every status but success */
export function call(context: LibraryContext, name: SymbolName, about: string | undefined, ...args: unknown[]): void {
  const status = context.symbols[name](...args);
  if (status !== Status.SUCCESS) throw statusError(context, name, status, about);
}

export function statusError(context: LibraryContext, name: SymbolName, status: number, about?: string): HailoError {
  return hailoError(name, status, about === undefined ? context : { version: context.version, about });
}

/** Calls a function whose last argument is a place for a handle. */
export function outHandle(context: LibraryContext, name: SymbolName, about: string, ...args: unknown[]): unknown {
  const out: unknown[] = [null];
  call(context, name, about, ...args, out);
  return out[0];
}

export interface ListCall {
  name: SymbolName;
  about: string;
  /** Before the list and its counter. */
  args: unknown[];
  /** Of one entry, bytes. */
  size: number;
  /** Entries there is room for at first. */
  room: number;
}

/**
 * A list of the library: in goes the room, out comes the count. Too little room gives status 5, for most functions with the count
 * that is needed (hailort-c-api §2); for the others the room doubles.
 */
export function list(context: LibraryContext, wanted: ListCall): { bytes: Buffer; count: number } {
  const { name, about, args, size } = wanted;
  let { room } = wanted;
  while (room * size <= MOST_BYTES) {
    const bytes = memory(room * size);
    const counter: unknown[] = [room];
    const status = context.symbols[name](...args, bytes, counter);
    const count = Number(counter[0]);
    if (status === Status.SUCCESS) {
      if (Number.isInteger(count) && count >= 0 && count <= room) return { bytes, count };
      throw new HailoError(`Expected at most ${room} entries of ${name} for ${about} but received ${count}`);
    }
    if (status !== Status.INSUFFICIENT_BUFFER) throw statusError(context, name, status, about);
    room = Number.isSafeInteger(count) && count > room ? count : room * 2;
  }
  throw new HailoError(
    `Expected ${name} to fill a list for ${about} but received ${Status.INSUFFICIENT_BUFFER} for ${MOST_BYTES} bytes`,
    Status.INSUFFICIENT_BUFFER,
  );
}

/** @throws RangeError unless it is an integer within the limits: C would cut off what is too large */
export function integer(name: string, value: number, min: number, max = UINT32): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`Expected an integer from ${min} to ${max} for ${name} but received ${value}`);
  }
  return value;
}
