import assert from 'node:assert/strict';
import { paint } from '../../../src/device/cpu/paint.js';
import type { Cut, Drawing, Shape } from '../../../src/overlay/drawing.js';
import { seededRandom } from '../../support/random.js';

const [width, height] = [120, 80];
const box = { x1: 40, y1: 30, x2: 80, y2: 42 };

function frame() {
  const random = seededRandom(3);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256));
  return { pixels, width, height };
}

function painted(drawing: Drawing): Uint8Array {
  const target = new SharedArrayBuffer(width * height * 3 + 64);
  paint(frame(), target, drawing);
  return new Uint8Array(target, 0, width * height * 3);
}

const isInside = (i: number): boolean => {
  const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
  return x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
};

describe('Painting a frame', () => {
  const cut = (): Cut => ({
    corners: [
      { x: box.x1, y: box.y1 },
      { x: box.x2, y: box.y1 },
      { x: box.x2, y: box.y2 },
      { x: box.x1, y: box.y2 },
    ],
    pixels: new SharedArrayBuffer(40 * 12 * 3),
    width: 40,
    height: 12,
  });
  const original = frame().pixels;

  it('hides regions in the copy, touches nothing else and leaves the frame alone', () => {
    const source = frame();
    const target = new SharedArrayBuffer(width * height * 3);
    paint(source, target, { hidden: [{ box }], shapes: [] });
    assert.deepEqual(source.pixels, original);
    const copy = new Uint8Array(target);
    let changed = 0;
    for (let i = 0; i < copy.length; i++) {
      if (!isInside(i)) assert.equal(copy[i], original[i]);
      else if (copy[i] !== original[i]) changed++;
    }
    assert.ok(changed > 0.9 * 40 * 12 * 3);
  });

  it('cuts pictures out of a larger picture where there is one', () => {
    const larger = { pixels: new SharedArrayBuffer(240 * 160 * 3 + 99), width: 240, height: 160 };
    new Uint8Array(larger.pixels).forEach((_, i, all) => (all[i] = i % 251));
    // Pixel for pixel: as large as what it is cut from.
    const one: Cut = {
      ...cut(),
      corners: cut().corners.map(({ x, y }) => ({ x: x + 100, y: y + 90 })) as Cut['corners'],
    };
    painted({ cuts: [{ ...one, from: larger }], shapes: [] });
    const cutOut = new Uint8Array(one.pixels);
    for (const [x, y] of [
      [0, 0],
      [39, 0],
      [17, 6],
      [39, 11],
    ] as const) {
      assert.equal(cutOut[(y * 40 + x) * 3 + 1], (((120 + y) * 240 + 140 + x) * 3 + 1) % 251, `${x}, ${y}`);
    }
  });

  it('cuts pictures out of the frame as it came, not as it is hidden and drawn upon', () => {
    const one = cut();
    const drawn: Shape = {
      ...{ kind: 'label', x: 40, y: 30, width: 40, height: 12, accent: [0, 0, 0], bar: 40, lines: [] },
    };
    painted({ cuts: [one], hidden: [{ box }], shapes: [drawn] });
    const expected = original.filter((_, i) => isInside(i));
    assert.deepEqual(new Uint8Array(one.pixels), expected);
  });

  it('shows a picture that it has just cut out', () => {
    const one = cut();
    const shown: Shape = {
      ...{ kind: 'picture', x: 0, y: 0, width: 40, height: 12, pixelWidth: 40, pixelHeight: 12, pixels: one.pixels },
    };
    const copy = painted({ cuts: [one], shapes: [shown] });
    const row = (pixels: Uint8Array, x: number, y: number) =>
      pixels.slice((y * width + x) * 3, (y * width + x + 40) * 3);
    for (let y = 0; y < 12; y++) assert.deepEqual(row(copy, 0, y), row(original, 40, 30 + y));
  });

  it('draws over what is hidden, and hides nothing of what is drawn', () => {
    const shapes: Shape[] = [
      {
        kind: 'outline',
        points: [40, 30, 80, 30, 80, 42, 40, 42],
        colour: [255, 0, 0],
        width: 3,
        rim: 0,
        dash: 0,
        fill: 0,
      },
    ];
    const copy = painted({ hidden: [{ box }], shapes });
    assert.deepEqual([...copy.slice((30 * width + 60) * 3, (30 * width + 60) * 3 + 3)], [255, 0, 0]);
  });

  it('fails rather than to show what should be hidden when it cannot tell where', () => {
    assert.throws(() => painted({ hidden: [{ box: { ...box, x1: NaN } }], shapes: [] }), /region to blur 1/);
  });
});
