import { intersectionArea, area, iou } from '../detection/boxes.js';
import { decodeDetections, type DecodeOptions } from '../detection/decode.js';
import type { TensorView } from '../detection/tensor-view.js';
import type { Detection, Reading } from '../detection/types.js';
import type { CharacterBoxesOutput } from '../models/manifest.js';
import { combineAlternatives, type Alternative } from './alternatives.js';
import { makeReading, type CandidateOptions } from './reading.js';
import { splitTextLines } from './text-lines.js';

/** Characters of a plate stand beside each other: a box that shares this much of the smaller one's area is the same one, or part of it. */
const SAME_PLACE = 0.7;

/** More boxes than any plate has characters; the rest is noise, and the search for lines stays short. */
const MAX_CHARACTERS = 32;

/** One character's place: the best box there, and what else the network saw in it. */
interface Place {
  detection: Detection;
  others: Detection[];
}

/**
 * Reads a detector whose classes are characters. Boxes in one place (IoU over the threshold, or 70 % of the smaller inside the
 * other, whatever their classes: O over 0, I in H) become one character, the surest; the others become candidates. Then lines are
 * found (see text-lines.ts) and each is read from left to right: sorting everything by x alone would shuffle the two lines of a
 * square plate. A candidate's confidence is the product of its characters', where those of one place that sum to more than 1
 * are scaled to sum to 1.
 *
 * @throws DecodeError when the detector's outputs do not fit the manifest.
 */
export function readCharacterBoxes(
  outputs: Record<string, TensorView>,
  output: CharacterBoxesOutput,
  decodeOptions: DecodeOptions,
  options: CandidateOptions,
): Reading {
  const detections = decodeDetections(outputs, output.detector, decodeOptions);
  const places = groupPlaces(detections, decodeOptions.iouThreshold);
  const lines = splitTextLines(places.map((place) => place.detection.box));
  const ordered = lines.flat().map((index) => places[index]!);

  const positions = ordered.map(alternativesOf);
  const combinations = combineAlternatives(positions, options.beamWidth);
  const characters = ordered.map(({ detection }) => ({ text: detection.label, confidence: detection.confidence }));
  const candidates = combinations.map(({ text, probability }) => ({ text, confidence: probability }));
  return makeReading(characters, lines.length, candidates, options.maxCandidates);
}

/** @param detections best first. */
function groupPlaces(detections: readonly Detection[], iouThreshold: number): Place[] {
  const places: Place[] = [];
  for (const detection of detections) {
    const place = places.find(({ detection: better }) => samePlace(detection, better, iouThreshold));
    if (place !== undefined) place.others.push(detection);
    else if (places.length < MAX_CHARACTERS) places.push({ detection, others: [] });
  }
  return places;
}

function samePlace(a: Detection, b: Detection, iouThreshold: number): boolean {
  if (iou(a.box, b.box) > iouThreshold) return true;
  const smaller = Math.min(area(a.box), area(b.box));
  return intersectionArea(a.box, b.box) > SAME_PLACE * smaller;
}

/** Only boxes of the same extent are another reading of the place; a small one inside a larger is a part of it. */
function alternativesOf({ detection, others }: Place): Alternative[] {
  const byText = new Map([[detection.label, detection.confidence]]);
  for (const other of others) {
    if (!byText.has(other.label) && iou(other.box, detection.box) > 0.5) byText.set(other.label, other.confidence);
  }
  const sum = [...byText.values()].reduce((total, confidence) => total + confidence, 0);
  return [...byText].map(([text, confidence]) => ({ text, probability: confidence / Math.max(1, sum) }));
}
