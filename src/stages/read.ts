import type { Network, RunOptions, View } from '../device/device.js';
import type { Box, Miss, Plate, Reading, Timings } from '../detection/types.js';
import { lookCloser } from '../frame/detail.js';
import type { Frame } from '../frame/frame.js';
import type { CountryFormats } from '../reading/formats/format.js';
import { clearRegion, guessRegions } from '../reading/formats/region.js';
import { resolveReading } from '../reading/formats/resolve.js';
import { combineLooks } from '../reading/looks.js';
import type { Tracker } from '../tracking/tracker.js';
import { isOpen } from './blur-gate.js';
import { closerPlate } from './detail.js';
import { readingOf } from './detections.js';

export interface ReadOptions {
  /** 0..1, of the whole text. Readings below are held back and have no vote. */
  minConfidence: number;
  /** Characters. */
  minLength: number;
  /** Cut the plate out twice more, tighter and wider, and take what all looks say together: `unsure` does so below a confidence of 0.8. */
  secondLook: 'never' | 'unsure' | 'always';
  /** How many candidates to keep per plate; 1 reads greedily. */
  candidates: number;
  /**
   * Countries whose plates are expected: a reading is taken as a text of one of them where that is near, look-alikes by position, before it
   * joins the vote. None: every reading stays as it is. Either way they are the countries among which `region` is guessed, none meaning all.
   */
  formats?: readonly CountryFormats[] | undefined;
}

/** Defaults of lprnet-read and the command line. Readings below one in ten outvote nobody, and many are none of a plate. */
export const READ_DEFAULTS = { minConfidence: 0.1, minLength: 3, secondLook: 'unsure', candidates: 3 } as const;

/** A reading below this is looked at again. */
const SURE = 0.8;
const BEAM_WIDTH = 8;
/** What the further looks add to the first one's margin: a box may be too loose or too tight. */
const OTHER_MARGINS = [-0.08, 0.08];

/**
 * Reads every plate that is neither held back nor settled, straightened along its corners where they are known.
 *
 * With a tracker, each accepted reading joins the vote of the plate's track, and the plate carries the vote.
 *
 * @returns new plates; refused readings keep their text and say in `held` why they were refused
 */
export async function readPlates(
  frame: Frame,
  plates: Plate[],
  network: Network,
  options: ReadOptions,
  tracker?: Tracker,
): Promise<{ plates: Plate[]; timings: Timings }> {
  const started = performance.now();
  const open = plates.filter((plate) => isOpen(plate));
  const seen = await lookCloser(frame, open.length > 0, async (sight) => {
    const close = open.map((plate) => closerPlate(plate, sight));
    const readings = close.length > 0 ? await lookAt(sight.frame, close, network, options) : [];
    return readings.map((reading, index) => ({ reading, box: close[index]!.box }));
  });
  const read = plates.map((plate) => {
    const { reading, box } = seen[open.indexOf(plate)] ?? {};
    if (reading === undefined || box === undefined) return plate;
    return withReading(plate, inFormat(reading, options), box, frame, options, tracker);
  });
  return { plates: read, timings: { read: performance.now() - started } };
}

async function lookAt(frame: Frame, plates: Plate[], network: Network, options: ReadOptions): Promise<Reading[]> {
  // The beam's width decides how well the candidates are ranked, not only how many there are.
  const formats = options.formats ?? [];
  const beamWidth = options.candidates > 1 || formats.length > 0 ? Math.max(BEAM_WIDTH, options.candidates) : 1;
  // What fits a format, or what another look sees, may be among those that nobody asked to see.
  const maxCandidates = beamWidth;
  const runOptions: RunOptions = { beamWidth, maxCandidates };
  const run = async (views: View[]): Promise<Reading[]> => {
    if (views.length === 0) return [];
    const response = await network.run({ source: frame, views, options: runOptions, fairKey: frame.cameraId });
    return views.map((_, index) => readingOf(response, index, network));
  };

  const margin = network.manifest.input.margin ?? 0;
  const margins = plates.map((plate) => (fillsFrame(plate, frame) ? 0 : margin));
  const readings = await run(plates.map((plate, index) => viewOf(plate, margins[index]!)));
  if (options.secondLook === 'never') return readings;

  const unsure = [...readings.keys()].filter(
    (at) => options.secondLook === 'always' || readings[at]!.confidence < SURE,
  );
  const again = await run(
    unsure.flatMap((at) => OTHER_MARGINS.map((other) => viewOf(plates[at]!, margins[at]! + other))),
  );
  for (const [order, at] of unsure.entries()) {
    const others = again.slice(order * OTHER_MARGINS.length, (order + 1) * OTHER_MARGINS.length);
    readings[at] = combineLooks([readings[at]!, ...others], maxCandidates);
  }
  return readings;
}

