import { HailoError } from '../errors.js';

/** The part of koffi that we use; written down here because its own types are those of an ES module. */
export interface Koffi {
  config(): { sync_stack_size?: number; async_stack_size?: number };
  config(wanted: { sync_stack_size: number; async_stack_size: number }): unknown;
  /** @param path null: what is in the process already. @throws Error in the loader's words */
  load(path: string | null): LoadedFile;
  /** Of the first byte of a Buffer. */
  address(value: unknown): bigint;
  alloc(type: string, length: number): bigint;
  view(pointer: bigint, length: number): ArrayBuffer;
  free(pointer: bigint): void;
}

export interface LoadedFile {
  /** @throws Error when there is no such function */
  func(prototype: string): (...args: unknown[]) => unknown;
}

/** Loading a HEF puts 256 KiB on the stack at once, and koffi's own stacks are too small for that (hailort-c-api §0.11). */
const STACK_BYTES = 8 << 20;

/** @throws HailoError where koffi has no build for this platform, or was installed without it */
export function loadKoffi(): Koffi {
  let koffi: Koffi;
  try {
    koffi = require('koffi') as Koffi;
  } catch (error) {
    throw new HailoError(
      `Expected the package koffi to load on ${process.platform} ${process.arch} but received ${String(error)}. ` +
        'Run `npm install` again, without --omit=optional; the CPU works without it.',
      undefined,
      { cause: error },
    );
  }
  if ((koffi.config().sync_stack_size ?? 0) >= STACK_BYTES) return koffi;
  // It must come before the first library of the thread; then it can only fail when somebody else has loaded one.
  koffi.config({ async_stack_size: STACK_BYTES, sync_stack_size: STACK_BYTES });
  return koffi;
}
