import assert from 'node:assert/strict';
import type { Box, Corners } from '../../src/detection/types.js';
import { fillTensor } from '../../src/image/tensor.js';
import { boxToFrame, toFrame } from '../../src/image/transform.js';
import type { ModelInput } from '../../src/models/manifest.js';
import { applyHomography, areaMean, bilinear, paint, psnr, solveHomography, type Picture } from './reference.js';

const INPUT: ModelInput = {
  width: 640,
  height: 640,
  colour: 'RGB',
  layout: 'NHWC',
  type: 'uint8',
  fit: 'letterbox',
  fill: [114, 115, 116],
};
const STRETCH: ModelInput = { ...INPUT, fit: 'stretch' };

/** Smooth shading, hard edges, thin lines and a little noise: roughly what a street looks like to a resampler. */
function street(width: number, height: number): Picture {
  let seed = 12345;
  return paint(width, height, (x, y) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const noise = ((seed >>> 16) % 9) - 4;
    const shade = 110 + 60 * Math.sin(x / 90) * Math.cos(y / 70);
    const block = (Math.floor(x / 60) + Math.floor(y / 45)) % 3 === 0 ? 40 : 0;
    const line = x % 97 < 2 || y % 83 < 2 ? -50 : 0;
    return [shade + block + line + noise, shade + block - 10 + noise, shade + line + 20 + noise];
  });
}

function run(
  picture: Picture,
  view: Parameters<typeof fillTensor>[1],
  input: ModelInput,
  width: number,
  height: number,
) {
  const tensor = new Uint8Array(width * height * 3);
  const transform = fillTensor(picture, view, input, { width, height }, tensor, 0);
  const at = (x: number, y: number): number[] => [...tensor.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  return { tensor, transform, at };
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.equal(difference <= tolerance, true, `${what}[${i}]: ${actual[i]} is not ${expected[i]} ± ${tolerance}`);
  }
}

