import type { DepartedTrack, Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import { framePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import type { AlprMessage } from '../../src/node-red/message.js';

/** Where the car of these messages stands, and its plate, in a frame of 640 × 480. */
export const carBox = { x1: 200, y1: 100, x2: 400, y2: 300 };
export const plateBox = { x1: 260, y1: 240, x2: 340, y2: 260 };

/** A grey frame in which the car is green and its plate red. */
export function paintedFrame(sequence: number, camera = 'gate'): Frame {
  const timestamp = 1_700_000_000_000 + sequence * 100;
  const frame = framePool().acquire({ cameraId: camera, sequence, timestamp, width: 640, height: 480 });
  const { pixels } = frame;
  pixels.fill(120);
  const paint = ({ x1, y1, x2, y2 }: typeof carBox, colour: [number, number, number]): void => {
    for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) pixels.set(colour, (y * 640 + x) * 3);
  };
  paint(carBox, [20, 160, 40]);
  paint(plateBox, [200, 30, 30]);
  return frame;
}

export function voteOf(text: string, agreeing: number): PlateVote {
  const characters = [...text].map((character) => ({ text: character, confidence: 0.95 }));
  const candidates = [{ text, confidence: 0.9 }];
  return { text, confidence: 0.95, characters, candidates, reads: agreeing, agreeing, settled: agreeing >= 3 };
}

/** One frame of a car that is tracked, with what was read of its plate so far. */
export function trackedMessage(sequence: number, text: string, agreeing: number, trackId = 5): AlprMessage {
  const vehicle: Vehicle = { box: carBox, label: 'car', confidence: 0.9, trackId };
  const plate: Plate = {
    box: plateBox,
    confidence: 0.9,
    vehicle: 0,
    trackId,
    sharpness: 150,
    text,
    textConfidence: 0.95,
    vote: voteOf(text, agreeing),
  };
  return { topic: 'gate', tracker: 't', frame: paintedFrame(sequence), vehicles: [vehicle], plates: [plate] };
}

/** The news that the car left. */
export function departedMessage(sequence: number, plate?: PlateVote, trackId = 5): AlprMessage {
  const lastSeen = 1_700_000_000_000 + sequence * 100;
  const track: DepartedTrack = { trackId, label: 'car', box: carBox, firstSeen: lastSeen - 300, lastSeen, frames: 4 };
  return { topic: 'gate', tracker: 't', departed: [plate === undefined ? track : { ...track, plate }] };
}
