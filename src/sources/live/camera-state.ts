import type { MainStreamState } from './feed.js';

/**
 * - `stopped`: by a message, by the schedule, or not started yet
 * - `connecting`: the first attempt since a start
 * - `live`: frames come
 * - `still`: frames come, and nothing moves in them; they are held back (motion gate)
 * - `lost`: the stream broke off or could not be opened; it is tried again
 * - `failed`: it cannot be opened until somebody changes a setting (no ffmpeg, no address)
 */
export const cameraStates = ['stopped', 'connecting', 'live', 'still', 'lost', 'failed'] as const;
export type CameraState = (typeof cameraStates)[number];

/** Frames since the deployment. `received = sent + dropped + held + those not yet decided`. */
export interface CameraCounts {
  /** Came from the camera. */
  received: number;
  /** Went into the flow. */
  sent: number;
  /** Gave way to a newer one, because the flow was busy. */
  dropped: number;
  /** Held back by the motion gate. */
  held: number;
  /** Damaged pictures and other losses that did not end the connection. */
  damaged: number;
  /** Connections that were lost. */
  lost: number;
}

/** What camera-in says on its second output whenever the state changes. */
export interface CameraReport {
  camera: string;
  state: CameraState;
  previous: CameraState;
  /** When the state began, ms since the epoch. */
  since: number;
  /** Why, for people; never with secrets. */
  reason?: string | undefined;
  /** The error's code, such as `ALPR_SOURCE_STALLED`. */
  code?: string | undefined;
  /** state `lost`: ms until the next attempt, and how many were made in vain since the last frame. */
  retryInMs?: number | undefined;
  attempts?: number | undefined;
  /** state `live`: what the camera sends. */
  width?: number | undefined;
  height?: number | undefined;
  fps?: number | undefined;
  codec?: string | undefined;
  decoder?: string | undefined;
  /** state `live`, with a main stream beside the sub-stream: whether plates can be read from it. */
  mainStream?: MainStreamState | undefined;
  counts: CameraCounts;
}
