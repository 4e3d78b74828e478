import { DecodeError } from './decode-error.js';

/** What a decoder needs to know besides the manifest. */
export interface DecodeOptions {
  /** Size of the network's input in pixels. */
  inputWidth: number;
  inputHeight: number;
  /** 0..1, inclusive: a detection of exactly this confidence is kept. */
  confidenceThreshold: number;
  /** 0..1: boxes that overlap a better one by more than this are dropped. */
  iouThreshold: number;
  /** Best ones to keep. Default: all. */
  maxDetections?: number | undefined;
  /** Which picture of the batch. */
  batchIndex: number;
  /** True: boxes of different classes suppress each other too. Default false. */
  classAgnostic?: boolean | undefined;
}

/** Scores above 1 by less than this are rounding of a quantised output and count as 1. */
const SCORE_SLACK = 0.05;

/** The candidates of one picture before suppression, as flat lists: thousands may come, few stay. */
export class CandidateList {
  /** x1, y1, x2, y2 per candidate, input pixels. */
  readonly boxes: number[] = [];
  readonly scores: number[] = [];
  readonly classIds: number[] = [];
  /** Eight per candidate (x, y of TL, TR, BR, BL), or empty for networks without corners. */
  readonly corners: number[] = [];

  constructor(private readonly outputName: string) {}

  get length(): number {
    return this.scores.length;
  }

  /**
   * Takes a candidate over; one without area or with a coordinate that is not finite is left out.
   *
   * @returns whether it was taken.
   * @throws DecodeError when the score is far above 1: then the graph gives logits where the manifest promises scores.
   */
  add(x1: number, y1: number, x2: number, y2: number, score: number, classId: number): boolean {
    // One difference that is not finite covers both NaN and infinity in either end.
    if (!(x2 > x1 && y2 > y1) || !Number.isFinite(x2 - x1) || !Number.isFinite(y2 - y1)) return false;
    if (score > 1 + SCORE_SLACK) {
      throw new DecodeError(
        `Expected scores from 0 to 1 for output "${this.outputName}" but received ${score}: it looks like raw logits, see the manifest's decoder settings`,
      );
    }
    this.boxes.push(x1, y1, x2, y2);
    this.scores.push(score > 1 ? 1 : score);
    this.classIds.push(classId);
    return true;
  }

  /** A new list of those for which `wanted` is true, in their order. */
  select(wanted: (index: number) => boolean): CandidateList {
    const selection = new CandidateList(this.outputName);
    for (let index = 0; index < this.length; index++) {
      if (!wanted(index)) continue;
      selection.boxes.push(...this.boxes.slice(index * 4, index * 4 + 4));
      selection.scores.push(this.scores[index]!);
      selection.classIds.push(this.classIds[index]!);
      selection.corners.push(...this.corners.slice(index * 8, index * 8 + 8));
    }
    return selection;
  }
}

/**
 * The threshold to compare float32 outputs with: a network's 0.45 is a little less than the number 0.45, and a score at
 * exactly the threshold is to be kept.
 */
export function inclusiveThreshold(threshold: number): number {
  return Math.min(threshold, Math.fround(threshold));
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/**
 * The logit below which no score can reach the threshold, so that the hot loop needs no exp. A hair lower than the exact
 * inverse: the real comparison is made on the score. −Infinity for 0.
 */
export function logitOf(threshold: number): number {
  return Math.log(threshold / (1 - threshold)) - 1e-9;
}

/** @throws DecodeError for options that no decoder could work with. */
export function checkDecodeOptions(options: DecodeOptions): void {
  const shares = { confidenceThreshold: options.confidenceThreshold, iouThreshold: options.iouThreshold };
  for (const [name, value] of Object.entries(shares)) {
    if (!(value >= 0 && value <= 1))
      throw new DecodeError(`Expected a number from 0 to 1 for ${name} but received ${value}`);
  }
  for (const [name, value] of Object.entries({ inputWidth: options.inputWidth, inputHeight: options.inputHeight })) {
    if (!(value > 0 && Number.isFinite(value))) {
      throw new DecodeError(`Expected a positive number of pixels for ${name} but received ${value}`);
    }
  }
  const { maxDetections } = options;
  if (maxDetections !== undefined && !(maxDetections >= 0)) {
    throw new DecodeError(`Expected a number of detections from 0 up for maxDetections but received ${maxDetections}`);
  }
}
