import { readViewArea } from '../areas/view-area.js';
import { ConfigError } from '../frame/config-error.js';
import { prepareDetail } from '../frame/detail.js';
import type { Frame } from '../frame/frame.js';
import { MotionGate } from '../motion/motion-gate.js';
import { toError } from './errors.js';

/** What camera-in's dialog sets of it. */
export interface CameraViewSettings {
  /** Polygons to look at, in the format of zones; empty: everything. */
  regions: string;
  /** Polygons to paint over. */
  masks: string;
  /** Hold frames back in which nothing moves. */
  motion: boolean;
  /** % of the looked-at area that must change. */
  motionShare: number;
  /** s that frames still pass after the last motion. */
  motionHold: number;
  /** s from one frame to the next while nothing moves; 0: none. */
  idleInterval: number;
}

/** What happens to a camera's frames before they go into the flow. */
export interface CameraView {
  /** Why the settings cannot be used. `prepare` and `gate` throw it, so that nothing that should be hidden is ever sent. */
  readonly problem: ConfigError | undefined;
  /**
   * Paints what is not looked at and says on the frame where to look. For every frame, the larger stream's too, before anybody
   * else sees it; of frames that the gate holds back it may be left out.
   */
  prepare(frame: Frame): void;
  /**
   * Whether the frame goes into the flow; always `pass` without a motion gate. Frames in the order of their capture, before or
   * after `prepare`.
   * @param now ms: `performance.now()` for live cameras, the frame's timestamp for files. Default the frame's timestamp
   */
  gate(frame: Frame, now?: number): 'pass' | 'hold';
  /** Nothing moved in the last frame that the gate saw, whether it passed (every `idleInterval`) or not: state `still`. */
  readonly still: boolean;
}

/** Never throws: what is wrong with the settings is in `problem`. */
export function cameraView(settings: CameraViewSettings): CameraView {
  try {
    return openView(settings);
  } catch (thrown) {
    const problem = thrown instanceof ConfigError ? thrown : new ConfigError(toError(thrown).message);
    const refuse = (): never => {
      throw problem;
    };
    return { problem, prepare: refuse, gate: refuse, still: false };
  }
}

function openView(settings: CameraViewSettings): CameraView {
  const area = readViewArea(settings.regions, settings.masks);
  const gate = settings.motion
    ? new MotionGate({
        share: settings.motionShare,
        holdMs: settings.motionHold * 1000,
        idleIntervalMs: settings.idleInterval * 1000,
        area,
      })
    : undefined;
  let still = false;
  return {
    problem: undefined,
    get still() {
      return still;
    },
    prepare(frame) {
      if (area === undefined) return;
      const paint = (seen: Frame): void => {
        area.paint(seen.pixels, seen.width, seen.height);
        const focus = area.focus(seen.width, seen.height);
        if (focus !== undefined) seen.focus = focus;
      };
      paint(frame);
      prepareDetail(frame, paint);
    },
    gate(frame, now = frame.timestamp) {
      if (gate === undefined) return 'pass';
      const motion = gate.see(frame, now);
      still = motion !== 'moving';
      return motion === 'still' ? 'hold' : 'pass';
    },
  };
}
