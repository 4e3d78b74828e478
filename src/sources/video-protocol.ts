import type { AnnouncedFrame, StreamNotes } from './ffmpeg-log.js';

/** What a decoder's thread is started with. */
export interface DecoderStart {
  program: string;
  arguments: string[];
  /** For ffmpeg's stdin, which is closed then. */
  stdin?: string | undefined;
  /** Its output is ffmpeg's stdin. */
  producer?: { program: string; arguments: string[] } | undefined;
  maxMegapixels: number;
  /** ms */
  stallTimeoutMs: number;
  /** For a camera: the newest frame wins (FrameMailbox). Left out: every frame, when there is room for it. */
  mailbox?: SharedArrayBuffer | undefined;
}

export type ToDecoderThread =
  /** Room for the announced frame. */
  | { kind: 'buffer'; buffer: SharedArrayBuffer }
  /** Camera: room for a frame to come. */
  | { kind: 'slot'; slot: number; buffer: SharedArrayBuffer }
  | { kind: 'close' };

/**
 * - `program`: ffmpeg, or what feeds it, could not be run
 * - `shortage`: the computer has no process, file or memory left for them
 * - `size`: a frame larger than allowed
 * - `stall`: nothing came for too long
 * - `end`: ffmpeg ended, or sent what it should not
 * - `thread`: ours; a bug
 */
export type DecoderFailure = 'program' | 'shortage' | 'size' | 'stall' | 'end' | 'thread';

export type FromDecoderThread =
  | { kind: 'started'; pid: number | undefined }
  /** What is to be decoded is known; nothing is decoded yet. */
  | { kind: 'codec'; codec: string }
  /** A frame comes and needs a buffer; of a camera only when its size is new. Then the slots given back wait for buffers of that size. */
  | { kind: 'announced'; frame: AnnouncedFrame; stream: StreamNotes; returned: number[] }
  /** The buffer is full, the thread does not touch it any more; of a camera: the mailbox is no longer empty. */
  | { kind: 'filled' }
  /** Camera: ffmpeg complains and goes on. */
  | { kind: 'damaged'; complaint: string; times: number }
  /** Nothing comes after these two. */
  | { kind: 'ended' }
  /** `what` goes on after "but "; `complaints` are the programs' last words, unredacted. */
  | { kind: 'failed'; failure: DecoderFailure; what: string; complaints: string; frames: number };
