import type { DepartedTrack, Plate, Vehicle } from '../detection/types.js';
import { AlprNodeError, describeValue } from './errors.js';
import type { AlprMessage } from './message.js';

interface Size {
  width: number;
  height: number;
}

/** No scene has more; finding out which box continues which track takes time with the cube of their number. */
const MOST_BOXES = 1000;
const SIDES = ['x1', 'y1', 'x2', 'y2'];

/**
 * msg.vehicles, checked against the frame; undefined where there is none, or where another node uses the name for something
 * without boxes.
 * @throws AlprNodeError ALPR_BOX when it is a list of boxes and something in it cannot be worked with
 */
export function vehiclesIn(msg: AlprMessage, frame: Size): Vehicle[] | undefined {
  return boxesIn<Vehicle>(msg.vehicles, 'msg.vehicles', frame);
}

/** msg.plates, like `vehiclesIn`. */
export function platesIn(msg: AlprMessage, frame: Size): Plate[] | undefined {
  return boxesIn<Plate>(msg.plates, 'msg.plates', frame);
}

/**
 * msg.plates for nodes that work on what an earlier node found; an empty list is fine.
 * @throws AlprNodeError ALPR_NO_PLATES, ALPR_BOX
 */
export function requirePlates(msg: AlprMessage, frame: Size): Plate[] {
  const plates = platesIn(msg, frame);
  if (plates !== undefined) return plates;
  throw new AlprNodeError(
    'ALPR_NO_PLATES',
    `Expected a list of plates (from plate-detect) for msg.plates but received ${describeValue(msg.plates)}`,
  );
}

/**
 * What is to be tracked, or looked at one by one.
 * @throws AlprNodeError ALPR_NO_BOXES, ALPR_BOX
 */
export function requireBoxes(
  msg: AlprMessage,
  what: 'auto' | 'vehicles' | 'plates',
  frame: Size,
): { vehicles: Vehicle[] | undefined; plates: Plate[] | undefined } {
  const vehicles = vehiclesIn(msg, frame);
  const plates = platesIn(msg, frame);
  if ((what !== 'plates' && vehicles !== undefined) || (what !== 'vehicles' && plates !== undefined))
    return { vehicles, plates };
  const expected = what === 'auto' ? 'msg.vehicles or msg.plates' : `msg.${what}`;
  const received = describeValue(what === 'plates' ? msg.plates : msg.vehicles);
  throw new AlprNodeError('ALPR_NO_BOXES', `Expected a list of boxes for ${expected} but received ${received}`);
}

/**
 * msg.departed; undefined where there is none, or where another node uses the name for something that is no list.
 * @throws AlprNodeError ALPR_DEPARTED when something in the list is no departed track
 */
export function departedIn(msg: AlprMessage): DepartedTrack[] | undefined {
  const { departed } = msg;
  if (!Array.isArray(departed)) return undefined;
  for (const [index, track] of departed.entries()) {
    const numbers = ['trackId', 'firstSeen', 'lastSeen', 'frames'];
    const isTrack =
      numbers.every((field) => Number.isFinite(fieldOf(track, field))) &&
      SIDES.every((side) => Number.isFinite(fieldOf(fieldOf(track, 'box'), side))) &&
      (fieldOf(track, 'plate') === undefined || isVote(fieldOf(track, 'plate')));
    if (isTrack) continue;
    const message = `Expected a departed track (from tracker) for msg.departed[${index}] but received`;
    throw new AlprNodeError('ALPR_DEPARTED', `${message} ${describeValue(track)}`);
  }
  return departed;
}

function boxesIn<T extends object>(list: unknown, name: string, frame: Size): T[] | undefined {
  if (!Array.isArray(list)) return undefined;
  if (list.length > 0 && !list.some((entry) => isObject(fieldOf(entry, 'box')))) return undefined;
  if (list.length > MOST_BOXES) throw boxError(`at most ${MOST_BOXES} boxes`, name, String(list.length));
  for (const [index, entry] of list.entries()) checkEntry(entry, `${name}[${index}]`, frame);
  return list as T[];
}

function checkEntry(entry: unknown, name: string, frame: Size): void {
  checkBox(fieldOf(entry, 'box'), `${name}.box`, frame);
  const check = (field: string, expected: string, isRight: (value: unknown) => boolean): void => {
    const value = fieldOf(entry, field);
    if (value !== undefined && !isRight(value)) throw boxError(expected, `${name}.${field}`, describeValue(value));
  };
  for (const field of ['label', 'text', 'region']) check(field, 'text', isText);
  for (const field of ['confidence', 'textConfidence', 'sharpness']) check(field, 'a number', Number.isFinite);
  for (const field of ['trackId', 'vehicle']) check(field, 'a whole number', Number.isInteger);
  for (const field of ['characters', 'candidates']) check(field, 'a list of {text, confidence}', isTexts);
  check('corners', 'four points {x, y}', isQuad);
  // A vehicle's vote is called plate, a plate's vote.
  check('vote', 'the vote of a tracker', isVote);
  check('plate', 'the vote of a tracker', isVote);
  check('held', 'a reason {code, reason}', isMiss);
}

function checkBox(box: unknown, name: string, { width, height }: Size): void {
  const sides = SIDES.map((side) => fieldOf(box, side));
  const [x1, y1, x2, y2] = sides as [number, number, number, number];
  // Detectors clamp their boxes; what people enter may reach over the edge, but not lie beyond it.
  if (sides.every(Number.isFinite) && x1 < x2 && y1 < y2 && x2 > 0 && y2 > 0 && x1 < width && y1 < height) return;
  const shown = SIDES.map((side, index) => `${side} ${describeValue(sides[index])}`).join(', ');
  const expected = `a box (x1 < x2, y1 < y2) inside the frame of ${width} × ${height}`;
  throw boxError(expected, name, isObject(box) ? shown : describeValue(box));
}

function isQuad(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 4) return false;
  return value.every((point) => Number.isFinite(fieldOf(point, 'x')) && Number.isFinite(fieldOf(point, 'y')));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isVote(value: unknown): boolean {
  const numbers = ['confidence', 'reads', 'agreeing'];
  const lists = ['characters', 'candidates'].map((field) => fieldOf(value, field));
  return (
    isText(fieldOf(value, 'text')) &&
    numbers.every((field) => Number.isFinite(fieldOf(value, field))) &&
    lists.every(isTexts)
  );
}

/** Characters, or whole readings, with how sure they are. */
function isTexts(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((entry) => isText(fieldOf(entry, 'text')) && Number.isFinite(fieldOf(entry, 'confidence')));
}

function isMiss(value: unknown): boolean {
  return isText(fieldOf(value, 'code')) && isText(fieldOf(value, 'reason'));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function fieldOf(value: unknown, field: string): unknown {
  return isObject(value) ? (value as Record<string, unknown>)[field] : undefined;
}

function boxError(expected: string, name: string, received: string): AlprNodeError {
  return new AlprNodeError('ALPR_BOX', `Expected ${expected} for ${name} but received ${received}`);
}
