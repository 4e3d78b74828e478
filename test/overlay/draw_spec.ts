import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { clipLine, drawLine, fillPolygon, fillRectangle } from '../../src/overlay/canvas.js';
import { drawOverlay } from '../../src/overlay/draw.js';
import type { Canvas, Drawing, Outline, Trail } from '../../src/overlay/drawing.js';

const red = [255, 0, 0] as const;

function canvas(width: number, height: number, grey = 100): Canvas {
  return { width, height, pixels: new Uint8Array(width * height * 3).fill(grey) };
}

function pixel(target: Canvas, x: number, y: number): number[] {
  const i = (y * target.width + x) * 3;
  return [...target.pixels.subarray(i, i + 3)];
}

function changed(target: Canvas, grey = 100): { x: number; y: number }[] {
  const found = [];
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      if (pixel(target, x, y).some((value) => value !== grey)) found.push({ x, y });
    }
  }
  return found;
}

function outline(points: number[], more: Partial<Outline> = {}): Drawing {
  return { shapes: [{ kind: 'outline', points, colour: red, width: 3, rim: 1, dash: 0, fill: 0, ...more }] };
}

describe('overlay drawing', () => {
  it('fills exactly the pixels of a rectangle, mixed by opacity', () => {
    const target = canvas(10, 8);
    fillRectangle(target, 2, 3, 5, 6, red, 0.5);
    assert.equal(changed(target).length, 9);
    assert.deepEqual(pixel(target, 2, 3), [177, 50, 50]);
    assert.deepEqual(pixel(target, 4, 5), [177, 50, 50]);
    assert.deepEqual(pixel(target, 5, 5), [100, 100, 100]);
  });

  it('draws the edge of a box in its colour and leaves inside and outside alone', () => {
    const target = canvas(100, 80);
    drawOverlay(target, outline([20, 20, 80, 20, 80, 60, 20, 60]));
    for (const [x, y] of [
      [50, 20],
      [50, 60],
      [20, 40],
      [80, 40],
    ]) {
      assert.deepEqual(pixel(target, x!, y!), [255, 0, 0], `${x},${y}`);
    }
    assert.deepEqual(pixel(target, 50, 40), [100, 100, 100]);
    // Half of 3 + 2 × 1 pixels, and half a pixel of softness.
    for (const { x, y } of changed(target)) assert.ok(x >= 17 && x <= 82 && y >= 17 && y <= 62, `${x},${y}`);
  });

  const straight: [string, [number, number, number, number], number, Record<string, number>][] = [
    // Red goes from 100 to 255 where covered whole, to 177 where half.
    ['on the pixel grid', [10.5, 4, 10.5, 8], 1, { '10,5': 255, '9,5': 100, '11,5': 100, '10,3': 177, '10,8': 177 }],
    ['between two columns', [10, 4, 10, 8], 1, { '10,5': 177, '9,5': 177, '8,5': 100, '11,5': 100 }],
    ['along a row', [4, 6, 9, 6], 2, { '5,5': 255, '5,6': 255, '5,4': 100, '5,7': 100, '3,5': 255, '2,5': 100 }],
    ['thinner than a pixel', [4, 6.5, 9, 6.5], 0.5, { '5,6': 177, '5,5': 100, '5,7': 100 }],
    ['as a dot', [6.5, 6.5, 6.5, 6.5], 1, { '6,6': 255, '5,6': 100, '7,6': 100 }],
  ];
  for (const [name, line, width, expected] of straight) {
    it(`covers the pixels of a straight line ${name} by their share of it`, () => {
      const target = canvas(20, 12);
      drawLine(target, ...line, width, red);
      for (const [place, value] of Object.entries(expected)) {
        const [x, y] = place.split(',').map(Number);
        assert.equal(pixel(target, x!, y!)[0], value, place);
      }
    });
  }

  it('draws a slanted line where its pixels are nearer than half its width, and nowhere else', () => {
    const target = canvas(60, 50);
    const [x1, y1, x2, y2, width] = [8.5, 40.2, 50.1, 11.7, 4];
    drawLine(target, x1, y1, x2, y2, width, red);
    for (let y = 0; y < 50; y++) {
      for (let x = 0; x < 60; x++) {
        // Distance by brute force over points of the line.
        let distance = Infinity;
        for (let t = 0; t <= 1; t += 0.002) {
          distance = Math.min(distance, Math.hypot(x + 0.5 - x1 - t * (x2 - x1), y + 0.5 - y1 - t * (y2 - y1)));
        }
        if (distance < 1.45) assert.deepEqual(pixel(target, x, y), [255, 0, 0], `${x},${y} at ${distance}`);
        if (distance > 2.55) assert.deepEqual(pixel(target, x, y), [100, 100, 100], `${x},${y} at ${distance}`);
      }
    }
  });

  it('fills the inside of a slanted quad and nothing else', () => {
    const target = canvas(60, 50);
    const points = [10.2, 12.9, 48.7, 5.1, 52.3, 30.8, 14.1, 41.3];
    fillPolygon(target, points, red, 1);
    for (let y = 0; y < 50; y++) {
      for (let x = 0; x < 60; x++) {
        // Convex, clockwise on the screen: inside is right of every edge.
        let margin = Infinity;
        for (let i = 0; i < 8; i += 2) {
          const [ax, ay, bx, by] = [points[i]!, points[i + 1]!, points[(i + 2) % 8]!, points[(i + 3) % 8]!];
          const cross = (bx - ax) * (y + 0.5 - ay) - (by - ay) * (x + 0.5 - ax);
          margin = Math.min(margin, cross / Math.hypot(bx - ax, by - ay));
        }
        if (margin > 1) assert.deepEqual(pixel(target, x, y), [255, 0, 0], `${x},${y}`);
        if (margin < -1) assert.deepEqual(pixel(target, x, y), [100, 100, 100], `${x},${y}`);
      }
    }
  });

  it('breaks a dashed line into dashes and gaps of about the same length', () => {
    const target = canvas(220, 40);
    drawOverlay(target, outline([10, 20, 210, 20, 110, 20], { dash: 10, rim: 0, width: 2 }));
    const on = Array.from({ length: 190 }, (_, i) => pixel(target, 15 + i, 20)[0] === 255).filter(Boolean).length;
    assert.ok(on > 60 && on < 150, `${on} of 190 pixels`);
    assert.deepEqual(pixel(target, 10, 20), [255, 0, 0], 'begins with a dash');
  });

  const outside: [string, number[]][] = [
    ['left of it', [-500, 10, -400, 10, -400, 30, -500, 30]],
    ['far away', [1e9, 1e9, 2e9, 1e9, 2e9, 2e9, 1e9, 2e9]],
    ['all around it', [-1e7, -1e7, 1e7, -1e7, 1e7, 1e7, -1e7, 1e7]],
    ['not numbers', [NaN, 10, 20, 10, 20, 30, NaN, 30]],
    ['endless', [10, 10, Infinity, 10, Infinity, 30, 10, 30]],
    ['too few', [10, 10, 20, 20]],
  ];
  for (const [name, points] of outside) {
    it(`draws no pixel of a box that is ${name}`, () => {
      const target = canvas(40, 40);
      drawOverlay(target, outline(points, { dash: 5 }));
      drawOverlay(target, outline(points));
      assert.equal(changed(target).length, 0);
    });
  }

  it('draws the visible part of a box that reaches over the edge', () => {
    const target = canvas(40, 40);
    drawOverlay(target, outline([-20, 10, 20, 10, 20, 100, -20, 100], { fill: 0.5 }));
    assert.deepEqual(pixel(target, 5, 10), [255, 0, 0]);
    assert.deepEqual(pixel(target, 20, 30), [255, 0, 0]);
    assert.notDeepEqual(pixel(target, 5, 35), [100, 100, 100]);
    assert.deepEqual(pixel(target, 30, 30), [100, 100, 100]);
  });

  it('draws a trail that grows stronger, with a rim, and not back to its beginning', () => {
    const target = canvas(100, 60);
    const way: Trail = { kind: 'trail', points: [10, 50, 50, 50, 90, 10], colour: red, width: 3, rim: 1, fade: 0 };
    drawOverlay(target, { shapes: [way] });
    const [first, second] = [pixel(target, 25, 50), pixel(target, 70, 30)];
    assert.ok(first[0]! > 120 && first[0]! < 240 && first[1]! > 20, `${first}`);
    assert.deepEqual(second, [255, 0, 0]);
    assert.deepEqual(pixel(target, 50, 30), [100, 100, 100], 'between beginning and end');
    for (const points of [[], [1, 1], [1, 2, NaN, 4]]) {
      const empty = canvas(20, 20);
      drawOverlay(empty, { shapes: [{ ...way, points }] });
      assert.deepEqual(changed(empty), []);
    }
  });

  describe('of small pictures', () => {
    /** Two by two pixels: red, green, blue, white. */
    const pixels = new SharedArrayBuffer(12);
    new Uint8Array(pixels).set([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
    const small = { kind: 'picture', x: 4, y: 3, width: 8, height: 6, pixels, pixelWidth: 2, pixelHeight: 2 } as const;

    it('puts them where they belong, scaled, and nowhere else', () => {
      const target = canvas(20, 12);
      drawOverlay(target, { shapes: [small] });
      assert.deepEqual(
        [pixel(target, 4, 3), pixel(target, 11, 3), pixel(target, 4, 8), pixel(target, 11, 8)],
        [
          [255, 0, 0],
          [0, 255, 0],
          [0, 0, 255],
          [255, 255, 255],
        ],
      );
      const touched = changed(target);
      assert.equal(touched.length, 48);
      for (const { x, y } of touched) assert.ok(x >= 4 && x < 12 && y >= 3 && y < 9);
    });

    it('blends from pixel to pixel', () => {
      const target = canvas(20, 12);
      drawOverlay(target, { shapes: [{ ...small, width: 10 }] });
      const row = Array.from({ length: 10 }, (_, x) => pixel(target, 4 + x, 3)[0]!);
      for (const [n, value] of row.entries()) if (n > 0) assert.ok(value <= row[n - 1]!, row.join(' '));
      assert.ok(new Set(row).size > 4);
    });

    for (const [name, x, y, count] of [
      ['over the left edge', -4, 3, 24],
      ['over the lower right corner', 16, 9, 12],
      ['beside the canvas', 40, 40, 0],
    ] as const) {
      it(`draws the visible part of one ${name}`, () => {
        const target = canvas(20, 12);
        drawOverlay(target, { shapes: [{ ...small, x, y }] });
        assert.equal(changed(target).length, count);
      });
    }

    for (const [name, wrong] of [
      ['too little memory', { pixelWidth: 3 }],
      ['no width', { width: 0 }],
      ['a size that is no number', { height: NaN }],
    ] as const) {
      it(`leaves away one with ${name}`, () => {
        const target = canvas(20, 12);
        drawOverlay(target, { shapes: [{ ...small, ...wrong }] });
        assert.deepEqual(changed(target), []);
      });
    }
  });

  it('draws on a picture of one pixel', () => {
    const target = canvas(1, 1);
    drawOverlay(target, {
      shapes: [
        ...outline([0, 0, 1, 0, 1, 1, 0, 1]).shapes,
        {
          kind: 'label',
          x: 0,
          y: 0,
          width: 30,
          height: 12,
          accent: red,
          bar: 2,
          lines: [{ text: 'A', x: 4, y: 2, size: 8, colour: red }],
        },
      ],
    });
    assert.equal(changed(target).length, 1);
  });

  it('keeps text inside the label that was made for it', () => {
    const target = canvas(200, 60);
    drawOverlay(target, {
      shapes: [
        {
          kind: 'label',
          x: 20,
          y: 10,
          width: 120,
          height: 30,
          accent: red,
          bar: 3,
          lines: [{ text: 'gB1', x: 28, y: 16, size: 12, colour: [255, 255, 255] }],
        },
      ],
    });
    for (const { x, y } of changed(target)) assert.ok(x >= 20 && x < 140 && y >= 10 && y < 40, `${x},${y}`);
    assert.deepEqual(pixel(target, 21, 20), [255, 0, 0], 'the bar');
    assert.ok(target.pixels.some((value) => value === 255));
  });

  it('clips lines to a rectangle', () => {
    const bounds = { left: 0, top: 0, right: 10, bottom: 10 };
    assert.deepEqual(clipLine(-10, 5, 20, 5, bounds), [0, 5, 10, 5]);
    assert.deepEqual(clipLine(5, -5, 5, 5, bounds), [5, 0, 5, 5]);
    assert.deepEqual(clipLine(2, 3, 4, 5, bounds), [2, 3, 4, 5]);
    assert.equal(clipLine(-5, 2, 2, -5, bounds), null);
    assert.equal(clipLine(20, 0, 20, 10, bounds), null);
  });
});
