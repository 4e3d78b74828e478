import { Frame, type FrameHeader } from './frame.js';
import type { PixelLease } from './lease.js';
import { announceIdle, createLease, type LeaseState } from './pooled-lease.js';

export type NewFrameHeader = Omit<FrameHeader, 'id'> & { id?: string };

export interface FramePoolOptions {
  /** Bytes of unused buffers that are kept for the next frames. Default 128 MiB: about 20 frames of 1080p. */
  maxFreeBytes?: number;
}

export interface FramePoolStats {
  /** Buffers made since the start. */
  allocated: number;
  /** Frames that got a used buffer. */
  reused: number;
  /** Unused buffers now. */
  free: number;
  freeBytes: number;
  /** Frames whose pixels are out now. */
  outstanding: number;
}

/** Why a frame cannot be made or taken back. */
export class FramePoolError extends Error {
  readonly code: 'ALPR_FRAME_SIZE' | 'ALPR_FRAME_FOREIGN' | 'ALPR_FRAME_HELD';

  constructor(code: FramePoolError['code'], message: string) {
    super(message);
    this.name = 'FramePoolError';
    this.code = code;
  }
}

const DEFAULT_MAX_FREE_BYTES = 128 * 1024 * 1024;
const SMALLEST_CLASS = 64 * 1024;
/** 2 GiB less a page: larger buffers cannot be addressed with 32-bit offsets in the pixel loops. */
const LARGEST_FRAME = 2 ** 31 - 4096;
/** Share of a frame's bytes that its ballast shows to the garbage collector. */
const BALLAST_SHARE = 5 / 8;

/**
 * Recycles the memory of frames. A frame's pixels come back when the last copy of the frame is garbage-collected, or at once
 * through `recycle`.
 *
 * V8 does not count shared memory when it decides whether to collect garbage, so dropped frames alone would fill the machine's
 * memory (measured: 4.7 GB after 750 dropped 1080p frames). Each lease therefore owns some ballast: memory that V8 counts,
 * but that is never written and so takes none of the machine's. V8 starts collecting after every 64 MB or so of it:
 * at this share, 19 frames of 1080p, all of which fit under the default `maxFreeBytes` and serve the next 19.
 */
export class FramePool {
  readonly #maxFreeBytes: number;
  /** By size class, in the order in which classes were last used (oldest first). */
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  readonly #states = new WeakMap<PixelLease, LeaseState>();
  readonly #collected = new FinalizationRegistry<LeaseState>((state) => this.#takeBack(state));
  #freeCount = 0;
  #freeBytes = 0;
  #allocated = 0;
  #reused = 0;
  #outstanding = 0;

  constructor(options: FramePoolOptions = {}) {
    this.#maxFreeBytes = options.maxFreeBytes ?? DEFAULT_MAX_FREE_BYTES;
  }

