/*
 * OpenCV's cv::resize with INTER_AREA for 8-bit pictures, to the bit (checked against OpenCV 4.6.0). When both axes shrink
 * it averages the area under each output pixel; when one of them grows it interpolates both, with positions of its own.
 */

/** A rectangle of an 8-bit RGB picture, whole pixels inside of it. */
export interface PixelRectangle {
  pixels: Uint8Array;
  /** Bytes from one row of the picture to the next. */
  stride: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Resizes to outputWidth × outputHeight, 8-bit RGB in `output`. */
export function resizeArea(
  source: PixelRectangle,
  output: Uint8Array,
  outputWidth: number,
  outputHeight: number,
): void {
  if (source.width >= outputWidth && source.height >= outputHeight)
    averageArea(source, output, outputWidth, outputHeight);
  else interpolateArea(source, output, outputWidth, outputHeight);
}

/** Along one axis: output pixel i is made of `counts[i]` source pixels from `starts[i]` on, weighed by `weights` from i · `most` on. */
interface AxisShares {
  starts: Int32Array;
  counts: Int32Array;
  weights: Float64Array;
  most: number;
}

function averageArea(source: PixelRectangle, output: Uint8Array, outputWidth: number, outputHeight: number): void {
  const { pixels, stride, left, top } = source;
  const columns = areaShares(source.width, outputWidth);
  const rows = areaShares(source.height, outputHeight);
  const isHalved = source.width === 2 * outputWidth && source.height === 2 * outputHeight;
  const round = isHalved ? roundHalfUp : roundHalfEven;
  let at = 0;
  for (let y = 0; y < outputHeight; y++) {
    const firstRow = (top + rows.starts[y]!) * stride;
    const rowCount = rows.counts[y]!;
    for (let x = 0; x < outputWidth; x++) {
      const first = firstRow + (left + columns.starts[x]!) * 3;
      const columnCount = columns.counts[x]!;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let j = 0; j < rowCount; j++) {
        const rowWeight = rows.weights[y * rows.most + j]!;
        let p = first + j * stride;
        for (let i = 0; i < columnCount; i++, p += 3) {
          const weight = rowWeight * columns.weights[x * columns.most + i]!;
          red += pixels[p]! * weight;
          green += pixels[p + 1]! * weight;
          blue += pixels[p + 2]! * weight;
        }
      }
      output[at] = round(red);
      output[at + 1] = round(green);
      output[at + 2] = round(blue);
      at += 3;
    }
  }
}

function areaShares(length: number, size: number): AxisShares {
  const scale = length / size;
  const most = Math.ceil(scale) + 2;
  const shares: AxisShares = {
    starts: new Int32Array(size),
    counts: new Int32Array(size),
    weights: new Float64Array(size * most),
    most,
  };
  for (let i = 0; i < size; i++) {
    const from = i * scale;
    const to = Math.min(length, from + scale);
    const first = Math.floor(from);
    let count = 0;
    for (let k = first; k < to - 1e-3 && k < length; k++) {
      const covered = Math.min(k + 1, to) - Math.max(k, from);
      // OpenCV leaves out slivers of less than a thousandth of a pixel at the start, too.
      shares.weights[i * most + count] = covered > 1e-3 ? covered / (to - from) : 0;
      count++;
    }
    shares.starts[i] = first;
    shares.counts[i] = count;
  }
  return shares;
}

/** Along one axis: output pixel i lies between source pixels `first[i]` and the one after, weighed in 2048ths. */
interface AxisSteps {
  first: Int32Array;
  second: Int32Array;
  firstWeight: Int32Array;
  secondWeight: Int32Array;
}

/** Fixed point of 11 bits along x and again along y, cut to what OpenCV keeps of it in between. */
function interpolateArea(source: PixelRectangle, output: Uint8Array, outputWidth: number, outputHeight: number): void {
  const { pixels, stride, left, top } = source;
  const columns = linearSteps(source.width, outputWidth);
  const rows = linearSteps(source.height, outputHeight);
  let at = 0;
  for (let y = 0; y < outputHeight; y++) {
    const upper = (top + rows.first[y]!) * stride;
    const lower = (top + rows.second[y]!) * stride;
    const upperWeight = rows.firstWeight[y]!;
    const lowerWeight = rows.secondWeight[y]!;
    for (let x = 0; x < outputWidth; x++) {
      const first = (left + columns.first[x]!) * 3;
      const second = (left + columns.second[x]!) * 3;
      const u = columns.firstWeight[x]!;
      const v = columns.secondWeight[x]!;
      for (let c = 0; c < 3; c++) {
        const a = pixels[upper + first + c]! * u + pixels[upper + second + c]! * v;
        const b = pixels[lower + first + c]! * u + pixels[lower + second + c]! * v;
        output[at++] = (((upperWeight * (a >> 4)) >> 16) + ((lowerWeight * (b >> 4)) >> 16) + 2) >> 2;
      }
    }
  }
}

function linearSteps(length: number, size: number): AxisSteps {
  const inverse = size / length;
  const scale = 1 / inverse;
  const steps: AxisSteps = {
    first: new Int32Array(size),
    second: new Int32Array(size),
    firstWeight: new Int32Array(size),
    secondWeight: new Int32Array(size),
  };
  for (let i = 0; i < size; i++) {
    let first = Math.floor(i * scale);
    let share = Math.fround(i + 1 - (first + 1) * inverse);
    share = share <= 0 ? 0 : Math.fround(share - Math.floor(share));
    if (first >= length - 1) {
      first = length - 1;
      share = 0;
    }
    steps.first[i] = first;
    steps.second[i] = Math.min(first + 1, length - 1);
    steps.firstWeight[i] = roundHalfEven((1 - share) * 2048);
    steps.secondWeight[i] = roundHalfEven(share * 2048);
  }
  return steps;
}

/** Sums of fractional weights miss a half by a hair; this much counts as a half. */
const HAIR = 1e-9;

function roundHalfUp(value: number): number {
  return Math.floor(value + 0.5 + HAIR);
}

/** C's default, and OpenCV's cvRound. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest > 0.5 + HAIR) return below + 1;
  if (rest < 0.5 - HAIR) return below;
  return below % 2 === 0 ? below : below + 1;
}
