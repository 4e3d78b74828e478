import type { Box } from '../detection/types.js';
import type { PixelLease } from './lease.js';

/** What a frame is apart from its pixels. */
export interface FrameHeader {
  /** Unique over all cameras of this process: `<cameraId>#<sequence>` unless the source has better. */
  id: string;
  cameraId: string;
  /** Counts up by one per captured frame of a camera; gaps are dropped frames. */
  sequence: number;
  /** Capture time, ms since the epoch. */
  timestamp: number;
  /** Pixels. */
  width: number;
  height: number;
  /** The part of the frame that is looked at, px; everything when left out. */
  focus?: Box | undefined;
  /** A picture by itself, not one of a stream: no next frame shows the scene again. */
  still?: boolean | undefined;
}

/**
 * One picture: 8-bit RGB, row-major, 3 bytes a pixel, no padding, in a SharedArrayBuffer.
 *
 * Immutable once sent. Node-RED copies messages with lodash's cloneDeep where a wire forks; that copies own enumerable
 * properties and keeps the prototype, but passes functions by reference. So the pixels hang on a function, the lease:
 * every copy of a frame shares one lease. When its pixels go back to the pool is said there (lease.ts, pool.ts).
 */
export class Frame implements FrameHeader {
  readonly id: string;
  readonly cameraId: string;
  readonly sequence: number;
  readonly timestamp: number;
  readonly width: number;
  readonly height: number;
  /** Only its source sets it, before the frame is sent. */
  focus?: Box;
  readonly still?: boolean;
  readonly lease: PixelLease;

  constructor(header: FrameHeader, lease: PixelLease) {
    this.id = header.id;
    this.cameraId = header.cameraId;
    this.sequence = header.sequence;
    this.timestamp = header.timestamp;
    this.width = header.width;
    this.height = header.height;
    if (header.focus !== undefined) this.focus = header.focus;
    if (header.still === true) this.still = true;
    this.lease = lease;
  }

  /** The shared memory itself; may be longer than the picture. Post this to a worker, not `pixels`. */
  get buffer(): SharedArrayBuffer {
    return this.lease();
  }

  /** A view of exactly width × height × 3 bytes. Read only by agreement: other branches of the flow see the same bytes. */
  get pixels(): Uint8Array {
    return new Uint8Array(this.lease(), 0, this.width * this.height * 3);
  }

  /** Pixels never enter JSON: debug nodes, file nodes and exported contexts get the header only. */
  toJSON(): FrameHeader {
    const { id, cameraId, sequence, timestamp, width, height, focus, still } = this;
    const header = { id, cameraId, sequence, timestamp, width, height, ...(still === true ? { still } : {}) };
    return focus === undefined ? header : { ...header, focus };
  }
}

/** True for a Frame and for every copy Node-RED makes of one. */
export function isFrame(value: unknown): value is Frame {
  return value instanceof Frame;
}
