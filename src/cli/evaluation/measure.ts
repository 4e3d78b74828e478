import { decodeImage } from '../../image/decode.js';
import type { Timings } from '../../detection/types.js';
import type { Frame } from '../../frame/frame.js';
import { framePool } from '../../frame/pool.js';
import { knownCodes, readFormats } from '../../reading/formats/catalogue.js';
import { readPlates, type ReadOptions } from '../../stages/read.js';
import type { Pipeline } from '../../stages/pipeline.js';
import type { LabelledPicture, LabelledSource } from '../labels.js';
import { isOnVehicle } from './coverage.js';
import { judgeScene, readTextOf, writable, type LabelOutcome, type PictureOutcome } from './outcome.js';

export interface MeasureOptions {
  /** Take each plate crop for one of its label's region. */
  ownFormats: boolean;
  /** Look for the plate in each plate crop first. */
  findPlates: boolean;
  /** After every picture. */
  onPicture(): void;
  onError(file: string, error: unknown): void;
}

/** So many pictures of a source are done one at a time: stages that wait for each other's cores tell no times. */
const TIMED = 16;
/** After them a few at once, which keeps all workers busy. */
const LANES = 4;

/**
 * Runs pipelines over the pictures of a source.
 * @returns per pipeline the outcomes in the order of the pictures; a picture that fails in one has failed in all
 */
export async function measureSource(
  source: LabelledSource,
  pipelines: readonly Pipeline[],
  options: MeasureOptions,
): Promise<PictureOutcome[][]> {
  const outcomes: PictureOutcome[][] = pipelines.map(() => []);
  const one = async (picture: LabelledPicture, index: number, alone: boolean): Promise<void> => {
    const { file, region = '' } = picture;
    try {
      const started = performance.now();
      const frame = await decodeImage(file, { cameraId: source.name, sequence: 0, timestamp: 0, still: true });
      const decode = performance.now() - started;
      const results = [];
      for (const pipeline of pipelines) results.push(await look(frame, picture, source.kind, pipeline, options));
      framePool().recycle(frame);
      for (const [at, { timings, ...outcome }] of results.entries()) {
        outcomes[at]![index] = { file, region, ...outcome, ...(alone ? { timings: { decode, ...timings } } : {}) };
      }
    } catch (error) {
      options.onError(file, error);
      const reason = error instanceof Error ? error.message : String(error);
      for (const list of outcomes) list[index] = { file, region, labels: [], finds: 0, error: reason };
    }
    options.onPicture();
  };
  const queue = [...source.pictures.entries()];
  for (const [index, picture] of queue.splice(0, TIMED)) await one(picture, index, true);
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next[1], next[0], false);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return outcomes;
}

type Look = Pick<PictureOutcome, 'labels' | 'finds' | 'falsePlates'> & { timings: Timings };

async function look(
  frame: Frame,
  picture: LabelledPicture,
  kind: LabelledSource['kind'],
  pipeline: Pipeline,
  measureOptions: MeasureOptions,
): Promise<Look> {
  if (kind === 'text') return readCrop(frame, picture, pipeline, measureOptions);
  const { vehicles, plates, timings } = await pipeline.process(frame);
  const shown = plates.filter((plate) => plate.held?.code !== 'plate-confidence');
  const finds = kind === 'plates' ? shown : vehicles;
  const judged = judgeScene(writableLabels(picture.labels, pipeline), finds ?? []);
  const asksForVehicles = kind === 'plates' && vehicles !== undefined;
  const labels = judged.map((label, index): LabelOutcome =>
    asksForVehicles ? { ...label, onVehicle: isOnVehicle(picture.labels[index]!.box, vehicles) } : label,
  );
  const seen = { labels, finds: finds?.length ?? null, timings };
  if (picture.labels.length > 0) return seen;
  return { ...seen, falsePlates: { found: shown.length, read: shown.filter(({ held }) => held === undefined).length } };
}

/** The picture is the crop: it is read as it is, with the stage that lprnet-read uses. */
async function readCrop(
  frame: Frame,
  { text = '', region, lines }: LabelledPicture,
  pipeline: Pipeline,
  { ownFormats, findPlates }: MeasureOptions,
): Promise<Look> {
  const box = { x1: 0, y1: 0, x2: frame.width, y2: frame.height };
  const formats = ownFormats ? formatsOfRegion(region) : pipeline.options.read.formats;
  const options = { ...pipeline.options.read, minConfidence: 0, minLength: 0, formats };
  const started = performance.now();
  const found = findPlates ? await pipeline.findInCrop(frame) : undefined;
  const detected = performance.now() - started;
  const { plates, timings } = await readPlates(frame, [found ?? { box, confidence: 1 }], pipeline.reader, options);
  const read = plates[0] === undefined ? undefined : readTextOf(plates[0]);
  const label = {
    width: frame.width,
    found: true,
    expected: writable(text, pipeline.reader.manifest.output),
    ...(lines === undefined ? {} : { lines }),
  };
  return {
    labels: [read === undefined ? label : { ...label, read }],
    finds: null,
    timings: findPlates ? { plateDetect: detected, ...timings } : timings,
  };
}

function writableLabels(labels: LabelledPicture['labels'], pipeline: Pipeline): LabelledPicture['labels'] {
  const { output } = pipeline.reader.manifest;
  return labels.map((label) => (label.text === undefined ? label : { ...label, text: writable(label.text, output) }));
}

/** None for what is no country: "EU", "MIX". */
function formatsOfRegion(region = ''): ReadOptions['formats'] {
  return knownCodes().includes(region) ? readFormats(region) : [];
}
