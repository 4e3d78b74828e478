import type { ModelInput } from '../models/manifest.js';
import type { Size } from './view.js';

export type TensorData = Uint8Array | Float32Array;

/** Where the channels of one picture go inside a tensor. */
export interface Sink {
  target: TensorData;
  /** Index of the first pixel's red, green and blue. */
  red: number;
  green: number;
  blue: number;
  /** Steps from one pixel, and from one row, to the next. */
  pixelStride: number;
  rowStride: number;
}

export function makeSink(input: ModelInput, size: Size, target: TensorData, offset: number): Sink {
  const planar = input.layout === 'NCHW';
  const channelStride = planar ? size.width * size.height : 1;
  const pixelStride = planar ? 1 : 3;
  const first = offset;
  const last = offset + 2 * channelStride;
  const bgr = input.colour === 'BGR';
  return {
    target,
    red: bgr ? last : first,
    green: offset + channelStride,
    blue: bgr ? first : last,
    pixelStride,
    rowStride: pixelStride * size.width,
  };
}

/** For each channel: what the network is given for a sum of so many 8-bit values. */
export interface ChannelTables {
  red: TensorData;
  green: TensorData;
  blue: TensorData;
}

/**
 * Tables from the sum of `count` bytes to their mean in the network's own units. One look-up does the division, the
 * rounding (uint8) and the normalisation (float32) at once.
 */
export function makeTables(input: ModelInput, count: number): ChannelTables {
  if (input.type === 'uint8') {
    const table = new Uint8Array(255 * count + 1);
    for (let sum = 0; sum < table.length; sum++) table[sum] = Math.floor(sum / count + 0.5);
    return { red: table, green: table, blue: table };
  }
  const [redAt, greenAt, blueAt] = input.colour === 'BGR' ? ([2, 1, 0] as const) : ([0, 1, 2] as const);
  const mean = input.normalisation?.mean ?? [0, 0, 0];
  const scale = input.normalisation?.scale ?? [1, 1, 1];
  return {
    red: floatTable(count, mean[redAt], scale[redAt]),
    green: floatTable(count, mean[greenAt], scale[greenAt]),
    blue: floatTable(count, mean[blueAt], scale[blueAt]),
  };
}

function floatTable(count: number, mean: number, scale: number): Float32Array {
  const table = new Float32Array(255 * count + 1);
  for (let sum = 0; sum < table.length; sum++) table[sum] = (sum / count - mean) / scale;
  return table;
}

/** Paints everything of the picture that lies outside columns [x1, x2) × rows [y1, y2) in one colour (8-bit RGB). */
export function fillAround(
  sink: Sink,
  size: Size,
  inside: { x1: number; y1: number; x2: number; y2: number },
  colour: readonly [number, number, number],
  tables: ChannelTables,
): void {
  if (inside.x2 <= inside.x1 || inside.y2 <= inside.y1) {
    fillRows(sink, size, 0, size.height, colour, tables);
    return;
  }
  fillRows(sink, size, 0, inside.y1, colour, tables);
  fillRows(sink, size, inside.y2, size.height, colour, tables);
  if (inside.x1 === 0 && inside.x2 === size.width) return;
  for (let y = inside.y1; y < inside.y2; y++) {
    fillRun(sink, y * sink.rowStride, 0, inside.x1, colour, tables);
    fillRun(sink, y * sink.rowStride, inside.x2, size.width, colour, tables);
  }
}

function fillRows(
  sink: Sink,
  size: Size,
  from: number,
  to: number,
  colour: readonly [number, number, number],
  tables: ChannelTables,
): void {
  if (to > from) fillRun(sink, from * sink.rowStride, 0, (to - from) * size.width, colour, tables);
}

/** Pixels [from, to) counted from the start of a row, running on into the next rows. */
function fillRun(
  sink: Sink,
  row: number,
  from: number,
  to: number,
  colour: readonly [number, number, number],
  tables: ChannelTables,
): void {
  if (to <= from) return;
  const { target, pixelStride } = sink;
  const red = tables.red[colour[0]] ?? 0;
  const green = tables.green[colour[1]] ?? 0;
  const blue = tables.blue[colour[2]] ?? 0;
  const start = row + from * pixelStride;
  const end = row + to * pixelStride;
  if (pixelStride === 1) {
    target.fill(red, sink.red + start, sink.red + end);
    target.fill(green, sink.green + start, sink.green + end);
    target.fill(blue, sink.blue + start, sink.blue + end);
    return;
  }
  const first = Math.min(sink.red, sink.blue);
  if (red === green && green === blue) {
    target.fill(red, first + start, first + end);
    return;
  }
  for (let at = start; at < end; at += pixelStride) {
    target[sink.red + at] = red;
    target[sink.green + at] = green;
    target[sink.blue + at] = blue;
  }
}
