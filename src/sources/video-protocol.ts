import type { AnnouncedFrame } from './ffmpeg-log.js';
import type { SourceErrorCode } from './source.js';

/** What a video's thread is started with. */
export interface VideoThreadStart {
  program: string;
  arguments: string[];
  /** For messages. */
  path: string;
  maxMegapixels: number;
  /** ms */
  stallTimeoutMs: number;
}

export type ToVideoThread =
  /** Room for the announced frame. */
  { kind: 'buffer'; buffer: SharedArrayBuffer } | { kind: 'close' };

export type FromVideoThread =
  | { kind: 'started'; pid: number | undefined }
  /** A frame comes and needs a buffer. */
  | { kind: 'announced'; frame: AnnouncedFrame; duration: number | undefined; rate: number | undefined }
  /** The buffer is full; the thread does not touch it any more. */
  | { kind: 'filled' }
  /** Nothing comes after these two. */
  | { kind: 'ended' }
  | { kind: 'failed'; message: string; code: SourceErrorCode };
