import type { Box } from '../../detection/types.js';
import type { PixelSource, View } from '../device.js';

const LONGEST_SIDE = 65_535;

/** @throws TypeError, RangeError when the pixels are not what they say; a worker would read past their end otherwise */
export function checkSource(source: PixelSource, name = 'source'): void {
  const { buffer, width, height } = source;
  if (!(buffer instanceof SharedArrayBuffer)) {
    throw new TypeError(`Expected a SharedArrayBuffer for ${name}.buffer but received ${typeName(buffer)}`);
  }
  for (const [side, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 1 || value > LONGEST_SIDE) {
      throw new RangeError(`Expected an integer from 1 to ${LONGEST_SIDE} for ${name}.${side} but received ${value}`);
    }
  }
  const needed = width * height * 3;
  if (buffer.byteLength < needed) {
    throw new RangeError(
      `Expected at least ${needed} bytes for ${name}.buffer (${width}x${height} RGB) but received ${buffer.byteLength}`,
    );
  }
}

/** @throws RangeError when a coordinate is not a finite number or a margin leaves nothing of its view */
export function checkViews(views: readonly View[]): void {
  for (const [i, view] of views.entries()) {
    if ('box' in view) checkBox(view.box, `views[${i}].box`);
    else checkCorners(view.corners, `views[${i}].corners`);
    const { margin } = view;
    if (margin !== undefined && !(margin > -0.5 && margin <= 10)) {
      throw new RangeError(`Expected a number above -0.5 and up to 10 for views[${i}].margin but received ${margin}`);
    }
  }
}

/** @throws RangeError when a coordinate is not a finite number */
export function checkBoxes(boxes: readonly Box[]): void {
  for (const [i, box] of boxes.entries()) checkBox(box, `boxes[${i}]`);
}

function checkBox({ x1, y1, x2, y2 }: Box, name: string): void {
  for (const [side, value] of Object.entries({ x1, y1, x2, y2 })) checkCoordinate(value, `${name}.${side}`);
}

function checkCorners(corners: readonly { x: number; y: number }[], name: string): void {
  if (corners.length !== 4) throw new RangeError(`Expected 4 points for ${name} but received ${corners.length}`);
  for (const [i, { x, y }] of corners.entries()) {
    checkCoordinate(x, `${name}[${i}].x`);
    checkCoordinate(y, `${name}[${i}].y`);
  }
}

function checkCoordinate(value: unknown, name: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new RangeError(`Expected a finite number for ${name} but received ${String(value)}`);
  }
}

function typeName(value: unknown): string {
  return value === null ? 'null' : ((value as object | undefined)?.constructor?.name ?? typeof value);
}
