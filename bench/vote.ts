/**
 * How a plate is chosen from many frames: each frame by itself, the surest frame, the first confident one (TAPPAS's rule), our vote; what
 * of it plate-out calls final; and whether the vote's confidence is right as often as it says. On drawn plates with a cheap camera's
 * faults, and on real videos where the labelled ones are at hand. Run: npx tsx bench/vote.ts [--seed 3] [--sequences 20]
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { calibrationOf, type SureAnswer } from '../src/cli/evaluation/calibration.js';
import { foldLookAlikes } from '../src/detection/look-alikes.js';
import type { RatedReading } from '../src/detection/types.js';
import { acquireDevice } from '../src/device/shared.js';
import { framePool } from '../src/frame/pool.js';
import { Catalogue } from '../src/models/catalogue.js';
import { plateVoting } from '../src/reading/vote.js';
import { FrameCounter } from '../src/sources/counter.js';
import { openSource } from '../src/sources/open.js';
import { Pipeline } from '../src/stages/pipeline.js';
import { READ_DEFAULTS } from '../src/stages/read.js';
import { Tracker } from '../src/tracking/tracker.js';
import { datasetsFolder } from '../test/flows/recorded-flow.js';
import {
  chooseFrom,
  plateSequence,
  ratedReading,
  readSequence,
  samplePlates,
} from '../test/support/plate-sequences.js';
import { seededRandom } from '../test/support/random.js';
import { NEVER_SETTLES } from './stages.js';
import { printTable } from './table.js';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '3' }, sequences: { type: 'string', default: '20' } },
  strict: false,
});
const SEED = Number(values.seed);
/** Per plate of the sample and width. */
const SEQUENCES = Number(values.sequences);
const FRAMES = 12;
const HEADER = [
  '',
  'sequences',
  'frames right %',
  'surest frame %',
  'first ≥ 0.9 %',
  'vote %',
  'final right',
  'wrong',
  'corrected',
  'settled',
  'wrong',
];

/** What is readable in ../shared/datasets/videos, as a person reads it. */
const videos: Record<string, string[]> = {
  parkpow__cars: ['34A36837', '34A23126', '89C20339'],
  theAIGuysCode__license_plate: ['LS15EBC'],
  ngwkhai__video: ['66V134567', '66L145678'],
  IssaHanou__ZVideo44: ['32LBD6'],
};
/** Widths of the plate in the first and the last frame, px; the same for one that stands. */
const MOVING = [
  { first: 40, last: 66 },
  { first: 46, last: 76 },
  { first: 52, last: 88 },
  { first: 64, last: 110 },
];
const STANDING = [46, 56, 70, 95].map((width) => ({ first: width, last: width }));

interface Sums {
  all: number;
  frames: number;
  best: number;
  first: number;
  vote: number;
  finalRight: number;
  finalWrong: number;
  corrected: number;
  settled: number;
  settledWrong: number;
  /** The vote after each reading. */
  answers: SureAnswer[];
}

function add(sums: Sums, readings: readonly RatedReading[], frames: number, isRight: (text: string) => boolean): void {
  const chosen = chooseFrom(readings);
  sums.all++;
  sums.frames += chosen.frames.filter(isRight).length / frames;
  sums.best += Number(isRight(chosen.best));
  sums.first += Number(isRight(chosen.first));
  sums.vote += Number(isRight(chosen.vote));
  for (const { text, confidence } of chosen.votes) sums.answers.push({ confidence, right: isRight(text) });
  const final = chosen.finals.at(-1);
  if (final !== undefined) {
    if (isRight(final)) sums.finalRight++;
    else sums.finalWrong++;
    if (chosen.finals.length > 1) sums.corrected++;
  }
  if (chosen.settledAfter === undefined) return;
  sums.settled++;
  if (!isRight(chosen.vote)) sums.settledWrong++;
}

const noSums = (): Sums => ({
  ...{ all: 0, frames: 0, best: 0, first: 0, vote: 0 },
  ...{ finalRight: 0, finalWrong: 0, corrected: 0, settled: 0, settledWrong: 0, answers: [] },
});

function row(name: string, sums: Sums): (string | number)[] {
  const { all, frames, best, first, vote, finalRight, finalWrong, corrected, settled, settledWrong } = sums;
  const percent = (part: number): number => (100 * part) / Math.max(1, all);
  const counts = [finalRight, finalWrong, corrected, settled, settledWrong].map(String);
  return [name, String(all), ...[frames, best, first, vote].map(percent), ...counts];
}