describe('fillTensor with a whole frame', () => {
  const shrinks = [
    { from: [16, 8], to: [8, 4] },
    { from: [18, 12], to: [6, 4] },
  ] as const;
  for (const { from, to } of shrinks) {
    it(`gives the mean of each block when ${from.join(' × ')} becomes ${to.join(' × ')}`, () => {
      const picture = paint(from[0], from[1], (x, y) => [(x * 37 + y * 11) % 256, (x * y * 7) % 256, 255 - x * 3]);
      const block = from[0] / to[0];
      const { at } = run(picture, undefined, STRETCH, to[0], to[1]);
      for (let y = 0; y < to[1]; y++) {
        for (let x = 0; x < to[0]; x++) {
          const mean = areaMean(picture, x * block, y * block, (x + 1) * block, (y + 1) * block);
          assertNear(at(x, y), mean, 0.5, `pixel ${x}, ${y}`);
        }
      }
    });
  }

  // What the design calls "area-like": the limit is 3 dB below the least that was measured on a real traffic picture (40 dB).
  for (const width of [1280, 960, 800, 640, 512, 416, 320, 192]) {
    it(`comes within 37 dB of the exact area average from 1920 to ${width} pixels`, () => {
      const picture = street(1920, 270);
      const shrink = 1920 / width;
      const height = Math.round(270 / shrink);
      const stretch = 270 / height;
      const { tensor } = run(picture, undefined, STRETCH, width, height);
      const exact: number[] = [];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          exact.push(...areaMean(picture, x * shrink, y * stretch, (x + 1) * shrink, (y + 1) * stretch));
        }
      }
      const quality = psnr(tensor, exact);
      assert.equal(quality >= 37, true, `${quality.toFixed(1)} dB`);
    });
  }

  for (const [width, height] of [
    [45, 33],
    [20, 16],
    [17, 9],
    [26, 40],
  ] as const) {
    it(`interpolates bilinearly between pixel centres from 20 × 12 to ${width} × ${height}`, () => {
      const picture = paint(20, 12, (x, y) => [(x * 13 + y * 29) % 256, (x * 7) % 256, (y * 21 + x) % 256]);
      const { at } = run(picture, undefined, STRETCH, width, height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const expected = bilinear(picture, ((x + 0.5) * 20) / width, ((y + 0.5) * 12) / height);
          // Weights are rounded to 256ths: off by up to 1/512 of 255 along each axis, and rounding.
          assertNear(at(x, y), expected, 1.5, `pixel ${x}, ${y}`);
        }
      }
    });
  }

  it('averages along one axis while it interpolates along the other', () => {
    const picture = paint(20, 6, (x, y) => [x * 12, y * 40, (x + y) * 9]);
    const halved = paint(10, 6, (x, y) => areaMean(picture, 2 * x, y, 2 * x + 2, y + 1));
    const { at } = run(picture, undefined, STRETCH, 10, 15);
    for (let y = 0; y < 15; y++) {
      for (let x = 0; x < 10; x++)
        assertNear(at(x, y), bilinear(halved, x + 0.5, ((y + 0.5) * 6) / 15), 1.5, `${x}, ${y}`);
    }
  });

  it('letterboxes 1920 × 1080 into 640 × 640: 140 rows of padding, then the picture, then 140 rows', () => {
    const picture = paint(1920, 1080, () => [10, 20, 30]);
    const { at, transform } = run(picture, undefined, INPUT, 640, 640);
    for (const y of [0, 139, 500, 639]) assert.deepEqual(at(320, y), [114, 115, 116], `row ${y}`);
    for (const y of [140, 499])
      assert.deepEqual(
        [at(0, y), at(639, y)],
        [
          [10, 20, 30],
          [10, 20, 30],
        ],
        `row ${y}`,
      );
    assert.deepEqual(toFrame(transform, 320, 320), { x: 960, y: 540 });
    const whole = boxToFrame(transform, { x1: 0, y1: 140, x2: 640, y2: 500 });
    assertNear(Object.values(whole), [0, 0, 1920, 1080], 1e-9, 'box');
  });

  it('pads an upright picture left and right, in the grey 114 when the manifest names no colour', () => {
    const unfilled: ModelInput = { ...INPUT };
    delete unfilled.fill;
    const { at } = run(
      paint(10, 40, () => [1, 2, 3]),
      undefined,
      unfilled,
      32,
      32,
    );
    for (const x of [0, 11, 20, 31]) assert.deepEqual(at(x, 16), [114, 114, 114], `column ${x}`);
    for (const x of [12, 19]) assert.deepEqual(at(x, 16), [1, 2, 3], `column ${x}`);
  });

  it('reads the last pixel of memory that ends with the picture', () => {
    const colour = (x: number, y: number): [number, number, number] => [x * 40, y * 60, 200];
    const tight = paint(6, 4, colour, 0);
    for (const [width, height] of [
      [3, 2],
      [6, 4],
      [12, 8],
    ] as const) {
      assert.deepEqual(
        run(tight, undefined, STRETCH, width, height).tensor,
        run(paint(6, 4, colour), undefined, STRETCH, width, height).tensor,
      );
    }
  });

  it('takes an array that is longer than the picture', () => {
    const picture = paint(6, 4, (x, y) => [x * 40, y * 60, 200]);
    const longer = { ...picture, pixels: new Uint8Array(picture.pixels.buffer) };
    assert.deepEqual(run(longer, undefined, STRETCH, 3, 2).tensor, run(picture, undefined, STRETCH, 3, 2).tensor);
  });

  it('shows a picture of one pixel', () => {
    const { tensor } = run(
      paint(1, 1, () => [9, 8, 7], 0),
      undefined,
      INPUT,
      4,
      4,
    );
    assert.deepEqual([...tensor], Array.from({ length: 16 }, () => [9, 8, 7]).flat());
  });
});

