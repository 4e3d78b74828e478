import { iou } from '../../detection/boxes.js';
import { foldLookAlikes } from '../../detection/look-alikes.js';
import type { Box, Corners, Point, Timings } from '../../detection/types.js';
import type { View } from '../../device/device.js';
import type { ModelOutput } from '../../models/manifest.js';
import { normalisePlate } from '../../reading/normalise.js';
import type { Label } from '../labels.js';

/** A box found in a picture, with what was read there. A Plate and a Vehicle are one. */
export interface Find {
  box: Box;
  confidence: number;
  corners?: Corners;
  text?: string;
  textConfidence?: number;
}

/** What was read from one plate. */
export interface ReadText {
  text: string;
  /** 0..1, of the whole text. */
  confidence: number;
}

/** What became of one label. */
export interface LabelOutcome {
  /** Where the label is; the whole picture when left out. */
  view?: View;
  /** px. */
  width: number;
  lines?: number;
  found: boolean;
  /** The crop of a found vehicle shows it; left out where no vehicles were looked for. */
  onVehicle?: boolean;
  /** Mean distance of the four corners, as a share of the plate's height. */
  cornerError?: number;
  /** The label's text. Without one the plate counts as found or not, and nothing else. */
  expected?: string;
  /** Left out where nothing was found or read. */
  read?: ReadText;
}

/** What became of one picture. */
export interface PictureOutcome {
  file: string;
  /** Country or state as the labels say; '' where they do not. */
  region: string;
  labels: LabelOutcome[];
  /** Boxes found, right or wrong; null where nobody looked for boxes. */
  finds: number | null;
  /** In a picture without plates: boxes found, and those that were also read surely enough to become a plate. */
  falsePlates?: { found: number; read: number };
  /** ms per stage; of pictures that had the machine to themselves. */
  timings?: Timings;
  /** Why there is no outcome; it counts as a failure and as nothing else. */
  error?: string;
}

/** Intersection over union from which a find counts as the label (PASCAL VOC's criterion). */
const MATCH_IOU = 0.5;

/** Matches finds to labels, surest find first, each label once. */
export function judgeScene(labels: readonly Label[], finds: readonly Find[]): LabelOutcome[] {
  const matches = new Map<Label, Find>();
  for (const find of [...finds].sort((a, b) => b.confidence - a.confidence)) {
    let best: Label | undefined;
    let bestIou = MATCH_IOU;
    for (const label of labels) {
      const overlap = matches.has(label) ? 0 : iou(find.box, label.box);
      if (overlap >= bestIou) {
        best = label;
        bestIou = overlap;
      }
    }
    if (best !== undefined) matches.set(best, find);
  }
  return labels.map((label) => outcomeOf(label, matches.get(label)));
}

function outcomeOf({ box, corners, lines, text }: Label, find: Find | undefined): LabelOutcome {
  const outcome: LabelOutcome = {
    view: corners === undefined ? { box } : { corners },
    width: box.x2 - box.x1,
    found: find !== undefined,
  };
  if (lines !== undefined) outcome.lines = lines;
  if (corners !== undefined && find?.corners !== undefined) outcome.cornerError = cornerError(corners, find.corners);
  if (text === undefined) return outcome;
  outcome.expected = text;
  const read = find === undefined ? undefined : readTextOf(find);
  return read === undefined ? outcome : { ...outcome, read };
}

/** @returns undefined where nothing was read */
export function readTextOf(find: Omit<Find, 'box' | 'confidence'>): ReadText | undefined {
  const { text = '', textConfidence = 0 } = find;
  return text === '' ? undefined : { text, confidence: textConfidence };
}

function cornerError(expected: Corners, found: Corners): number {
  const [topLeft, topRight, bottomRight, bottomLeft] = expected;
  const height = (distance(topLeft, bottomLeft) + distance(topRight, bottomRight)) / 2;
  const sum = expected.reduce((total, corner, index) => total + distance(corner, found[index]!), 0);
  return sum / 4 / Math.max(1, height);
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Every character right. */
export function isExact({ expected = '', read }: LabelOutcome): boolean {
  return comparable(expected) === comparable(read?.text ?? '');
}

/** Every character right, with O and 0, I and 1 counted as the same. */
export function isRight({ expected = '', read }: LabelOutcome): boolean {
  return foldLookAlikes(comparable(expected)) === foldLookAlikes(comparable(read?.text ?? ''));
}

/** What both sides are compared as: characters of every script, no separators. */
export function comparable(text: string): string {
  return normalisePlate(text);
}

/**
 * A label as a reader could have written it: characters that its alphabet does not have (Chinese provinces, where it is 0–9 A–Z) are
 * left out, since a row of zeros would hide how well it reads the rest (said beside the figures in docs/accuracy.md).
 *
 * @param text a label's text
 * @param output the reader's, with its alphabet; readers that have none leave the text as it is
 */
export function writable(text: string, output: ModelOutput): string {
  if (output.decoder !== 'ctc' && output.decoder !== 'slots') return text;
  const alphabet = new Set(output.alphabet);
  return [...normalisePlate(text)].filter((character) => alphabet.has(character)).join('');
}
