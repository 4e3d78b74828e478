import { iou } from '../detection/boxes.js';
import type { Box } from '../detection/types.js';
import { foldLookAlikes } from '../detection/look-alikes.js';
import { editDistance, normalisePlate } from '../reading/normalise.js';
import type { Label } from './labels.js';

/** Boxes found in one picture, with what was read there. */
export interface Find {
  box: Box;
  confidence: number;
  text?: string | undefined;
}

/** Sums over the pictures of one source. */
export interface DetectionScore {
  pictures: number;
  labels: number;
  finds: number;
  matched: number;
  /** Labels that carry a text, and how many of them were read exactly (O = 0, I = 1). */
  texts: number;
  textsExact: number;
}

export interface ReadingScore {
  crops: number;
  exact: number;
  /** With O and 0, I and 1 counted as the same. */
  exactMerged: number;
  /** Edits needed, and characters in the labels. */
  edits: number;
  characters: number;
}

export const emptyDetectionScore = (): DetectionScore => ({
  pictures: 0,
  labels: 0,
  finds: 0,
  matched: 0,
  texts: 0,
  textsExact: 0,
});

export const emptyReadingScore = (): ReadingScore => ({ crops: 0, exact: 0, exactMerged: 0, edits: 0, characters: 0 });

/** Intersection over union from which a find counts as the label (PASCAL VOC's criterion). */
const MATCH_IOU = 0.5;

/** Matches finds to labels, surest find first, each label once. */
export function scoreDetections(score: DetectionScore, labels: readonly Label[], finds: readonly Find[]): void {
  score.pictures++;
  score.labels += labels.length;
  score.finds += finds.length;
  const open = new Set(labels);
  for (const find of [...finds].sort((a, b) => b.confidence - a.confidence)) {
    let best: Label | undefined;
    let bestIou = MATCH_IOU;
    for (const label of open) {
      const overlap = iou(find.box, label.box);
      if (overlap >= bestIou) {
        best = label;
        bestIou = overlap;
      }
    }
    if (best === undefined) continue;
    open.delete(best);
    score.matched++;
    if (best.text !== undefined && find.text !== undefined && sameText(find.text, best.text)) score.textsExact++;
  }
  score.texts += labels.filter((label) => label.text !== undefined).length;
}

export function scoreReading(score: ReadingScore, expected: string, read: string): void {
  const truth = comparable(expected);
  const text = comparable(read);
  score.crops++;
  score.characters += truth.length;
  score.edits += editDistance(truth, text);
  if (truth === text) score.exact++;
  if (foldLookAlikes(truth) === foldLookAlikes(text)) score.exactMerged++;
}

function sameText(read: string, expected: string): boolean {
  return foldLookAlikes(comparable(read)) === foldLookAlikes(comparable(expected));
}

/**
 * What both sides are compared as. A Chinese province character is left out on both: the shipped reader's alphabet is 0–9 A–Z,
 * and a row of zeros would hide how well it reads the rest (said beside the figures in the model card).
 */
function comparable(text: string): string {
  return normalisePlate(text).replace(/[^0-9A-Z]/g, '');
}
