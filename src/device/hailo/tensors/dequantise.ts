import type { Quantisation } from '../library/api.js';

/** Makes real numbers of a frame's bytes; the array is the same at every call. */
export type Dequantise = (bytes: Uint8Array) => Float32Array;

/**
 * For bytes with one quantisation for all: `real = (q − zero point) · scale` (hailort-c-api §6), looked up, as there are only 256.
 * @param count numbers per frame
 */
export function dequantiseBytes(count: number, { zeroPoint, scale }: Quantisation): Dequantise {
  const real = Float32Array.from({ length: 256 }, (_, q) => (q - zeroPoint) * scale);
  const target = new Float32Array(count);
  return (bytes) => {
    for (let i = 0; i < count; i++) target[i] = real[bytes[i]!]!;
    return target;
  };
}

/** For unsigned 16-bit numbers, little-endian as both platforms are, with one quantisation for all. */
export function dequantiseWords(count: number, { zeroPoint, scale }: Quantisation): Dequantise {
  const target = new Float32Array(count);
  return (bytes) => {
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
    for (let i = 0; i < count; i++) target[i] = (words[i]! - zeroPoint) * scale;
    return target;
  };
}

/** For numbers of either width whose features, the last axis, each have their own quantisation. */
export function dequantisePerFeature(
  count: number,
  quantisations: readonly Quantisation[],
  bytesEach: 1 | 2,
): Dequantise {
  const features = quantisations.length;
  const zeroPoints = Float64Array.from(quantisations, ({ zeroPoint }) => zeroPoint);
  const scales = Float64Array.from(quantisations, ({ scale }) => scale);
  const target = new Float32Array(count);
  return (bytes) => {
    const values = bytesEach === 1 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, count);
    for (let i = 0, feature = 0; i < count; i++) {
      target[i] = (values[i]! - zeroPoints[feature]!) * scales[feature]!;
      feature = feature + 1 === features ? 0 : feature + 1;
    }
    return target;
  };
}

/** For what the library has made real already: a view of the bytes, valid until the next frame is read into them. */
export function readFloats(count: number): Dequantise {
  return (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, count);
}
