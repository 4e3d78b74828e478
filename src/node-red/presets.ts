/** A setting as an editor file declares it: '' is an empty field, automatic or off. */
export type PresetValue = number | string | boolean;

/** Settings by name, by type of node. */
export type Preset = Readonly<Record<string, Readonly<Record<string, PresetValue>>>>;

/**
 * Thresholds that belong together, for the dialogs. Both presets name the same settings; `plateflow` has the defaults, and
 * what is in neither (models, formats, devices) stays as the user has it.
 */
export const PRESETS: Readonly<Record<'plateflow' | 'tappas', Preset>> = {
  plateflow: {
    'alpr-vehicle-detect': { confidence: '', iou: '' },
    'alpr-tracker': {
      iouThreshold: 0.2,
      settleReads: 3,
      settleConfidence: 0.9,
      rereadGrowth: 1.6,
      newIouThreshold: '',
      kalmanDistance: '',
      keepTrackedFrames: '',
      keepNewFrames: '',
      keepLostFrames: '',
    },
    'alpr-plate-detect': {
      confidence: '',
      iou: '',
      where: 'auto',
      minVehicleArea: 0,
      minVehicleBottom: 0,
      wholeVehicles: false,
    },
    'alpr-blur-gate': { minSharpness: 100, minWidth: 0, minHeight: 0 },
    'alpr-lprnet-read': { minConfidence: 0.1, minLength: 3, secondLook: 'unsure', candidates: 3 },
    'alpr-plate-out': { minConfidence: 0.6, minReads: 2, minLength: 4 },
  },

  /** The constants of Hailo's TAPPAS licence plate application, v3.31.0 (alpr-field-facts §1.1 and §1.3–1.6). */
  tappas: {
    'alpr-vehicle-detect': { confidence: 0.3, iou: 0.45 },
    'alpr-tracker': {
      // 1 − iou-thr 0.6 and 1 − init-iou-thr 0.9: ours is the overlap, TAPPAS's the distance.
      iouThreshold: 0.4,
      newIouThreshold: 0.1,
      kalmanDistance: 0.5,
      keepTrackedFrames: 2,
      keepNewFrames: 2,
      keepLostFrames: 2,
      // The first reading stands: one settles the track, and no vehicle grows a thousandfold.
      settleReads: 1,
      settleConfidence: 0.48,
      rereadGrowth: 1000,
    },
    'alpr-plate-detect': {
      confidence: 0.3,
      iou: 0.45,
      where: 'vehicles',
      minVehicleArea: 40_000,
      minVehicleBottom: 0.75,
      wholeVehicles: true,
    },
    // Its rule of more than 10 px within the plate is blur-gate's own, always on.
    'alpr-blur-gate': { minSharpness: 100, minWidth: 0, minHeight: 0 },
    // Its 0.90 is a mean over characters, ours the probability of the text: seven of them have 0.90⁷ = 0.48 together.
    'alpr-lprnet-read': { minConfidence: 0.48, minLength: 7, secondLook: 'never', candidates: 1 },
    'alpr-plate-out': { minConfidence: 0.48, minReads: 1, minLength: 7 },
  },
};