describe('fillTensor with a box', () => {
  it('maps a box there and back within a thousandth of a pixel', () => {
    const picture = paint(400, 300, () => [0, 0, 0]);
    const view = { box: { x1: 50.5, y1: 40.25, x2: 250.5, y2: 140.25 }, margin: 0.1 };
    const { transform } = run(picture, view, INPUT, 320, 320);
    // By hand: 200 × 100 plus 10 % a side is 240 × 120 from (30.5, 30.25); 320 / 240 = 4/3 per frame pixel; 160 rows high, 80 rows of padding.
    const frameBox: Box = { x1: 100, y1: 50, x2: 130, y2: 80 };
    const inputBox: Box = {
      x1: ((100 - 30.5) * 4) / 3,
      y1: ((50 - 30.25) * 4) / 3 + 80,
      x2: ((130 - 30.5) * 4) / 3,
      y2: ((80 - 30.25) * 4) / 3 + 80,
    };
    assertNear(Object.values(boxToFrame(transform, inputBox)), Object.values(frameBox), 1e-3, 'box');
  });

  it('shows exactly the pixels of the box when nothing is resized', () => {
    const picture = paint(30, 20, (x, y) => [x, y, x + y]);
    const { at } = run(picture, { box: { x1: 5, y1: 3, x2: 13, y2: 9 } }, STRETCH, 8, 6);
    for (let y = 0; y < 6; y++) for (let x = 0; x < 8; x++) assert.deepEqual(at(x, y), [x + 5, y + 3, x + y + 8]);
  });

  it('fills what lies outside the frame on all four sides', () => {
    const picture = paint(10, 8, () => [200, 100, 50]);
    const { at } = run(picture, { box: { x1: -5, y1: -4, x2: 15, y2: 12 } }, STRETCH, 40, 32);
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 40; x++) {
        const isInside = x >= 10 && x < 30 && y >= 8 && y < 24;
        assert.deepEqual(at(x, y), isInside ? [200, 100, 50] : [114, 115, 116], `${x}, ${y}`);
      }
    }
  });

  it('is nothing but padding for a box that misses the frame', () => {
    const { tensor } = run(
      paint(10, 8, () => [1, 2, 3]),
      { box: { x1: 20, y1: 20, x2: 30, y2: 30 } },
      STRETCH,
      4,
      4,
    );
    assert.deepEqual([...tensor], Array.from({ length: 16 }, () => [114, 115, 116]).flat());
  });

  it('widens a box without size to one pixel', () => {
    const { transform } = run(
      paint(10, 8, () => [1, 2, 3]),
      { box: { x1: 4, y1: 4, x2: 4, y2: 4 } },
      STRETCH,
      4,
      4,
    );
    assert.deepEqual(boxToFrame(transform, { x1: 0, y1: 0, x2: 4, y2: 4 }), { x1: 3.5, y1: 3.5, x2: 4.5, y2: 4.5 });
  });
});