function printCalibration(title: string, answers: readonly SureAnswer[]): void {
  const calibration = calibrationOf(answers);
  if (calibration === undefined) return;
  const percent = (value: number): number => 100 * value;
  const rows = calibration.bins.map(({ from, to, answers: count, confidence, right }) => {
    return [`${from.toFixed(2)} to ${to.toFixed(2)}`, String(count), percent(confidence), percent(right)];
  });
  printTable(`${title}: confidence of the vote after each reading`, ['', 'votes', 'stated %', 'right %'], rows);
  console.log(`Expected calibration error: ${percent(calibration.expectedCalibrationError).toFixed(1)} %`);
}

/** Readings per track of a video, plates first, nothing ever settled. */
async function readVideo(file: string, pipeline: Pipeline): Promise<RatedReading[][]> {
  const tracker = new Tracker({ settleReads: NEVER_SETTLES }, plateVoting);
  const tracks = new Map<number, RatedReading[]>();
  const camera = new FrameCounter('video');
  const settings = { source: 'video' as const, path: file, loop: false, maxMegapixels: 64 };
  const source = await openSource(settings, { pool: framePool(), camera, onProblem: () => undefined });
  for (let frame = await source.next(); frame !== null; frame = await source.next()) {
    const { plates } = await pipeline.process(frame, tracker);
    for (const plate of plates) {
      const rated = ratedReading(plate, frame.timestamp);
      if (plate.trackId === undefined || rated === undefined) continue;
      tracks.set(plate.trackId, [...(tracks.get(plate.trackId) ?? []), rated]);
    }
    framePool().recycle(frame);
  }
  await source.close();
  return [...tracks.values()];
}

async function main(): Promise<void> {
  const share = acquireDevice({ backend: 'cpu', runtime: 'auto' });
  const catalogue = new Catalogue([]);
  const models = { plates: catalogue.get('plateflow-plate'), text: catalogue.get('plateflow-reader') };
  const pipeline = await Pipeline.open(share.device, models, {
    plates: { where: 'frame', frameEvery: 1 },
    gate: { minSharpness: 0, minWidth: 0, minHeight: 0 },
    read: READ_DEFAULTS,
  });

  for (const [title, widths] of [
    ['Drawn plates that come nearer, 12 frames each', MOVING],
    ['Drawn plates that stand, 12 frames each', STANDING],
  ] as const) {
    const drawn: (string | number)[][] = [];
    const answers: SureAnswer[] = [];
    for (const { first, last } of widths) {
      const sums = noSums();
      const random = seededRandom(SEED);
      for (const plate of samplePlates()) {
        for (let count = 0; count < SEQUENCES; count++) {
          const sequence = await plateSequence(plate, FRAMES, { first, last }, random);
          const readings = await readSequence(sequence, share.device, pipeline.reader);
          add(sums, readings, FRAMES, (text) => foldLookAlikes(text) === foldLookAlikes(plate.text));
        }
      }
      drawn.push(row(first === last ? `plate ${first} px wide` : `plate ${first} to ${last} px wide`, sums));
      answers.push(...sums.answers);
    }
    printTable(title, HEADER, drawn);
    printCalibration(title, answers);
  }

  const folder = datasetsFolder();
  const real: (string | number)[][] = [];
  for (const [name, plates] of folder === undefined ? [] : Object.entries(videos)) {
    const file = path.join(folder!, 'videos', `${name}.mp4`);
    if (!fs.existsSync(file)) continue;
    const sums = noSums();
    for (const readings of await readVideo(file, pipeline)) {
      const folded = plates.map((plate) => foldLookAlikes(plate));
      // Tracks of other cars' plates, which no label tells of, say the right text in no frame.
      const isRight = (text: string): boolean => folded.includes(foldLookAlikes(text));
      if (readings.some(({ reading }) => isRight(reading.text))) add(sums, readings, readings.length, isRight);
    }
    real.push(row(name, sums));
  }
  if (real.length > 0) printTable('Real videos, tracks of the labelled plates', HEADER, real);
  else console.log('Real videos: not at hand (ALPR_DATASETS)');
  await pipeline.close();
  await share.release();
}

void main();
