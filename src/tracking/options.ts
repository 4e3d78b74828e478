import { requireNumber } from '../frame/config-error.js';

/** How a camera's tracks are kept; one doc comment per option says what turning it does. */
export interface TrackerOptions {
  /**
   * Least overlap (intersection over union, 0..1) of a box with where its track was expected.
   * Raise it → vehicles close together are mixed up less; lower it → jerky boxes keep their identity.
   */
  iouThreshold: number;
  /**
   * The same for a track that was seen only once; left out: `iouThreshold`. TAPPAS: 0.1 (its init-iou-thr is 1 minus this).
   * Raise it → a newcomer is less often taken for what was found once before; lower it → fast ones are confirmed sooner.
   */
  newIouThreshold?: number | undefined;
  /**
   * Cap (0..1) on how unlikely a place may be for boxes that do not overlap, in TAPPAS's measure: 0.02 times the squared
   * Mahalanobis distance. Left out: the gate alone decides, which no cap from 0.19 up reaches (TAPPAS: 0.5).
   * Raise it → fast vehicles keep their identity; lower it → fewer mix-ups.
   */
  kalmanDistance?: number | undefined;
  /**
   * Frames in a row without it (1..) after which a track counts as lost; it leaves with the frame after that, or once
   * `keepLostFrames` are missed. Left out: only time counts. TAPPAS: 2.
   * Raise it → identities outlive gaps; lower it → departures are announced sooner.
   */
  keepTrackedFrames?: number | undefined;
  /** Frames in a row without it (1..) after which a track that was seen only once leaves. Left out: as all others. TAPPAS: 2. */
  keepNewFrames?: number | undefined;
  /** Frames in a row without it (1..) after which a lost track leaves; has an effect only with `keepTrackedFrames`. TAPPAS: 2. */
  keepLostFrames?: number | undefined;
  /**
   * How long (ms of frame time) a track that is not seen is remembered.
   * Raise it → identities outlive poles, other vehicles and slow cameras; it must be longer than the time between two frames.
   * Lower it → departures are announced sooner and a newcomer is less often taken for the one that left.
   */
  keepLostMs: number;
  /**
   * Agreeing readings (1..) from different views that settle a track; a view that stays counts again every second.
   * Raise it → fewer wrong plates; lower it → less work and earlier results.
   */
  settleReads: number;
  /**
   * Confidence of the vote (0..1) that settles a track.
   * Raise it → doubtful plates are read more often; lower it → vehicles are left alone sooner.
   */
  settleConfidence: number;
  /**
   * A settled track is read again when it is this many times as wide and high as when it was last read (1..).
   * Raise it → less work; lower it → a first reading from afar is checked sooner.
   */
  rereadGrowth: number;
  /**
   * A camera without a frame for so long (ms, wall clock) is silent: whoever owns the tracker should flush it.
   * Raise it → pauses of the source are bridged; lower it → departures are announced sooner.
   */
  silenceMs: number;
}

export const TRACKER_DEFAULTS: Readonly<TrackerOptions> = {
  iouThreshold: 0.2,
  keepLostMs: 1500,
  settleReads: 3,
  settleConfidence: 0.9,
  rereadGrowth: 1.6,
  silenceMs: 5000,
};

/**
 * The defaults with what the user set; undefined means the default.
 *
 * @throws ConfigError naming the option that is no number or out of range
 */
export function trackerOptions(
  given: { [K in keyof TrackerOptions]?: TrackerOptions[K] | undefined } = {},
): TrackerOptions {
  const d = TRACKER_DEFAULTS;
  return {
    iouThreshold: requireNumber('iouThreshold', given.iouThreshold ?? d.iouThreshold, 0, 1),
    keepLostMs: requireNumber('keepLostMs', given.keepLostMs ?? d.keepLostMs, 0),
    settleReads: requireNumber('settleReads', given.settleReads ?? d.settleReads, 1),
    settleConfidence: requireNumber('settleConfidence', given.settleConfidence ?? d.settleConfidence, 0, 1),
    rereadGrowth: requireNumber('rereadGrowth', given.rereadGrowth ?? d.rereadGrowth, 1),
    silenceMs: requireNumber('silenceMs', given.silenceMs ?? d.silenceMs, 0),
    newIouThreshold: optional('newIouThreshold', given.newIouThreshold, 0, 1),
    kalmanDistance: optional('kalmanDistance', given.kalmanDistance, 0, 1),
    keepTrackedFrames: optional('keepTrackedFrames', given.keepTrackedFrames, 1),
    keepNewFrames: optional('keepNewFrames', given.keepNewFrames, 1),
    keepLostFrames: optional('keepLostFrames', given.keepLostFrames, 1),
  };
}

function optional(name: string, value: number | undefined, least: number, most?: number): number | undefined {
  return value === undefined ? undefined : requireNumber(name, value, least, most);
}