  /**
   * A frame with room for its pixels. They hold whatever the last user left there: fill all of them before sending the frame.
   * @throws FramePoolError ALPR_FRAME_SIZE unless width and height are whole numbers from 1 and the picture is below 2 GiB
   */
  acquire(header: NewFrameHeader): Frame {
    const { cameraId, sequence, timestamp, width, height } = header;
    const bytes = width * height * 3;
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1 || bytes > LARGEST_FRAME) {
      throw new FramePoolError(
        'ALPR_FRAME_SIZE',
        `Expected whole numbers from 1 on and less than 2 GiB for a frame's width and height but received ${width} × ${height}`,
      );
    }
    const id = header.id ?? `${cameraId}#${sequence}`;
    const buffer = this.#takeBuffer(sizeClass(bytes));
    const state: LeaseState = {
      buffer,
      frameId: id,
      holders: 0,
      changes: 0,
      waiting: [],
      isCounting: false,
      ballast: makeBallast(Math.ceil(buffer.byteLength * BALLAST_SHARE)),
    };
    const lease = createLease(state);
    this.#states.set(lease, state);
    this.#collected.register(lease, state, lease);
    this.#outstanding++;
    return new Frame({ id, cameraId, sequence, timestamp, width, height }, lease);
  }

  /**
   * Takes a frame's pixels back at once. Only for an owner who never handed the frame out: afterwards reading the pixels of this frame
   * or of any copy of it throws FrameRecycledError. A second call does nothing.
   * @throws FramePoolError ALPR_FRAME_FOREIGN for a frame of another pool, ALPR_FRAME_HELD while a node holds the frame
   */
  recycle(frame: Frame): void {
    const state = this.#states.get(frame.lease);
    if (state === undefined) {
      throw new FramePoolError('ALPR_FRAME_FOREIGN', `Expected a frame of this pool but received frame ${frame.id}`);
    }
    if (state.holders > 0) {
      throw new FramePoolError(
        'ALPR_FRAME_HELD',
        `Expected a frame that nobody works on but received frame ${frame.id}, held by ${state.holders}`,
      );
    }
    if (state.buffer === undefined) return;
    this.#collected.unregister(frame.lease);
    this.#takeBack(state);
  }

  stats(): FramePoolStats {
    return {
      allocated: this.#allocated,
      reused: this.#reused,
      free: this.#freeCount,
      freeBytes: this.#freeBytes,
      outstanding: this.#outstanding,
    };
  }

  #takeBuffer(bytes: number): SharedArrayBuffer {
    const sameSize = this.#free.get(bytes);
    const used = sameSize?.pop();
    if (sameSize !== undefined) {
      this.#free.delete(bytes);
      if (sameSize.length > 0) this.#free.set(bytes, sameSize);
    }
    if (used === undefined) {
      const fresh = new SharedArrayBuffer(bytes);
      this.#allocated++;
      return fresh;
    }
    this.#freeCount--;
    this.#freeBytes -= bytes;
    this.#reused++;
    return used;
  }

  #takeBack(state: LeaseState): void {
    const buffer = state.buffer;
    if (buffer === undefined) return;
    state.buffer = undefined;
    this.#outstanding--;
    announceIdle(state);
    if (buffer.byteLength > this.#maxFreeBytes) return;
    const sameSize = this.#free.get(buffer.byteLength) ?? [];
    sameSize.push(buffer);
    this.#free.delete(buffer.byteLength);
    this.#free.set(buffer.byteLength, sameSize);
    this.#freeCount++;
    this.#freeBytes += buffer.byteLength;
    this.#dropSurplus();
  }

  /** Sizes nobody asked for lately go first. */
  #dropSurplus(): void {
    for (const [bytes, buffers] of this.#free) {
      while (this.#freeBytes > this.#maxFreeBytes && buffers.length > 0) {
        buffers.pop();
        this.#freeCount--;
        this.#freeBytes -= bytes;
      }
      if (buffers.length === 0) this.#free.delete(bytes);
      if (this.#freeBytes <= this.#maxFreeBytes) return;
    }
  }
}

/**
 * Eight classes for every doubling, so that at most an eighth is wasted and pictures of nearly the same size share. Always a byte more than asked for:
 * the pixel loops read four bytes for the three of the last pixel.
 */
function sizeClass(bytes: number): number {
  const needed = bytes + 1;
  if (needed <= SMALLEST_CLASS) return SMALLEST_CLASS;
  const step = 2 ** (Math.floor(Math.log2(needed - 1)) - 3);
  return Math.ceil(needed / step) * step;
}

/** Resizable array buffers reserve addresses only; pages nobody writes stay unbacked. (TypeScript's es2022 library does not know the option.) */
function makeBallast(bytes: number): ArrayBuffer {
  const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
  return new Resizable(bytes, { maxByteLength: bytes });
}

let shared: FramePool | undefined;

/** The pool that everything in this process shares. */
export function framePool(): FramePool {
  shared ??= new FramePool();
  return shared;
}
