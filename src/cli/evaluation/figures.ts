import { editDistance } from '../../reading/normalise.js';
import { calibrationOf, type Calibration, type SureAnswer } from './calibration.js';
import { coverageOf, type Coverage } from './coverage.js';
import { comparable, isExact, isRight, type LabelOutcome, type PictureOutcome } from './outcome.js';
import { median, quantile, wilson } from './statistics.js';

export interface DetectionFigures {
  pictures: number;
  labels: number;
  /** Null where it cannot be said which finds belong to the group. */
  finds: number | null;
  matched: number;
  /** Labels that carry a text, and how many of them were read right (O = 0, I = 1). */
  texts: number;
  textsExact: number;
  /** Matched plates whose corners are labelled; median and 90th percentile of their error, as shares of the plate's height. */
  corners: number;
  cornerError?: number;
  cornerError90?: number;
}

export interface ReadingFigures {
  /** Labelled texts. One that was not found counts as an empty reading. */
  crops: number;
  exact: number;
  /** With O and 0, I and 1 counted as the same; and the interval that holds its share with 95 %. */
  exactMerged: number;
  interval: [low: number, high: number];
  unread: number;
  /** Characters to change, insert or delete, and characters in the labels. */
  edits: number;
  characters: number;
}

export interface Figures {
  pictures: number;
  /** Pictures that could not be opened; they count nowhere else. */
  failures: number;
  detection?: DetectionFigures;
  /** Of plates in scenes, where vehicles were looked for, too. */
  coverage?: Coverage;
  reading?: ReadingFigures;
  /** Of the readings' confidence, which thresholds and events go by; right with O = 0, I = 1. */
  calibration?: Calibration;
  falsePlates?: { pictures: number; found: number; read: number };
  /** ms per picture and stage, median over pictures that had the machine to themselves. */
  ms: Record<string, number>;
}

/** What the outcomes say together. @param detects whether boxes were looked for, or crops read */
export function figuresOf(outcomes: readonly PictureOutcome[], detects: boolean): Figures {
  const good = outcomes.filter(({ error }) => error === undefined);
  const labels = good.flatMap((outcome) => outcome.labels);
  const texts = labels.filter(({ expected }) => expected !== undefined);
  const figures: Figures = { pictures: good.length, failures: outcomes.length - good.length, ms: medians(good) };
  const coverage = coverageOf(labels);
  if (coverage !== undefined) figures.coverage = coverage;
  if (detects) figures.detection = detectionFigures(good, labels, texts);
  if (texts.length > 0) figures.reading = readingFigures(texts);
  const calibration = calibrationOf(answers(texts));
  if (calibration !== undefined) figures.calibration = calibration;
  const empty = good.flatMap(({ falsePlates }) => falsePlates ?? []);
  if (empty.length > 0) {
    const found = sum(empty.map((one) => one.found));
    figures.falsePlates = { pictures: empty.length, found, read: sum(empty.map((one) => one.read)) };
  }
  return figures;
}

function detectionFigures(
  pictures: readonly PictureOutcome[],
  labels: readonly LabelOutcome[],
  texts: readonly LabelOutcome[],
): DetectionFigures {
  const counts = pictures.map(({ finds }) => finds);
  const corners = labels.flatMap(({ cornerError }) => cornerError ?? []);
  const figures: DetectionFigures = {
    pictures: pictures.length,
    labels: labels.length,
    finds: counts.includes(null) ? null : sum(counts.map((count) => count ?? 0)),
    matched: labels.filter(({ found }) => found).length,
    texts: texts.length,
    textsExact: texts.filter(isRight).length,
    corners: corners.length,
  };
  const [middle, ninetieth] = [median(corners), quantile(corners, 0.9)];
  return middle === undefined ? figures : { ...figures, cornerError: middle, cornerError90: ninetieth! };
}

function readingFigures(texts: readonly LabelOutcome[]): ReadingFigures {
  const exactMerged = texts.filter(isRight).length;
  return {
    crops: texts.length,
    exact: texts.filter(isExact).length,
    exactMerged,
    interval: wilson(exactMerged, texts.length),
    unread: texts.filter(({ read }) => read === undefined).length,
    edits: sum(
      texts.map(({ expected = '', read }) => editDistance(comparable(expected), comparable(read?.text ?? ''))),
    ),
    characters: sum(texts.map(({ expected = '' }) => comparable(expected).length)),
  };
}

function answers(texts: readonly LabelOutcome[]): SureAnswer[] {
  return texts.flatMap((label) =>
    label.read === undefined ? [] : [{ confidence: label.read.confidence, right: isRight(label) }],
  );
}

function medians(pictures: readonly PictureOutcome[]): Record<string, number> {
  const timed = pictures.flatMap(({ timings }) => (timings === undefined ? [] : [timings]));
  const stages = [...new Set(timed.flatMap((timings) => Object.keys(timings)))];
  return Object.fromEntries(stages.map((stage) => [stage, median(timed.flatMap((one) => one[stage] ?? []))!]));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