function viewOf(plate: Plate, margin: number): View {
  return plate.corners === undefined ? { box: plate.box, margin } : { corners: plate.corners, margin };
}

/** True where somebody handed in a plate crop as a picture. */
function fillsFrame({ box, corners }: Plate, frame: Frame): boolean {
  return corners === undefined && box.x1 <= 0 && box.y1 <= 0 && box.x2 >= frame.width && box.y2 >= frame.height;
}

function withReading(
  plate: Plate,
  reading: Reading,
  /** In the picture that was read. */
  box: Box,
  frame: Frame,
  options: ReadOptions,
  tracker: Tracker | undefined,
): Plate {
  const read: Plate = {
    ...plate,
    text: reading.text,
    textConfidence: reading.confidence,
    characters: reading.characters,
    candidates: reading.candidates,
  };
  delete read.region;
  const held = missOf(reading, options);
  if (held !== undefined) return { ...read, held };
  if (tracker === undefined || plate.trackId === undefined) return { ...read, ...regionOf(reading, options) };
  const quality = {
    width: box.x2 - box.x1,
    height: box.y2 - box.y1,
    x: (box.x1 + box.x2) / 2,
    y: (box.y1 + box.y2) / 2,
    timestamp: frame.timestamp,
    ...(plate.sharpness === undefined ? {} : { sharpness: plate.sharpness }),
  };
  const vote = tracker.addReading(plate.trackId, reading, quality);
  return { ...read, ...regionOf(vote ?? reading, options), ...(vote === undefined ? {} : { vote }) };
}

/** The reading as the expected countries spell it, with as many candidates as were asked for. */
function inFormat(reading: Reading, { formats = [], candidates }: ReadOptions): Reading {
  const resolved = resolveReading(reading, formats);
  return { ...resolved, candidates: resolved.candidates.slice(0, Math.max(1, candidates)) };
}

/** The country of a text, from all that it may be; left out where it is not clear. */
function regionOf(
  { text, candidates }: Pick<Reading, 'text' | 'candidates'>,
  { formats }: ReadOptions,
): Pick<Plate, 'region'> {
  const all = candidates.length > 0 ? candidates : [{ text, confidence: 1 }];
  const clear = clearRegion(guessRegions(all, formats === undefined || formats.length === 0 ? undefined : formats));
  return clear === undefined ? {} : { region: clear.region };
}

function missOf(reading: Reading, options: ReadOptions): Miss | undefined {
  const { text, confidence } = reading;
  if (text === '') return { code: 'unread', reason: 'no characters read' };
  if (confidence < options.minConfidence) {
    return {
      code: 'confidence',
      reason: `confidence ${floor2(confidence)} < ${options.minConfidence.toFixed(2)}`,
      value: confidence,
      limit: options.minConfidence,
    };
  }
  // Characters, not UTF-16 units: a province character is one.
  const length = [...text].length;
  if (length < options.minLength) {
    return {
      code: 'length',
      reason: `length ${length} < ${options.minLength}`,
      value: length,
      limit: options.minLength,
    };
  }
  return undefined;
}

/** Two decimals, rounded down: 0.698 must not read "0.70 < 0.70". */
function floor2(value: number): string {
  return (Math.floor(value * 100) / 100).toFixed(2);
}
