import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { Box, Plate, PlateVote, RatedReading } from '../../src/detection/types.js';
import type { Device, Network } from '../../src/device/device.js';
import { refusal, shortfall } from '../../src/events/acceptance.js';
import { visitRules } from '../../src/events/options.js';
import { foldLookAlikes } from '../../src/detection/look-alikes.js';
import { framePool } from '../../src/frame/pool.js';
import { decodeImage } from '../../src/image/decode.js';
import { ReadingMemory } from '../../src/tracking/memory.js';
import { TRACKER_DEFAULTS } from '../../src/tracking/options.js';
import { plateVoting } from '../../src/reading/vote.js';
import { gatePlates } from '../../src/stages/blur-gate.js';
import { READ_DEFAULTS, readPlates } from '../../src/stages/read.js';
import { packageRoot } from './node-red-process.js';

/** A well visible plate, to be made hard to read. */
export interface PlatePicture {
  text: string;
  file: string;
  /** Of the plate, pixels of the file. */
  box: Box;
}

/** One plate of each readable vehicle of the shipped sample: where it is largest. */
export function samplePlates(): PlatePicture[] {
  const folder = path.join(packageRoot, 'samples');
  const truth = JSON.parse(fs.readFileSync(path.join(folder, 'truth.json'), 'utf8')) as {
    vehicles: { id: string; text: string; readable: boolean }[];
    frames: { picture?: string; sights: { vehicle: string; corners?: [number, number][] }[] }[];
  };
  const best = new Map<string, PlatePicture>();
  for (const { picture, sights } of truth.frames) {
    for (const { vehicle, corners } of sights) {
      const { text, readable } = truth.vehicles.find(({ id }) => id === vehicle)!;
      if (picture === undefined || corners === undefined || !readable) continue;
      const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
      const box = { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
      const known = best.get(vehicle);
      if (known !== undefined && known.box.x2 - known.box.x1 >= box.x2 - box.x1) continue;
      best.set(vehicle, { text, box, file: path.join(folder, 'pictures', picture) });
    }
  }
  return [...best.values()];
}

const CANVAS = { width: 320, height: 160 };
/** What is cut out around a plate, so that its surroundings are seen, too: shares of its size. */
const AROUND = { x: 0.35, y: 0.9 };

/** A frame of a camera that sees the plate come nearer, and where a detector would have found it. */
export interface SequenceFrame {
  jpeg: Buffer;
  box: Box;
  timestamp: number;
}

/**
 * Frames as a cheap camera gives them of a plate that comes nearer: few pixels, blur of motion and of focus, light that changes, noise
 * of the sensor, now and then a streak of glare or a wiper, compression, and a detector whose box is not quite right.
 *
 * Of one that stands still there is one view: only the noise is new in every frame, and the box trembles by a hundredth.
 *
 * @param width of the plate in the first and in the last frame, px; the same for both: it stands still
 */
export async function plateSequence(
  picture: PlatePicture,
  frames: number,
  width: { first: number; last: number },
  random: () => number,
): Promise<SequenceFrame[]> {
  const { box } = picture;
  const stands = width.first === width.last;
  const faults = new Map<string, number>();
  /** Drawn anew for every frame of a plate that moves. */
  const fault = (name: string, draw: () => number): number => {
    const value = (stands ? faults.get(name) : undefined) ?? draw();
    faults.set(name, value);
    return value;
  };
  const [w, h] = [box.x2 - box.x1, box.y2 - box.y1];
  const size = await sharp(picture.file).metadata();
  const left = Math.max(0, Math.round(box.x1 - AROUND.x * w));
  const top = Math.max(0, Math.round(box.y1 - AROUND.y * h));
  const area = {
    ...{ left, top },
    width: Math.min(size.width - left, Math.round(w * (1 + 2 * AROUND.x))),
    height: Math.min(size.height - top, Math.round(h * (1 + 2 * AROUND.y))),
  };
  const cut = await sharp(picture.file).extract(area).removeAlpha().png().toBuffer();
  const gaussian = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const light = 0.45 + 0.5 * random();
  const sequence: SequenceFrame[] = [];
  for (let index = 0; index < frames; index++) {
    const progress = frames === 1 ? 0 : index / (frames - 1);
    const scale = (width.first + (width.last - width.first) * progress) / w;
    const patch = {
      width: Math.max(8, Math.round(area.width * scale)),
      height: Math.max(6, Math.round(area.height * scale)),
    };
    const { data } = await sharp(cut)
      .resize(patch.width, patch.height, { fit: 'fill' })
      .blur(0.3 + 0.9 * fault('blur', random))
      .raw()
      .toBuffer({ resolveWithObject: true });
    smear(data, patch.width, patch.height, Math.floor(fault('motion', random) * 4));
    const at = { x: (CANVAS.width - patch.width) >> 1, y: (CANVAS.height - patch.height) >> 1 };
    const canvas = Buffer.alloc(CANVAS.width * CANVAS.height * 3, Math.round(110 * light));
    const gain = light * (0.85 + 0.3 * fault('light', random));
    const sigma = 5 + 9 * fault('noise', random);
    const glare =
      fault('glare', random) < 0.35
        ? {
            x: fault('glare-x', random) * patch.width,
            width: (0.08 + 0.12 * fault('glare-width', random)) * patch.width,
          }
        : undefined;
    for (let y = 0; y < patch.height; y++) {
      for (let x = 0; x < patch.width; x++) {
        const streak = glare !== undefined && Math.abs(x - glare.x - 0.4 * y) < glare.width / 2 ? 120 : 0;
        const noise = sigma * gaussian();
        for (let channel = 0; channel < 3; channel++) {
          const value = gain * data[(y * patch.width + x) * 3 + channel]! + streak + noise;
          canvas[((at.y + y) * CANVAS.width + at.x + x) * 3 + channel] = Math.max(0, Math.min(255, value));
        }
      }
    }
    const raw = { width: CANVAS.width, height: CANVAS.height, channels: 3 as const };
    const jpeg = await sharp(canvas, { raw })
      .jpeg({ quality: Math.round(30 + 35 * fault('quality', random)) })
      .toBuffer();
    const off = (side: string, extent: number): number =>
      extent * (0.05 * fault(side, gaussian) + (stands ? 0.01 * gaussian() : 0));
    const [plateW, plateH] = [w * scale, h * scale];
    const x = at.x + (box.x1 - area.left) * scale;
    const y = at.y + (box.y1 - area.top) * scale;
    sequence.push({
      ...{ jpeg, timestamp: 1000 + index * 66 },
      box: {
        x1: x + off('left', plateW),
        y1: y + off('top', plateH),
        x2: x + plateW + off('right', plateW),
        y2: y + plateH + off('bottom', plateH),
      },
    });
  }
  return sequence;
}

/** Motion to the side: each pixel becomes the mean of so many more to its left. */
function smear(data: Buffer, width: number, height: number, length: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = width - 1; x >= length; x--) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let back = 0; back <= length; back++) sum += data[(y * width + x - back) * 3 + channel]!;
        data[(y * width + x) * 3 + channel] = sum / (length + 1);
      }
    }
  }
}

