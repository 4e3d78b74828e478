import type { NodeMessage } from 'node-red';
import type { DepartedTrack, Plate, Timings, Vehicle } from '../detection/types.js';
import { Frame, isFrame } from '../frame/frame.js';
import type { PixelLease } from '../frame/lease.js';

/** What our nodes write into a message and read from it (design §3). Everything else in it is the user's and survives. */
export interface AlprMessage extends NodeMessage {
  frame?: unknown;
  vehicles?: Vehicle[];
  plates?: Plate[];
  timings?: Timings;
  /** Id of the tracker node that numbered the tracks. */
  tracker?: string;
  /** Tracks that left, announced once. */
  departed?: DepartedTrack[];
  /** Without a frame: the source has ended. */
  complete?: boolean;
  /** Forget what you know (tracker, plate-out). */
  reset?: boolean;
}

/**
 * The message's frame, or undefined when it carries none.
 *
 * A second copy of this package in the same Node-RED (a link beside an installed one) makes frames of another class; those
 * have the same lease and are taken over by it.
 */
export function frameOf(msg: AlprMessage): Frame | undefined {
  const { frame } = msg;
  if (isFrame(frame)) return frame;
  return isFrameOfAnotherCopy(frame) ? new Frame(frame, frame.lease) : undefined;
}

function isFrameOfAnotherCopy(value: unknown): value is Frame {
  if (typeof value !== 'object' || value === null) return false;
  const { id, cameraId, sequence, timestamp, width, height, lease } = value as Partial<Frame>;
  return (
    typeof id === 'string' &&
    typeof cameraId === 'string' &&
    typeof sequence === 'number' &&
    typeof timestamp === 'number' &&
    Number.isInteger(width) &&
    Number.isInteger(height) &&
    isLease(lease)
  );
}

function isLease(value: unknown): value is PixelLease {
  if (typeof value !== 'function') return false;
  const { retain, release, keep, onIdle } = value as Partial<PixelLease>;
  return [retain, release, keep, onIdle].every((member) => typeof member === 'function');
}

/**
 * No picture, but news for the nodes behind: tracks that left, the end of the source, or the wish to forget. Passed on
 * unchanged and in order.
 */
export function isControl(msg: AlprMessage): boolean {
  if (msg.complete !== true && msg.reset !== true && !Array.isArray(msg.departed)) return false;
  return frameOf(msg) === undefined && !Buffer.isBuffer(msg.payload);
}

/** Messages of one camera keep their order; '' stands for messages that name none. */
export function cameraOf(msg: AlprMessage): string {
  const frame = frameOf(msg);
  if (frame !== undefined) return frame.cameraId;
  return typeof msg.topic === 'string' ? msg.topic : '';
}

/** Adds a stage's milliseconds to the message's, to the µs; a new object, because branches of a flow may share the old one. */
export function addTimings(msg: AlprMessage, timings: Timings): void {
  const sum: Timings = typeof msg.timings === 'object' ? { ...msg.timings } : {};
  for (const [stage, ms] of Object.entries(timings)) sum[stage] = Math.round(((sum[stage] ?? 0) + ms) * 1000) / 1000;
  msg.timings = sum;
}
