import assert from 'node:assert/strict';
import type { Box } from '../../src/detection/types.js';
import { sharpness } from '../../src/image/sharpness.js';
import { areaMean, paint, type Picture } from './reference.js';

type Pattern = 'hash' | 'stripes' | 'ramp' | 'dim';

const whole = Math.floor;

/** Pictures that any language can draw again with whole numbers; / is division without remainder, ^ exclusive or. */
const patterns: Record<Pattern, (x: number, y: number, width: number, height: number) => [number, number, number]> = {
  // bits s…s+7 of (x·a) ^ (y·b)
  hash: (x, y) => [
    hash(x, y, 73856093, 19349663, 3n),
    hash(x, y, 83492791, 2654435, 5n),
    hash(x, y, 4256249, 741103597, 7n),
  ],
  stripes: (x, y) => [
    whole(x / 7) % 2 === 0 ? 230 : 20,
    (whole(x / 7) + whole(y / 9)) % 2 === 0 ? 200 : 35,
    whole(y / 5) % 2 === 0 ? 180 : 60,
  ],
  ramp: (x, y, width, height) => [
    whole((x * 255) / (width - 1)),
    whole((y * 255) / (height - 1)),
    whole(((x + y) * 255) / (width + height - 2)),
  ],
  dim: (x, y) => [(whole(x / 11) + whole(y / 6)) % 2 === 0 ? 90 : 40, whole(x / 11) % 2 === 0 ? 70 : 30, (x * y) % 50],
};

function hash(x: number, y: number, a: number, b: number, shift: bigint): number {
  return Number(((BigInt(x * a) ^ BigInt(y * b)) >> shift) & 255n);
}

/**
 * From OpenCV 4.6.0 (Python, x86-64): the pattern as BGR → resize((200, 40), INTER_AREA) → GaussianBlur((3, 3), 0) →
 * cvtColor(BGR2GRAY) → normalize(255, 0, NORM_INF) → Laplacian(CV_64F) → square of meanStdDev's deviation.
 */
const openCv: [Pattern, number, number, number][] = [
  ['hash', 200, 40, 475.64152775],
  ['hash', 400, 80, 509.614298437],
  ['hash', 600, 120, 671.554747484],
  ['hash', 317, 83, 504.156222438],
  ['hash', 150, 30, 354.6309],
  ['hash', 90, 25, 455.090031],
  ['hash', 233, 31, 325.957158734],
  ['hash', 120, 90, 644.187652734],
  ['hash', 11, 11, 72.32425],
  ['stripes', 200, 40, 1226.647],
  ['stripes', 400, 80, 2396.55320975],
  ['stripes', 600, 120, 4377.303375],
  ['stripes', 317, 83, 1722.09264775],
  ['stripes', 150, 30, 797.03275],
  ['stripes', 90, 25, 425.42975],
  ['stripes', 233, 31, 1057.018409],
  ['stripes', 120, 90, 1277.12745373],
  ['stripes', 11, 11, 94.96475],
  ['ramp', 200, 40, 4.29736975],
  ['ramp', 400, 80, 4.0039724375],
  ['ramp', 600, 120, 4.15160798438],
  ['ramp', 317, 83, 4.06762298438],
  ['ramp', 150, 30, 3.54306435938],
  ['ramp', 90, 25, 3.8524969375],
  ['ramp', 233, 31, 3.6979949375],
  ['ramp', 120, 90, 3.8232499375],
  ['ramp', 11, 11, 10.202],
  ['dim', 200, 40, 390.975954234],
  ['dim', 400, 80, 743.955755859],
  ['dim', 600, 120, 1120.25355994],
  ['dim', 317, 83, 558.194229984],
  ['dim', 150, 30, 245.845144],
  ['dim', 90, 25, 168.410624938],
  ['dim', 233, 31, 333.171698609],
  ['dim', 120, 90, 485.434036937],
  ['dim', 11, 11, 20.474],
];

/** The box whose inner 80 % are the whole picture. */
function around(width: number, height: number): Box {
  return { x1: -width / 8, y1: -height / 8, x2: (width * 9) / 8, y2: (height * 9) / 8 };
}