describe('fillTensor with four corners', () => {
  const quad: [number, number][] = [
    [62, 40],
    [231, 61],
    [222, 118],
    [55, 88],
  ];
  const corners = quad.map(([x, y]) => ({ x, y })) as Corners;

  it('straightens a checker pattern that was drawn in perspective', () => {
    const columns = 8;
    const rows = 3;
    const toPattern = solveHomography(quad, [
      [0, 0],
      [columns, 0],
      [columns, rows],
      [0, rows],
    ]);
    const picture = paint(300, 160, (x, y) => {
      const [u, v] = applyHomography(toPattern, x + 0.5, y + 0.5);
      if (u < 0 || v < 0 || u >= columns || v >= rows) return [0, 0, 255];
      return (Math.floor(u) + Math.floor(v)) % 2 === 0 ? [250, 250, 250] : [10, 10, 10];
    });
    const { at } = run(picture, { corners }, STRETCH, 160, 48);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const expected = (row + column) % 2 === 0 ? 250 : 10;
        for (const [dx, dy] of [
          [10, 8],
          [4, 4],
          [15, 4],
          [4, 11],
          [15, 11],
        ] as const) {
          const found = at(column * 20 + dx, row * 16 + dy);
          assertNear(found, [expected, expected, expected], 2, `field ${column}, ${row} at ${dx}, ${dy}`);
        }
      }
    }
  });

  for (const margin of [0, 0.08, 0.5]) {
    it(`maps the input back to the frame with a margin of ${margin}`, () => {
      const { transform } = run(
        paint(300, 160, () => [0, 0, 0]),
        { corners, margin },
        STRETCH,
        160,
        48,
      );
      const left = (160 * margin) / (1 + 2 * margin);
      const top = (48 * margin) / (1 + 2 * margin);
      const inner: [number, number][] = [
        [left, top],
        [160 - left, top],
        [160 - left, 48 - top],
        [left, 48 - top],
      ];
      const expected = solveHomography(inner, quad);
      for (const [x, y] of [...inner, [80, 24], [0, 0], [160, 48]] as [number, number][]) {
        const point = toFrame(transform, x, y);
        assertNear([point.x, point.y], applyHomography(expected, x, y), 1e-6, `${x}, ${y}`);
      }
    });
  }

  it('averages a large plate: stripes of one pixel become grey', () => {
    const picture = paint(700, 200, (x) => (x % 2 === 0 ? [255, 255, 255] : [0, 0, 0]));
    const large: Corners = [
      { x: 20, y: 20 },
      { x: 660, y: 20.5 },
      { x: 660, y: 180 },
      { x: 20, y: 180.5 },
    ];
    const { at } = run(picture, { corners: large }, STRETCH, 160, 48);
    for (const x of [5, 80, 150]) assertNear(at(x, 24), [127.5, 127.5, 127.5], 8, `column ${x}`);
  });

  it('agrees with the upright path for a quad that is a rectangle', () => {
    const picture = paint(60, 40, (x, y) => [(x * 4) % 256, y * 6, 120]);
    const box = { x1: 12, y1: 8, x2: 44, y2: 24 };
    const rectangle: Corners = [
      { x: 12, y: 8 },
      { x: 44, y: 8 },
      { x: 44, y: 24 },
      { x: 12, y: 24 },
    ];
    assertNear(
      run(picture, { corners: rectangle, margin: 0.05 }, INPUT, 64, 64).tensor,
      run(picture, { box, margin: 0.05 }, INPUT, 64, 64).tensor,
      1,
      'value',
    );
  });

  it('fills where the quad reaches over the frame', () => {
    const over: Corners = [
      { x: -20, y: -5 },
      { x: 20, y: -6 },
      { x: 20, y: 14 },
      { x: -20, y: 15 },
    ];
    const { at } = run(
      paint(40, 30, () => [200, 100, 50]),
      { corners: over },
      STRETCH,
      40,
      20,
    );
    assert.deepEqual(at(5, 10), [114, 115, 116]);
    assert.deepEqual(at(30, 0), [114, 115, 116]);
    assert.deepEqual(at(30, 15), [200, 100, 50]);
  });

  const bent: { name: string; corners: [number, number][] }[] = [
    {
      name: 'crossing',
      corners: [
        [10, 10],
        [40, 30],
        [40, 10],
        [10, 30],
      ],
    },
    {
      name: 'all on a line',
      corners: [
        [10, 10],
        [20, 15],
        [30, 20],
        [40, 25],
      ],
    },
    {
      name: 'one inside the triangle of the others',
      corners: [
        [10, 10],
        [40, 10],
        [20, 15],
        [10, 40],
      ],
    },
    {
      name: 'all in one place',
      corners: [
        [10, 10],
        [10, 10],
        [10, 10],
        [10, 10],
      ],
    },
  ];
  for (const { name, corners: points } of bent) {
    it(`shows the upright box around corners that cannot be straightened (${name})`, () => {
      const view = { corners: points.map(([x, y]) => ({ x, y })) as Corners };
      const { transform } = run(
        paint(60, 50, () => [5, 5, 5]),
        view,
        STRETCH,
        16,
        16,
      );
      const xs = points.map(([x]) => x);
      const ys = points.map(([, y]) => y);
      const grow = Math.max(...xs) === Math.min(...xs) ? 0.5 : 0;
      assert.deepEqual(boxToFrame(transform, { x1: 0, y1: 0, x2: 16, y2: 16 }), {
        x1: Math.min(...xs) - grow,
        y1: Math.min(...ys) - grow,
        x2: Math.max(...xs) + grow,
        y2: Math.max(...ys) + grow,
      });
    });
  }
});

