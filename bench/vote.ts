/**
 * How a plate is chosen from many frames: each frame by itself, the surest frame, the first confident one (TAPPAS's rule), our vote. On
 * drawn plates with a cheap camera's faults, and on real videos where the labelled ones are at hand. Run: npx tsx bench/vote.ts
 */
import fs from 'node:fs';
import path from 'node:path';
import { foldLookAlikes } from '../src/detection/look-alikes.js';
import type { RatedReading } from '../src/detection/types.js';
import { acquireDevice } from '../src/device/shared.js';
import { framePool } from '../src/frame/pool.js';
import { Catalogue } from '../src/models/catalogue.js';
import { plateVoting } from '../src/reading/vote.js';
import { FrameCounter } from '../src/sources/counter.js';
import { openSource } from '../src/sources/open.js';
import { Pipeline } from '../src/stages/pipeline.js';
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

const SEQUENCES = 20;
const FRAMES = 12;
const HEADER = [
  '',
  'sequences',
  'frames right %',
  'surest frame %',
  'first ≥ 0.9 %',
  'vote %',
  'settled',
  'settled wrong',
];

/** What is readable in ../shared/datasets/videos. */
const videos: Record<string, string[]> = {
  parkpow__cars: ['34A35837', '34A23726'],
  theAIGuysCode__license_plate: ['LS15EBC'],
  ngwkhai__video: ['66V134567'],
  IssaHanou__ZVideo44: ['32LBD6'],
};

interface Sums {
  all: number;
  frames: number;
  best: number;
  first: number;
  vote: number;
  settled: number;
  wrong: number;
}

function add(sums: Sums, readings: readonly RatedReading[], frames: number, isRight: (text: string) => boolean): void {
  const chosen = chooseFrom(readings);
  sums.all++;
  sums.frames += chosen.frames.filter(isRight).length / frames;
  sums.best += Number(isRight(chosen.best));
  sums.first += Number(isRight(chosen.first));
  sums.vote += Number(isRight(chosen.vote));
  if (chosen.settledAfter === undefined) return;
  sums.settled++;
  if (!isRight(chosen.vote)) sums.wrong++;
}

const noSums = (): Sums => ({ all: 0, frames: 0, best: 0, first: 0, vote: 0, settled: 0, wrong: 0 });

function row(name: string, { all, frames, best, first, vote, settled, wrong }: Sums): (string | number)[] {
  const percent = (part: number): number => (100 * part) / Math.max(1, all);
  return [name, String(all), ...[frames, best, first, vote].map(percent), String(settled), String(wrong)];
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
    read: { minConfidence: 0.5, minLength: 3, secondLook: 'unsure', candidates: 3 },
  });

  const drawn: (string | number)[][] = [];
  for (const [first, last] of [
    [40, 66],
    [46, 76],
    [52, 88],
    [64, 110],
  ] as const) {
    // prettier-ignore
    const sums = noSums();
    const random = seededRandom(3);
    for (const plate of samplePlates()) {
      for (let count = 0; count < SEQUENCES; count++) {
        const sequence = await plateSequence(plate, FRAMES, { first, last }, random);
        const readings = await readSequence(sequence, share.device, pipeline.reader);
        add(sums, readings, FRAMES, (text) => foldLookAlikes(text) === foldLookAlikes(plate.text));
      }
    }
    drawn.push(row(`plate ${first} to ${last} px wide`, sums));
  }
  printTable('Drawn plates, 12 frames each', HEADER, drawn);

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