/** The definition in plain floating-point steps, for boxes that shrink to 200 × 40. */
function naive(picture: Picture, left: number, top: number, width: number, height: number): number {
  const reflect = (i: number, n: number): number => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i);
  const at = (grid: number[][], x: number, y: number): number => grid[reflect(y, 40)]![reflect(x, 200)]!;
  const channels = [0, 1, 2].map((c) =>
    Array.from({ length: 40 }, (_row, y) =>
      Array.from({ length: 200 }, (_column, x) => {
        const [x1, x2] = [left + (x * width) / 200, left + ((x + 1) * width) / 200];
        const [y1, y2] = [top + (y * height) / 40, top + ((y + 1) * height) / 40];
        return Math.round(areaMean(picture, x1, y1, x2, y2)[c]!);
      }),
    ),
  );
  const kernel = [1, 2, 1];
  const blurred = channels.map((grid) =>
    grid.map((row, y) =>
      row.map((_value, x) => {
        let sum = 0;
        for (const dy of [-1, 0, 1])
          for (const dx of [-1, 0, 1]) sum += at(grid, x + dx, y + dy) * kernel[dx + 1]! * kernel[dy + 1]!;
        return Math.round(sum / 16);
      }),
    ),
  );
  const grey = blurred[0]!.map((row, y) =>
    row.map((red, x) => Math.round(0.299 * red + 0.587 * blurred[1]![y]![x]! + 0.114 * blurred[2]![y]![x]!)),
  );
  const lightest = Math.max(...grey.flat());
  const bright = grey.map((row) => row.map((value) => Math.round((value * 255) / lightest)));
  const edges = bright.flatMap((row, y) =>
    row.map(
      (v, x) => at(bright, x - 1, y) + at(bright, x + 1, y) + at(bright, x, y - 1) + at(bright, x, y + 1) - 4 * v,
    ),
  );
  const mean = edges.reduce((sum, value) => sum + value, 0) / edges.length;
  return edges.reduce((sum, value) => sum + (value - mean) ** 2, 0) / edges.length;
}

describe('sharpness', () => {
  for (const [pattern, width, height, expected] of openCv) {
    it(`equals OpenCV for the pattern "${pattern}" of ${width} × ${height}`, () => {
      const picture = paint(width, height, (x, y) => patterns[pattern](x, y, width, height));
      const measured = sharpness(picture, around(width, height));
      assert.equal(Math.abs(measured / expected - 1) < 1e-9, true, `${measured} is not ${expected}`);
    });
  }

  it('is the variance that one computes by hand for a step from black to white', () => {
    // The blur makes 0 0 64 191 255 255 of the step, its Laplacian 64 63 -63 -64 in each row of 200: 2 · (64² + 63²) / 200.
    const picture = paint(200, 40, (x) => (x < 100 ? [0, 0, 0] : [255, 255, 255]));
    assert.equal(sharpness(picture, around(200, 40)), (2 * (64 * 64 + 63 * 63)) / 200);
  });

  for (const [name, colour] of [
    ['black', [0, 0, 0]],
    ['grey', [90, 90, 90]],
    ['white', [255, 255, 255]],
  ] as const) {
    it(`is 0 for a plain ${name} plate`, () => {
      assert.equal(
        sharpness(
          paint(100, 50, () => colour),
          { x1: 0, y1: 0, x2: 100, y2: 50 },
        ),
        0,
      );
    });
  }

  it('follows its definition inside a larger picture, 10 % off each side', () => {
    const picture = paint(700, 300, (x, y) => patterns.hash(whole(x / 5), whole(y / 4), 0, 0));
    // 10 % of 500 × 120 is 50 and 12: the inner 400 × 96 from (130, 72).
    const measured = sharpness(picture, { x1: 80, y1: 60, x2: 580, y2: 180 });
    const expected = naive(picture, 130, 72, 400, 96);
    assert.equal(Math.abs(measured / expected - 1) < 0.01, true, `${measured} is not about ${expected}`);
  });

  it('measures what is inside the frame of a box that reaches over its edge', () => {
    const picture = paint(260, 100, (x, y) => patterns.stripes(x, y, 0, 0));
    // Shrunk to x from -40 + 50 = 10 … hence cut at the right edge: 410 becomes 260.
    const measured = sharpness(picture, { x1: -40, y1: 10, x2: 460, y2: 90 });
    const expected = naive(picture, 10, 18, 250, 64);
    assert.equal(Math.abs(measured / expected - 1) < 0.01, true, `${measured} is not about ${expected}`);
  });

  it('falls when the same plate is blurred', () => {
    const sharp = paint(240, 60, (x, y) => patterns.stripes(x, y, 0, 0));
    const blurred = paint(240, 60, (x, y) => areaMean(sharp, x - 3, y - 3, x + 4, y + 4));
    const box = { x1: 0, y1: 0, x2: 240, y2: 60 };
    assert.equal(sharpness(blurred, box) < sharpness(sharp, box) / 4, true);
  });

  const picture = paint(100, 60, (x, y) => patterns.stripes(x, y, 0, 0));
  for (const { name, box } of [
    { name: '10 pixels high after shrinking', box: { x1: 0, y1: 0, x2: 80, y2: 12.5 } },
    { name: '10 pixels wide after shrinking', box: { x1: 0, y1: 0, x2: 12.5, y2: 50 } },
    { name: 'outside the frame', box: { x1: 200, y1: 0, x2: 300, y2: 50 } },
    { name: 'mostly outside the frame', box: { x1: 92, y1: 0, x2: 192, y2: 50 } },
    { name: 'inside out', box: { x1: 80, y1: 40, x2: 10, y2: 5 } },
    { name: 'not a number', box: { x1: NaN, y1: 0, x2: 80, y2: 40 } },
  ]) {
    it(`is -1 for a box that is ${name}`, () => assert.equal(sharpness(picture, box), -1));
  }

  it('judges 11 pixels', () => {
    assert.equal(sharpness(picture, { x1: 0, y1: 0, x2: 80, y2: 13.75 }) > 0, true);
  });
});