describe('fillTensor in the layout of the manifest', () => {
  const picture = street(90, 60);
  const views = [
    undefined,
    { box: { x1: -10, y1: 5, x2: 60, y2: 80 } },
    { box: { x1: 20, y1: 20, x2: 30, y2: 25 } },
    {
      corners: [
        { x: 10, y: 12 },
        { x: 95, y: 15 },
        { x: 80, y: 40 },
        { x: 8, y: 33 },
      ] as Corners,
    },
  ];
  const normalisation = {
    mean: [100, 110, 120] as [number, number, number],
    scale: [50, 60, 70] as [number, number, number],
  };
  for (const [index, view] of views.entries()) {
    for (const colour of ['RGB', 'BGR'] as const) {
      for (const layout of ['NHWC', 'NCHW'] as const) {
        for (const type of ['uint8', 'float32'] as const) {
          it(`writes ${colour} ${layout} ${type} for view ${index} as a rearrangement of the plain bytes`, () => {
            const size = { width: 32, height: 24 };
            const plain = run(picture, view, INPUT, 32, 24).tensor;
            const input: ModelInput = {
              ...INPUT,
              colour,
              layout,
              type,
              ...(type === 'float32' ? { normalisation } : {}),
            };
            const count = 32 * 24 * 3;
            const target = type === 'uint8' ? new Uint8Array(count + 20) : new Float32Array(count + 20);
            target.fill(77);
            fillTensor(picture, view, input, size, target, 10);
            for (let y = 0; y < 24; y++) {
              for (let x = 0; x < 32; x++) {
                for (let channel = 0; channel < 3; channel++) {
                  const fromRgb = colour === 'RGB' ? channel : 2 - channel;
                  const byte = plain[(y * 32 + x) * 3 + fromRgb]!;
                  const at = layout === 'NHWC' ? (y * 32 + x) * 3 + channel : channel * 32 * 24 + y * 32 + x;
                  const mean = normalisation.mean[channel]!;
                  const scale = normalisation.scale[channel]!;
                  const expected = type === 'uint8' ? byte : (byte - mean) / scale;
                  // Floats keep the fraction of an average that bytes round away: half a step.
                  const tolerance = type === 'uint8' ? 0 : 0.51 / scale;
                  assertNear([target[10 + at]!], [expected], tolerance, `${x}, ${y}, ${channel}`);
                }
              }
            }
            assert.deepEqual([...target.slice(0, 10), ...target.slice(10 + count)], Array(20).fill(77));
          });
        }
      }
    }
  }
});

describe('fillTensor with arguments it cannot use', () => {
  const picture = paint(8, 8, () => [0, 0, 0]);
  const size = { width: 4, height: 4 };
  const target = new Uint8Array(48);
  const cases: [string, () => unknown, RegExp][] = [
    [
      'a box that is not a number',
      () => fillTensor(picture, { box: { x1: NaN, y1: 0, x2: 1, y2: 1 } }, INPUT, size, target, 0),
      /finite coordinates.*NaN/,
    ],
    [
      'corners at infinity',
      () =>
        fillTensor(
          picture,
          {
            corners: [
              { x: 0, y: 0 },
              { x: Infinity, y: 0 },
              { x: 1, y: 1 },
              { x: 0, y: 1 },
            ],
          },
          INPUT,
          size,
          target,
          0,
        ),
      /finite coordinates.*Infinity/,
    ],
    [
      'the wrong kind of array',
      () => fillTensor(picture, undefined, INPUT, size, new Float32Array(48), 0),
      /Expected a Uint8Array.*Float32Array/,
    ],
    ['a tensor that is too short', () => fillTensor(picture, undefined, INPUT, size, target, 1), /room for 48 values/],
    [
      'fewer pixels than the size says',
      () => fillTensor({ ...picture, height: 9 }, undefined, INPUT, size, target, 0),
      /Expected 216 bytes.*192/,
    ],
  ];
  for (const [name, call, message] of cases) {
    it(`names what was expected for ${name}`, () => {
      assert.throws(
        call,
        (error: Error & { code?: string }) => error.code === 'ALPR_IMAGE_ARGUMENT' && message.test(error.message),
      );
    });
  }
});
