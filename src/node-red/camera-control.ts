import type { Frame } from '../frame/frame.js';
import type { CameraReport } from '../sources/live/camera-state.js';

/** What messages can do with a camera, wherever its frames come from. */
export interface CameraControl {
  /**
   * Lets frames come; one that runs already goes on. Files: resolves with the first frame, rejects when there is none. Live
   * cameras: resolves at once, since they are tried until they are stopped.
   * @param file another file or folder than the one in the settings
   */
  start(file?: string): Promise<void>;
  /** Resolves when everything is released. */
  stop(): Promise<void>;
  /** Sends one frame, whether the camera runs or not and whether anything moves. Rejects with why there is none. */
  snapshot(file?: string): Promise<void>;
  /** Stop, for good; within Node-RED's time. */
  close(): Promise<void>;
}

/** Where a camera's frames and news go. */
export interface CameraOutlet {
  /** @param decodeMs how long the frame took from the camera to here */
  frame(frame: Frame, decodeMs: number): void;
  /** A run has ended: stopped, or the end of the file. */
  complete(): void;
  report(report: CameraReport): void;
  /** The camera cannot be had, and nobody waits for an answer who could be told. */
  error(error: Error): void;
  warn(text: string): void;
  log(text: string): void;
}