/** What each way of choosing makes of a sequence; '' where it says nothing. */
export interface Choices {
  /** Every frame that was read, by itself. */
  frames: string[];
  /** The reading with the highest confidence. */
  best: string;
  /** TAPPAS's rule: the first reading whose characters have a mean confidence of 0.9 stays for good. */
  first: string;
  /** Ours: readings join the vote of the track until it is settled. */
  vote: string;
  settledAfter: number | undefined;
  /** The vote after each reading, up to where it settled. */
  votes: PlateVote[];
  /** What plate-out would call final, with what corrects it. */
  finals: string[];
}

/** TAPPAS's threshold for a plate that is not read again. */
const TAPPAS_CONFIDENCE = 0.9;

/** Reads a sequence frame by frame, each by itself, as the flow does. */
export async function readSequence(
  sequence: readonly SequenceFrame[],
  device: Device,
  reader: Network,
): Promise<RatedReading[]> {
  const readings: RatedReading[] = [];
  for (const [index, { jpeg, box, timestamp }] of sequence.entries()) {
    const frame = await decodeImage(jpeg, { cameraId: 'sequence', sequence: index, timestamp });
    const gate = { minSharpness: 0, minWidth: 0, minHeight: 0 };
    const gated = await gatePlates(frame, [{ box, confidence: 1 }], device.pixels, gate);
    const { plates } = await readPlates(frame, gated.plates, reader, READ_DEFAULTS);
    framePool().recycle(frame);
    readings.push(...plates.flatMap((plate) => ratedReading(plate, timestamp) ?? []));
  }
  return readings;
}

/** What a plate adds to a vote; undefined when it was not read, or held back. */
export function ratedReading(plate: Plate, timestamp: number): RatedReading | undefined {
  const { text, characters = [], candidates = [], textConfidence = 0, sharpness, box, held } = plate;
  if (text === undefined || held !== undefined) return undefined;
  const size = { width: box.x2 - box.x1, height: box.y2 - box.y1 };
  const middle = { x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2 };
  return {
    reading: { text, characters, candidates, confidence: textConfidence, lines: 1 },
    quality: { ...size, ...middle, timestamp, ...(sharpness === undefined ? {} : { sharpness }) },
  };
}

/** Puts readings of one plate together in each of the ways. */
export function chooseFrom(readings: readonly RatedReading[]): Choices {
  const memory = new ReadingMemory(plateVoting, TRACKER_DEFAULTS);
  const rules = visitRules();
  let settledAfter: number | undefined;
  const votes: PlateVote[] = [];
  const finals: string[] = [];
  const judge = (vote: PlateVote, mayGrow: boolean): void => {
    if (refusal(vote.text, vote.confidence, rules) !== undefined) return;
    if (!vote.settled && shortfall(vote, rules, mayGrow) !== undefined) return;
    if (foldLookAlikes(finals.at(-1) ?? '') !== foldLookAlikes(vote.text)) finals.push(vote.text);
  };
  for (const [index, { reading, quality }] of readings.entries()) {
    const vote = memory.add(reading, quality);
    if (vote === undefined) continue;
    votes.push(vote);
    judge(vote, true);
    if (!vote.settled) continue;
    settledAfter = index + 1;
    break;
  }
  if (memory.vote !== undefined) judge(memory.vote, false);
  const all = readings.map(({ reading }) => reading);
  const surest = [...all].sort((a, b) => b.confidence - a.confidence)[0];
  return {
    frames: all.map(({ text }) => text),
    best: surest?.text ?? '',
    first: all.find((one) => meanOfCharacters(one) >= TAPPAS_CONFIDENCE)?.text ?? '',
    vote: memory.vote?.text ?? '',
    settledAfter,
    votes,
    finals,
  };
}

function meanOfCharacters({ characters }: RatedReading['reading']): number {
  return characters.reduce((sum, { confidence }) => sum + confidence, 0) / Math.max(1, characters.length);
}
