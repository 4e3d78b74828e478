/**
 * RGB to Y'CbCr by ITU-R BT.601 in limited range (Y 16…235, Cb and Cr 16…240), what ffmpeg and GStreamer make of RGB when nobody
 * says otherwise and what cameras of standard definition send: HEFs that convert colours on the chip were compiled for such
 * pictures. Integer weights are the standard's times 256, rounded; the results lie within 1 of the exact ones.
 */
function luma(r: number, g: number, b: number): number {
  return ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16;
}

function blueDifference(r: number, g: number, b: number): number {
  return ((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128;
}

function redDifference(r: number, g: number, b: number): number {
  return ((112 * r - 94 * g - 18 * b + 128) >> 8) + 128;
}

/**
 * YUY2: two pixels in four bytes, Y0 U Y1 V; the colour is the mean of both.
 *
 * @param rgb width × height × 3 bytes
 * @param width even
 * @param target width × height × 2 bytes
 */
export function rgbToYuy2(rgb: Uint8Array, width: number, height: number, target: Uint8Array): void {
  const pairs = (width * height) / 2;
  for (let pair = 0, from = 0, to = 0; pair < pairs; pair++, from += 6, to += 4) {
    const r0 = rgb[from]!;
    const g0 = rgb[from + 1]!;
    const b0 = rgb[from + 2]!;
    const r1 = rgb[from + 3]!;
    const g1 = rgb[from + 4]!;
    const b1 = rgb[from + 5]!;
    const r = (r0 + r1 + 1) >> 1;
    const g = (g0 + g1 + 1) >> 1;
    const b = (b0 + b1 + 1) >> 1;
    target[to] = luma(r0, g0, b0);
    target[to + 1] = blueDifference(r, g, b);
    target[to + 2] = luma(r1, g1, b1);
    target[to + 3] = redDifference(r, g, b);
  }
}

/**
 * NV12: all lumas, then one pair U V per 2 × 2 pixels; the colour is the mean of the four.
 *
 * @param rgb width × height × 3 bytes
 * @param width even
 * @param height even
 * @param target width × height × 3 / 2 bytes
 */
export function rgbToNv12(rgb: Uint8Array, width: number, height: number, target: Uint8Array): void {
  const pixels = width * height;
  for (let pixel = 0, from = 0; pixel < pixels; pixel++, from += 3) {
    target[pixel] = luma(rgb[from]!, rgb[from + 1]!, rgb[from + 2]!);
  }
  const row = width * 3;
  let to = pixels;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const above = y * row + x * 3;
      const below = above + row;
      const r = (rgb[above]! + rgb[above + 3]! + rgb[below]! + rgb[below + 3]! + 2) >> 2;
      const g = (rgb[above + 1]! + rgb[above + 4]! + rgb[below + 1]! + rgb[below + 4]! + 2) >> 2;
      const b = (rgb[above + 2]! + rgb[above + 5]! + rgb[below + 2]! + rgb[below + 5]! + 2) >> 2;
      target[to++] = blueDifference(r, g, b);
      target[to++] = redDifference(r, g, b);
    }
  }
}

/** Bytes of an RGB4 row: padded to a multiple of four. */
export function rgb4RowBytes(width: number): number {
  return Math.ceil((width * 3) / 4) * 4;
}

/** RGB4: RGB with rows padded to a multiple of four bytes; the padding stays as it is. */
export function rgbToRgb4(rgb: Uint8Array, width: number, height: number, target: Uint8Array): void {
  const stride = rgb4RowBytes(width);
  for (let y = 0; y < height; y++) target.set(rgb.subarray(y * width * 3, (y + 1) * width * 3), y * stride);
}
