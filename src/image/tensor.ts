import type { View } from '../device/device.js';
import type { ModelInput } from '../models/manifest.js';
import { planAxis } from './axis.js';
import { ImageError } from './errors.js';
import { average, readable, weigh } from './resize.js';
import { fillAround, makeSink, makeTables, type TensorData } from './sink.js';
import type { ViewTransform } from './transform.js';
import { placeView, type Size } from './view.js';
import { warp } from './warp.js';

/** 8-bit RGB, row-major, at least width × height × 3 bytes. Four bytes are read at a time: memory that goes on after the picture saves a copy. */
export interface RgbPixels {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/** Padding when the manifest names no colour; the grey that YOLO-style training pads with. */
const DEFAULT_FILL: readonly [number, number, number] = [114, 114, 114];

/**
 * Shows a part of a frame to a network: cuts it out (upright, or along four corners and straightened), fits it into the
 * input as the manifest says, and writes it in the manifest's channel order, layout, type and normalisation.
 *
 * Shrinking by more than 1.4 averages the pixels (about every one up to 4.5 to 1), else they are interpolated bilinearly.
 *
 * @param view undefined shows the whole frame
 * @param size width and height of the network's input, pixels
 * @param target the tensor of one or several pictures; Float32Array for float32 inputs, Uint8Array for uint8
 * @param offset index of this picture's first value in `target`; size.width × size.height × 3 values are written
 * @returns how input pixels map back to frame pixels
 * @throws ImageError ALPR_IMAGE_ARGUMENT for coordinates that are not finite, or arrays that are too short or of the wrong type
 */
export function fillTensor(
  source: RgbPixels,
  view: View | undefined,
  input: ModelInput,
  size: Size,
  target: TensorData,
  offset: number,
): ViewTransform {
  requireArrays(source, input, size, target, offset);
  const placed = placeView(view, source, input.fit, size);
  const sink = makeSink(input, size, target, offset);
  const fill = input.fill ?? DEFAULT_FILL;
  const single = makeTables(input, 1);
  const pixels = readable(source.pixels, source.width * source.height * 3);
  if (!placed.upright) {
    warp(pixels, source, placed, size, fill, sink, single);
    return placed.transform;
  }
  const { content, shrinkX, shrinkY } = placed;
  const [, , originX = 0, , , originY = 0] = placed.transform.matrix;
  const columns = planAxis(source.width, size.width, shrinkX, originX, content.x1, content.x2, 3);
  const rows = planAxis(source.height, size.height, shrinkY, originY, content.y1, content.y2, source.width * 3);
  fillAround(sink, size, { x1: columns.first, y1: rows.first, x2: columns.last, y2: rows.last }, fill, single);
  if (columns.weights === undefined && rows.weights === undefined) {
    average(pixels, columns, rows, sink, makeTables(input, columns.taps * rows.taps));
  } else {
    weigh(pixels, columns, rows, sink, single);
  }
  return placed.transform;
}

function requireArrays(source: RgbPixels, input: ModelInput, size: Size, target: TensorData, offset: number): void {
  const expected = input.type === 'uint8' ? 'Uint8Array' : 'Float32Array';
  const isRight = input.type === 'uint8' ? target instanceof Uint8Array : target instanceof Float32Array;
  if (!isRight) throw argumentError(`a ${expected} for a ${input.type} input`, target.constructor.name);
  const bytes = source.width * source.height * 3;
  if (!(bytes > 0) || source.pixels.length < bytes) {
    throw argumentError(
      `${bytes} bytes for a ${source.width} × ${source.height} picture`,
      `${source.pixels.length} bytes`,
    );
  }
  const values = size.width * size.height * 3;
  if (!(values > 0) || offset < 0 || target.length - offset < values) {
    throw argumentError(
      `room for ${values} values of a ${size.width} × ${size.height} input at ${offset}`,
      `an array of ${target.length}`,
    );
  }
}

function argumentError(expected: string, received: string): ImageError {
  return new ImageError('ALPR_IMAGE_ARGUMENT', `Expected ${expected} but received ${received}`);
}
