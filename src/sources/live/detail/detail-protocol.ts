import type { SourceErrorCode } from '../../source.js';
import type { HardwareDecoder } from '../settings.js';
import type { NoPicture } from './supply-replies.js';
import type { ReceiverStart } from './receiver.js';

/** What the thread of a main stream is started with. */
export interface DetailStart {
  receiver: ReceiverStart;
  /** `Ffmpeg.passthrough` */
  passthrough: string[];
  hwaccel?: HardwareDecoder | undefined;
  hwDevice?: string | undefined;
  /** Without a request for so long the decoder ends, ms. */
  idleMs?: number | undefined;
}

export type ToDetailThread =
  /** The picture of that moment (ms, monotonic). `again`: the one that was given for it before is gone. */
  | { kind: 'want'; id: number; at: number; again: boolean }
  | { kind: 'forget'; id: number }
  /** Room for the picture of that unit; none when nobody wants it any more. */
  | { kind: 'room'; unit: number; buffer: SharedArrayBuffer | undefined }
  /** The decoder is to end as soon as nobody waits for it. */
  | { kind: 'rest' }
  | { kind: 'close' };

export type FromDetailThread =
  | { kind: 'picture'; ids: number[]; unit: number; width: number; height: number; error: number }
  /** That room is full; the thread does not touch it any more. */
  | { kind: 'filled'; unit: number }
  | { kind: 'same'; id: number; unit: number }
  | { kind: 'none'; id: number; why: NoPicture; message: string | undefined }
  | { kind: 'resting' }
  /** The first picture of a connection has come. */
  | { kind: 'live' }
  /** The connection is over; another attempt is made. No secrets in the message. */
  | { kind: 'lost'; message: string; code: SourceErrorCode }
  /** Something else, and it goes on. No secrets in the message. */
  | { kind: 'problem'; message: string; code: SourceErrorCode };
