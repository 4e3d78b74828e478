import { requireNumber } from '../frame/config-error.js';

/** How a camera's tracks are kept; one doc comment per option says what turning it does. */
export interface TrackerOptions {
  /**
   * Least overlap (intersection over union, 0..1) of a box with where its track was expected.
   * Raise it → vehicles close together are mixed up less; lower it → jerky boxes keep their identity.
   */
  iouThreshold: number;
  /**
   * How long (ms of frame time) a track that is not seen is remembered.
   * Raise it → identities outlive poles, other vehicles and slow cameras; it must be longer than the time between two frames.
   * Lower it → departures are announced sooner and a newcomer is less often taken for the one that left.
   */
  keepLostMs: number;
  /**
   * Agreeing readings (1..) that settle a track.
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
  settleConfidence: 0.85,
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
  };
}
