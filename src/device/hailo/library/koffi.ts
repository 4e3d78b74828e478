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
/** 512 KiB were seen to work, 256 not. */
const ENOUGH_STACK_BYTES = 512 << 10;

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
  const { sync_stack_size: stack = 0 } = koffi.config();
  if (stack >= STACK_BYTES) return koffi;
  try {
    koffi.config({ async_stack_size: STACK_BYTES, sync_stack_size: STACK_BYTES });
  } catch (error) {
    // Too late: something else in this thread has loaded a library. We only call synchronously, and koffi's own 2 MiB do for that.
    if (stack < ENOUGH_STACK_BYTES) {
      const message = `Expected a stack of ${ENOUGH_STACK_BYTES} bytes for calls of HailoRT but received ${stack}: ${String(error)}`;
      throw new HailoError(message, undefined, { cause: error });
    }
  }
  return koffi;
}
