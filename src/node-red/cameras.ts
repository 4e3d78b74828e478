import type { Frame } from '../frame/frame.js';
import type { FeedFacts } from '../sources/live/feed.js';
import type { LiveSettings } from '../sources/live/settings.js';
import { AlprNodeError } from './errors.js';

/** A camera-in node whose frames come now. */
export interface RunningCamera {
  /**
   * A copy of its next frame, as the camera sends it, before masks. It is the caller's, who gives it back with
   * `framePool().recycle(frame)`. Rejects when the signal aborts or the camera stops; with the camera lost it may take long.
   */
  still(signal?: AbortSignal): Promise<Frame>;
}

const cameras = new Map<string, RunningCamera>();

/** A node's camera was started. @returns takes it off the list again */
export function cameraRuns(nodeId: string, camera: RunningCamera): () => void {
  cameras.set(nodeId, camera);
  return () => {
    if (cameras.get(nodeId) === camera) cameras.delete(nodeId);
  };
}

/** The running camera of a camera-in node; undefined while it is stopped, lost or not deployed. */
export function runningCamera(nodeId: string): RunningCamera | undefined {
  return cameras.get(nodeId);
}

/** What a camera shows. */
export interface TestPicture {
  /** The caller's, who gives it back with `framePool().recycle(frame)`. */
  frame: Frame;
  facts: FeedFacts;
}

/**
 * Opens a camera with settings that need not be deployed, takes one frame and closes it again.
 * @throws SourceError why no frame comes, without secrets, after `timeoutMs` of the settings at the latest; the signal's reason
 */
export function testCamera(settings: LiveSettings, signal: AbortSignal): Promise<TestPicture> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return Promise.reject(
    new AlprNodeError('ALPR_SOURCE', `Expected a source that can be tried for source but received ${settings.source}`),
  );
}
