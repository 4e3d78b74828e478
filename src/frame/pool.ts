import { Frame, type FrameHeader } from './frame.js';
import type { PixelLease } from './lease.js';
import { announceIdle, createLease, type LeaseState } from './pooled-lease.js';

export type NewFrameHeader = Omit<FrameHeader, 'id'> & { id?: string };

export interface FramePoolOptions {
  /** Bytes of unused buffers that are kept for the next frames. Default 128 MiB: about 20 frames of 1080p. */
  maxFreeBytes?: number;
  /** Bytes of frames that may be out before those at rest are taken for new ones. Default 128 MiB: 20 frames of 1080p. */
  budgetBytes?: number;
  /** ms that a frame must have been at rest before it is taken. Default 250, for the user's nodes that answer a little later. */
  leastRestMs?: number;
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
  /** Frames at rest whose memory was taken for a new one. */
  taken: number;
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
const DEFAULT_BUDGET_BYTES = 128 * 1024 * 1024;
const DEFAULT_LEAST_REST_MS = 250;
const SMALLEST_CLASS = 64 * 1024;
/** 2 GiB less a page: larger buffers cannot be addressed with 32-bit offsets in the pixel loops. */
const LARGEST_FRAME = 2 ** 31 - 4096;
/** More than this at once makes V8 start a collection (its soft limit for memory outside the heap is 64 MB). */
const PRESSURE = 72 * 1024 * 1024;

/**
 * Recycles the memory of frames, in three ways.
 *
 * 1. At once, through `recycle`, by an owner who never handed the frame out.
 * 2. When more than `budgetBytes` are out: the frame that rests longest (our nodes had it, none has it now) gives its memory to
 *    the new one. A stream of frames lives on this alone, without garbage collection; at 15 frames of 1080p a second a frame can
 *    still be read 1.3 s after the flow was done with it. Frames of plate events are kept (`lease.keep`).
 * 3. When the last copy of the frame is garbage-collected: frames that our nodes never had, and kept ones.
 *
 * For the third, V8 must be told: it does not count shared memory (measured: 4.7 GB after 750 dropped 1080p frames). When
 * more than the budget is out and nothing rests, the pool makes, and drops at once, a piece of memory that V8 counts but that
 * is never written and so takes none of the machine's; V8 then collects. Collecting for every frame of a stream instead costs
 * a tenth of a core and stops Node-RED's event loop 9 times a second for 10 ms (measured with the demo flow).
 */
export class FramePool {
  readonly #maxFreeBytes: number;
  readonly #budgetBytes: number;
  readonly #leastRestMs: number;
  /** By size class, in the order in which classes were last used (oldest first). */
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  /** Frames at rest, longest first. */
  readonly #resting = new Set<LeaseState>();
  readonly #states = new WeakMap<PixelLease, LeaseState>();
  readonly #collected = new FinalizationRegistry<LeaseState>((state) => this.#takeBack(state));
  #freeCount = 0;
  #freeBytes = 0;
  #allocated = 0;
  #reused = 0;
  #taken = 0;
  #outstanding = 0;
  #outstandingBytes = 0;
  /** Bytes out at which the next collection is asked for. */
  #askAt: number;

  constructor(options: FramePoolOptions = {}) {
    this.#maxFreeBytes = options.maxFreeBytes ?? DEFAULT_MAX_FREE_BYTES;
    this.#budgetBytes = options.budgetBytes ?? DEFAULT_BUDGET_BYTES;
    this.#leastRestMs = options.leastRestMs ?? DEFAULT_LEAST_REST_MS;
    this.#askAt = this.#budgetBytes;
  }

  /**
   * A frame with room for its pixels. They hold whatever the last user left there: fill all of them before sending the frame.
   * @throws FramePoolError ALPR_FRAME_SIZE unless width and height are whole numbers from 1 and the picture is below 2 GiB
   */
  acquire(header: NewFrameHeader): Frame {
    const { cameraId, sequence, timestamp, width, height, still } = header;
    const bytes = width * height * 3;
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1 || bytes > LARGEST_FRAME) {
      throw new FramePoolError(
        'ALPR_FRAME_SIZE',
        `Expected whole numbers from 1 on and less than 2 GiB for a frame's width and height but received ${width} × ${height}`,
      );
    }
    const id = header.id ?? `${cameraId}#${sequence}`;
    const size = sizeClass(bytes);
    if (this.#outstandingBytes + size > this.#budgetBytes) this.#makeRoom(size);
    const buffer = this.#takeBuffer(size);
    const state: LeaseState = {
      buffer,
      frameId: id,
      holders: 0,
      changes: 0,
      waiting: [],
      isCounting: false,
      kept: false,
      wasHeld: false,
      restingSince: undefined,
      onRest: this.#noteRest,
    };
    const lease = createLease(state);
    this.#states.set(lease, state);
    this.#collected.register(lease, state, lease);
    this.#outstanding++;
    this.#outstandingBytes += buffer.byteLength;
    return new Frame({ id, cameraId, sequence, timestamp, width, height, still }, lease);
  }

  /**
   * The same pixels under another header, for an owner who has not handed the frame out and learns only with the pixels what they show.
   * The picture may have another size if it fits into the buffer. Forget the frame that was given.
   * @throws FramePoolError ALPR_FRAME_FOREIGN for a frame of another pool, ALPR_FRAME_SIZE when the picture does not fit
   */
  restamp(frame: Frame, header: NewFrameHeader): Frame {
    const { cameraId, sequence, timestamp, width, height } = header;
    const state = this.#states.get(frame.lease);
    if (state?.buffer === undefined) {
      throw new FramePoolError('ALPR_FRAME_FOREIGN', `Expected a frame of this pool but received frame ${frame.id}`);
    }
    if (width * height * 3 > state.buffer.byteLength) {
      throw new FramePoolError(
        'ALPR_FRAME_SIZE',
        `Expected a picture of at most ${state.buffer.byteLength} bytes for frame ${frame.id} but received ${width} × ${height}`,
      );
    }
    state.frameId = header.id ?? `${cameraId}#${sequence}`;
    return new Frame({ id: state.frameId, cameraId, sequence, timestamp, width, height }, frame.lease);
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
      taken: this.#taken,
    };
  }

  readonly #noteRest = (state: LeaseState): void => {
    this.#resting.delete(state);
    if (state.restingSince !== undefined && !state.kept && state.buffer !== undefined) this.#resting.add(state);
  };

  /** Takes the memory of frames that rest longest until `bytes` more fit; where none does, asks for a garbage collection. */
  #makeRoom(bytes: number): void {
    const restedSince = performance.now() - this.#leastRestMs;
    for (const state of this.#resting) {
      if (state.restingSince! > restedSince) break;
      this.#taken++;
      this.#takeBack(state);
      if (this.#outstandingBytes + bytes <= this.#budgetBytes) return;
    }
    if (this.#outstandingBytes + bytes < this.#askAt) return;
    askForCollection();
    // What users really keep makes the next time come later.
    this.#askAt = (this.#outstandingBytes + bytes) * 1.25;
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
    this.#resting.delete(state);
    this.#outstanding--;
    this.#outstandingBytes -= buffer.byteLength;
    this.#askAt = Math.max(this.#budgetBytes, Math.min(this.#askAt, this.#outstandingBytes * 1.25));
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
function askForCollection(): void {
  const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
  new Resizable(PRESSURE, { maxByteLength: PRESSURE });
}

let shared: FramePool | undefined;

/** The pool that everything in this process shares. */
export function framePool(): FramePool {
  shared ??= new FramePool();
  return shared;
}
