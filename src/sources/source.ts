import type { Frame } from '../frame/frame.js';

/**
 * Where frames come from. Pull-based: a frame is made when somebody asks for it, so that a slow flow slows its source
 * down by itself and memory stays bounded.
 */
export interface FrameSource {
  /** For people: `video road.mp4`. */
  readonly description: string;
  /** About how many frames will come in all; undefined while that is unknown. For progress bars. */
  readonly expectedFrames: number | undefined;
  /** Path of the file that the last frame came from, where there is one. */
  readonly currentFile?: string | undefined;
  /** What a person should know although frames come, such as why the sample shows its pictures. */
  readonly hint?: string | undefined;
  /** The next frame; null when the source has ended or was closed. One call at a time. Rejects with a SourceError. */
  next(): Promise<Frame | null>;
  /** At any time, any number of times. A pending next() resolves to null; child processes are gone when it resolves. */
  close(): Promise<void>;
}

/** What a source needs of the frame pool. */
export interface FrameAllocator {
  acquire(header: FrameStamp & { width: number; height: number }): Frame;
  /** The same pixels under the header that they turned out to have; the frame that was given is forgotten. */
  restamp(frame: Frame, header: FrameStamp & { width: number; height: number }): Frame;
  /** Takes back the pixels of a frame that nobody else has seen. */
  recycle(frame: Frame): void;
}

/** Which frame of which camera, and when (ms since the epoch). */
export interface FrameStamp {
  cameraId: string;
  sequence: number;
  timestamp: number;
}

/**
 * - `ALPR_SOURCE_STALLED`: nothing comes, and no error either
 * - `ALPR_SOURCE_UNREACHABLE`: no such host, nothing listens there, or no way to it
 * - `ALPR_SOURCE_LOGIN`: user or password is missing or refused. Tried again ever more seldom: cameras lock accounts
 * - `ALPR_SOURCE_SETTINGS`: cannot work until somebody changes a setting (no address, no such device)
 * - `ALPR_FFMPEG`: there is no ffmpeg, or it is too old
 */
export type SourceErrorCode =
  | 'ALPR_SOURCE'
  | 'ALPR_SOURCE_STALLED'
  | 'ALPR_SOURCE_UNREACHABLE'
  | 'ALPR_SOURCE_LOGIN'
  | 'ALPR_SOURCE_SETTINGS'
  | 'ALPR_FFMPEG';

/** A source that cannot deliver. The message says what was expected and what came. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;

  constructor(message: string, code: SourceErrorCode = 'ALPR_SOURCE', options?: ErrorOptions) {
    super(message, options);
    this.name = 'SourceError';
    this.code = code;
  }
}
