import type { Manifest } from '../../models/manifest.js';
import type { RunOptions, View, ViewResult } from '../device.js';
import { type PlainError, fromPlainError, toPlainError } from '../pool/protocol.js';
import type { SharedPicture } from '../request/shared-picture.js';
import { HailoError } from './errors.js';
import type { Architecture, InputVstream, OutputVstream, VstreamInfo } from './library/api.js';
import type { SchedulerSettings } from './settings.js';

/** What a network thread must know to open its network. */
export interface NetworkThreadSpec {
  /** As in the settings: path of the library or its folder. */
  library: string | undefined;
  vdevice: bigint;
  /** Configured earlier from the same file, and free. */
  group: ConfiguredGroup | undefined;
  /** Path of the HEF. */
  file: string;
  /** Of the device: what the HEF must be for. */
  architecture: Architecture;
  /** As `manifestForHef` gives it. */
  manifest: Manifest;
  scheduler: SchedulerSettings | undefined;
  timeoutMs: number;
  /** Of the ReleaseGate: one Int32. */
  gate: SharedArrayBuffer;
}

/** A group with what the HEF says of its vstreams. Groups live as long as their vdevice: they can be used again, not released (§1). */
export interface ConfiguredGroup {
  handle: bigint;
  infos: readonly VstreamInfo[];
}

export type ToNetworkThread =
  | { kind: 'run'; id: number; source: SharedPicture; views: View[]; options: RunOptions }
  /** After a fault: release the vstreams, make them anew, go on with what waits. */
  | { kind: 'recreate' }
  /** Forget what waits, wait for what is on its way, release everything, end. */
  | { kind: 'close' };

export type FromNetworkThread =
  | { kind: 'opened'; group: ConfiguredGroup; streams: PlainStreams }
  /** `group` when the HEF was configured before it failed: it can be used again. */
  | { kind: 'open-failed'; error: PlainHailoError; group: ConfiguredGroup | undefined }
  | { kind: 'done'; id: number; results: ViewResult[]; timings: ThreadTimings }
  | { kind: 'failed'; id: number; error: PlainHailoError }
  | ThreadFault
  /** `group`: a new one, unless no frame was left in the old one. */
  | { kind: 'recreated'; group: ConfiguredGroup; streams: PlainStreams }
  | { kind: 'recreate-failed'; error: PlainHailoError }
  /** `isGroupFree`: nothing is left in the group, it can be used again. */
  | { kind: 'closed'; isGroupFree: boolean; error?: PlainHailoError };

/** ms, of one request. `infer` is from the first write to the last read, less what this request's own pixels and decoding took. */
export interface ThreadTimings {
  prepare: number;
  infer: number;
  decode: number;
}

/** The thread stands still until it is told to recreate or to close. */
export interface ThreadFault {
  kind: 'fault';
  what: 'timeout' | 'memory' | 'lost' | 'error';
  error: PlainHailoError;
  /** Frames that came back well since the thread was opened or the last fault. */
  goodFrames: number;
}

/** Handles of open vstreams, so that another thread can release those of a thread that died. */
export interface PlainStreams {
  inputs: readonly InputVstream[];
  outputs: readonly OutputVstream[];
}

export interface PlainHailoError extends PlainError {
  status?: number;
  brief?: string;
}

/** Structured clone drops `status` and `brief`, as it drops `code`. */
export function toPlainHailoError(value: unknown): PlainHailoError {
  const plain: PlainHailoError = toPlainError(value);
  if (!(value instanceof HailoError)) return plain;
  if (value.status !== undefined) plain.status = value.status;
  if (value.brief !== undefined) plain.brief = value.brief;
  return plain;
}

export function fromPlainHailoError(plain: PlainHailoError): Error {
  if (plain.code !== 'ALPR_HAILO') return fromPlainError(plain);
  const error = new HailoError(plain.message, plain.status, { brief: plain.brief });
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
