import type { Frame } from '../frame/frame.js';
import { framePool } from '../frame/pool.js';
import { FrameCounter } from '../sources/counter.js';
import { Connection } from '../sources/live/connection.js';
import type { FeedContext, FeedFacts, OpenFeed } from '../sources/live/feed.js';
import { openFeed } from '../sources/live/open-feed.js';
import type { LiveSettings } from '../sources/live/settings.js';
import { settledWithin, systemTimers } from '../sources/live/timers.js';
import { SourceError } from '../sources/source.js';
import { toError } from './errors.js';

/** A feed that was asked to close gets so long before the answer goes out without it, ms. */
const CLOSE_LIMIT_MS = 3500;

/** A camera-in node whose frames come now. */
export interface RunningCamera {
  /**
   * A copy of its next frame, as the camera sends it, before masks. It is the caller's, who gives it back with
   * `framePool().recycle(frame)`. Rejects when the signal aborts or the camera stops; with the camera lost it may take long.
   */
  still(signal?: AbortSignal): Promise<Frame>;
}

const cameras = new Map<string, RunningCamera>();

/** A node's frames come. @returns takes it off the list again */
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
export async function testCamera(
  settings: LiveSettings,
  signal: AbortSignal,
  open: (settings: LiveSettings, context: FeedContext) => OpenFeed = openFeed,
): Promise<TestPicture> {
  signal.throwIfAborted();
  const pool = framePool();
  const openTested = open(settings, { pool, counter: new FrameCounter('test') });
  let connection: Connection | undefined;
  let abort: (() => void) | undefined;
  try {
    return await new Promise<TestPicture>((resolve, reject) => {
      let known: FeedFacts | undefined;
      let taken = false;
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      connection = new Connection({
        open: openTested,
        pool,
        timers: systemTimers,
        timeoutMs: settings.timeoutMs ?? 10_000,
        frame: (frame) => {
          const { width, height } = frame;
          if (taken || signal.aborted) pool.recycle(frame);
          else resolve({ frame, facts: { ...known, width, height } });
          taken = true;
        },
        facts: (facts) => (known = facts),
        problem: () => undefined,
        lost: reject,
      });
    });
  } catch (thrown) {
    throw signal.aborted || thrown instanceof SourceError ? thrown : new SourceError(toError(thrown).message);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
    if (connection !== undefined) await settledWithin([connection.close()], CLOSE_LIMIT_MS, systemTimers);
  }
}
