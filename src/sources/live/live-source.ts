import type { Frame } from '../../frame/frame.js';
import { FrameCounter } from '../counter.js';
import { SourceError, type FrameAllocator, type FrameSource } from '../source.js';
import { LiveCamera } from './camera.js';
import type { CameraReport } from './camera-state.js';
import type { FeedContext, OpenFeed } from './feed.js';

export interface LiveSourceOptions {
  camera: string;
  pool: FrameAllocator;
  /** Without a frame for so long the camera is lost, ms. */
  timeoutMs: number;
  /** Told of losses and of what follows; frames go on when they go on. */
  onReport?: (report: CameraReport) => void;
}

/**
 * A live camera for who pulls frames one after the other: always the newest there is. A camera that gives no first frame fails; one that is
 * lost later is tried again until the source is closed.
 */
export function openLiveSource(open: (context: FeedContext) => OpenFeed, options: LiveSourceOptions): FrameSource {
  const { camera, pool, timeoutMs, onReport } = options;
  let ready: Frame | undefined;
  let wake: (() => void) | undefined;
  let failure: SourceError | undefined;
  let hasFrames = false;
  let closing: Promise<void> | undefined;

  const live = new LiveCamera({
    ...{ camera, pool, timeoutMs, inFlight: 1 },
    open: open({ pool, counter: new FrameCounter(camera) }),
    send(frame) {
      // Held until it is fetched; meanwhile the newest of the others waits behind it.
      frame.lease.retain();
      // Whoever fetches it gives it back: until then nobody may take its memory.
      frame.lease.keep();
      hasFrames = true;
      ready = frame;
      wake?.();
    },
    report(report) {
      const { state, reason = '', code } = report;
      if (!hasFrames && (state === 'lost' || state === 'failed')) {
        failure = new SourceError(reason, code as SourceError['code']);
        wake?.();
      } else onReport?.(report);
    },
  });
  live.start();

  return {
    description: camera,
    expectedFrames: undefined,
    async next() {
      for (;;) {
        if (closing !== undefined) return null;
        if (failure !== undefined) throw failure;
        if (ready !== undefined) break;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const frame = ready;
      ready = undefined;
      frame.lease.release();
      return frame;
    },
    close() {
      closing ??= (async () => {
        await live.close();
        ready?.lease.release();
        if (ready !== undefined) pool.recycle(ready);
        ready = undefined;
      })();
      wake?.();
      return closing;
    },
  };
}
