import type { PixelSource } from '../device.js';

/** Plain pixels: what structured clone makes of a PixelSource. */
export interface SharedPicture {
  buffer: SharedArrayBuffer;
  width: number;
  height: number;
}

/** The part of a source that crosses to the worker; a Frame has more. */
export function sharedPicture(source: PixelSource): SharedPicture {
  return { buffer: source.buffer, width: source.width, height: source.height };
}
