import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import { composeDrawing, type OverlayOptions } from '../../src/overlay/compose.js';
import { drawOverlay } from '../../src/overlay/draw.js';
import { overlayColours } from '../../src/overlay/style.js';
import { Trails } from '../../src/overlay/trails.js';
import { readLine } from '../../src/events/line-crossing.js';
import type { Drawing, Label, Outline } from '../../src/overlay/drawing.js';

const frame = { width: 1280, height: 720 };
const everything: OverlayOptions = { showVehicles: true, showPlates: true, showText: true, debug: false };

function vote(text: string, settled: boolean): PlateVote {
  return { text, confidence: 0.981, characters: [], candidates: [], reads: 3, agreeing: 3, settled };
}

const car: Vehicle = { box: { x1: 200, y1: 200, x2: 500, y2: 450 }, label: 'car', confidence: 0.934, trackId: 7 };
const plate: Plate = {
  box: { x1: 300, y1: 380, x2: 380, y2: 400 },
  confidence: 0.9,
  vehicle: 0,
  text: 'AB12',
  textConfidence: 0.876,
};

const outlines = (drawing: Drawing): Outline[] => drawing.shapes.filter((shape) => shape.kind === 'outline');
const labels = (drawing: Drawing): Label[] => drawing.shapes.filter((shape) => shape.kind === 'label');
const texts = (drawing: Drawing): string[] => labels(drawing).flatMap((label) => label.lines.map((line) => line.text));

describe('overlay composition', () => {
  const cases: [string, Vehicle[] | undefined, Plate[], Partial<OverlayOptions>, string[]][] = [
    ['label, track and confidence of a vehicle', [car], [], {}, ['car #7 93%']],
    ['the reading of this frame on its vehicle', [car], [plate], {}, ['AB12 88%', 'car #7 93%']],
    [
      'a settled vote with a tick, above the single reading',
      [car],
      [{ ...plate, vote: vote('AB123', true) }],
      {},
      ['✓ AB123 98%', 'car #7 93%'],
    ],
    [
      'the reading of this frame while the vote is open',
      [car],
      [{ ...plate, vote: vote('AB123', false) }],
      {},
      ['AB12 88%', 'car #7 93%'],
    ],
    [
      'the vote of a settled vehicle whose plate was not looked for',
      [{ ...car, plate: vote('XY9', true) }],
      [],
      {},
      ['✓ XY9 98%', 'car #7 93%'],
    ],
    ['the reading beside the plate when there is no vehicle', [], [{ ...plate, vehicle: 5 }], {}, ['AB12 88%']],
    ['the reading beside a plate whose vehicles were taken out of the message', undefined, [plate], {}, ['AB12 88%']],
    ['no text when text is off', [car], [plate], { showText: false }, ['car #7 93%']],
    ['only text when boxes are off', [car], [plate], { showVehicles: false, showPlates: false }, ['AB12 88%']],
    ['nothing', [car], [plate], { showVehicles: false, showPlates: false, showText: false }, []],
    ['99 % at most, since no reading is certain', [{ ...car, confidence: 0.9999 }], [], {}, ['car #7 99%']],
    ['no confidence that is no number', [{ ...car, confidence: NaN }], [], {}, ['car #7']],
    [
      'no reason for a held plate outside debug mode',
      [],
      [{ ...plate, text: '', held: { code: 'blurred', reason: 'blurred 63 < 100' } }],
      {},
      [],
    ],
  ];
  for (const [name, vehicles, plates, options, expected] of cases) {
    it(`writes ${name}`, () => {
      assert.deepEqual(texts(composeDrawing(frame, vehicles, plates, { ...everything, ...options })), expected);
    });
  }

  it('says in debug mode why something was held back', () => {
    const drawing = composeDrawing(
      frame,
      [{ ...car, held: { code: 'no-plate', reason: 'no plate found' } }],
      [{ box: plate.box, confidence: 0.8, sharpness: 63.4, held: { code: 'blurred', reason: 'blurred 63 < 100' } }],
      { ...everything, debug: true },
    );
    assert.deepEqual(texts(drawing).sort(), ['blurred 63 < 100', 'car #7 93%', 'no plate found', 'plate 80% sharp 63']);
  });

  it('shows a refused reading in debug mode only, and never as a reading', () => {
    const refused: Plate = {
      ...plate,
      text: 'UUUU',
      textConfidence: 0.48,
      vote: vote('AB123', true),
      held: { code: 'confidence', reason: 'confidence 0.48 < 0.50' },
    };
    const vehicle = { ...car, plate: vote('AB123', true) };
    const plain = composeDrawing(frame, [vehicle], [refused], everything);
    assert.deepEqual(texts(plain), ['✓ AB123 98%', 'car #7 93%']);
    const [, quad] = outlines(plain);
    assert.deepEqual(quad!.colour, overlayColours.held);
    const debug = texts(composeDrawing(frame, [vehicle], [refused], { ...everything, debug: true }));
    assert.deepEqual(debug.slice(2), ['plate 90%', 'UUUU 48%', 'confidence 0.48 < 0.50']);
  });

  it('shows no sharpness that was not measured', () => {
    for (const sharpness of [-1, NaN]) {
      const drawing = composeDrawing(frame, [], [{ box: plate.box, confidence: 0.8, sharpness }], {
        ...everything,
        debug: true,
      });
      assert.deepEqual(texts(drawing), ['plate 80%']);
    }
  });

  it('outlines vehicles by their box and plates by their corners', () => {
    const corners: Plate['corners'] = [
      { x: 301, y: 379 },
      { x: 381, y: 383 },
      { x: 380, y: 403 },
      { x: 300, y: 399 },
    ];
    const [vehicle, quad] = outlines(composeDrawing(frame, [car], [{ ...plate, corners }], everything));
    assert.deepEqual(vehicle!.points, [200, 200, 500, 200, 500, 450, 200, 450]);
    assert.deepEqual(quad!.points, [301, 379, 381, 383, 380, 403, 300, 399]);
    const [, box] = outlines(
      composeDrawing(
        frame,
        [car],
        [{ ...plate, corners: [{ x: NaN, y: 0 }, ...corners.slice(1)] as Plate['corners'] & object }],
        everything,
      ),
    );
    assert.deepEqual(box!.points, [300, 380, 380, 380, 380, 400, 300, 400], 'falls back to the box');
  });

  it('tells settled, provisional and held apart by colour and by line', () => {
    const held: Plate = { box: plate.box, confidence: 1, held: { code: 'small', reason: 'small' } };
    const [, settled] = outlines(composeDrawing(frame, [car], [{ ...plate, vote: vote('A', true) }], everything));
    const [, provisional] = outlines(composeDrawing(frame, [car], [plate], everything));
    const [, back] = outlines(composeDrawing(frame, [car], [held], everything));
    assert.deepEqual(
      [settled!.colour, provisional!.colour, back!.colour],
      [overlayColours.settled, overlayColours.provisional, overlayColours.held],
    );
    assert.deepEqual([settled!.dash, provisional!.dash], [0, 0]);
    assert.ok(back!.dash > 0);
  });

  it('leaves away what has no place', () => {
    const lost = { x1: NaN, y1: 0, x2: 10, y2: 10 };
    const endless = { x1: 0, y1: 0, x2: Infinity, y2: 10 };
    const drawing = composeDrawing(
      frame,
      [
        { ...car, box: lost },
        { ...car, box: endless },
      ],
      [{ ...plate, box: lost }],
      everything,
    );
    assert.deepEqual(drawing.shapes, []);
    assert.deepEqual(composeDrawing(frame, undefined, undefined, everything).shapes, []);
  });

  const places: [string, Vehicle['box']][] = [
    ['at the top left', { x1: 0, y1: 0, x2: 60, y2: 40 }],
    ['at the right edge', { x1: 1270, y1: 300, x2: 1280, y2: 320 }],
    ['over the whole picture', { x1: 0, y1: 0, x2: 1280, y2: 720 }],
    ['below the picture', { x1: 100, y1: 900, x2: 300, y2: 1000 }],
    ['far outside', { x1: -1e8, y1: -1e8, x2: -1e7, y2: -1e7 }],
  ];
  for (const [name, box] of places) {
    it(`keeps the label of a box ${name} inside the picture`, () => {
      const [label] = labels(composeDrawing(frame, [{ ...car, box, plate: vote('AB12 CDE', true) }], [], everything));
      assert.ok(label!.x >= 0 && label!.y >= 0 && label!.x + label!.width <= 1280 && label!.y + label!.height <= 720);
    });
  }

  it('does not put labels on top of each other in a row of neighbouring vehicles', () => {
    const vehicles = Array.from({ length: 6 }, (_, i): Vehicle => {
      const x1 = 300 + i * 40;
      return { ...car, trackId: i, box: { x1, y1: 300, x2: x1 + 120, y2: 400 }, plate: vote(`CAR 000${i}`, true) };
    });
    const placed = labels(composeDrawing(frame, vehicles, [], everything));
    assert.equal(placed.length, 6);
    for (const a of placed) {
      for (const b of placed) {
        if (a === b) continue;
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        assert.ok(apart, `${a.lines[0]!.text} on ${b.lines[0]!.text}`);
      }
    }
  });

  it('makes text larger for a picture that will be shown smaller', () => {
    const size = (outputWidth?: number) =>
      labels(composeDrawing({ width: 1920, height: 1080 }, [car], [plate], { ...everything, outputWidth }))[0]!
        .lines[0]!.size;
    assert.ok(size() >= 20);
    assert.ok(size(480) / 4 >= 9, 'capitals of at least 9 pixels where they are shown');
  });

  describe('with more than boxes', () => {
    const picture = { pixels: new SharedArrayBuffer(300 * 75 * 3), width: 300, height: 75 };
    const last = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ text: `AB 123 C${n}`, confidence: 0.987, settled: true, picture }));
    const inside = (drawing: Drawing, { width, height }: { width: number; height: number }): void => {
      for (const shape of drawing.shapes) {
        if (shape.kind !== 'label' && shape.kind !== 'picture') continue;
        const { x, y } = shape;
        assert.ok(x >= 0 && y >= 0 && x + shape.width <= width && y + shape.height <= height, JSON.stringify(shape));
      }
    };

    it('draws the trail of a track in its colour, growing stronger, below its box', () => {
      const trails = new Trails();
      for (let n = 0; n < 8; n++) trails.see(7, { x: 0.1 + n * 0.02, y: 0.5 }, n * 100);
      const { shapes } = composeDrawing(frame, [{ ...car, plate: vote('AB12', true) }], [], everything, { trails });
      const [way, box] = shapes;
      assert.ok(way?.kind === 'trail' && box?.kind === 'outline');
      assert.deepEqual(way.colour, overlayColours.settled);
      assert.deepEqual(way.points.slice(0, 2), [128, 360]);
      assert.equal(way.points.length, 16);
      assert.ok(way.fade < 0.5);
      const other = composeDrawing(frame, [{ ...car, trackId: 8 }], [], everything, { trails });
      assert.ok(!other.shapes.some(({ kind }) => kind === 'trail'));
    });

    it('outlines zones with their names and puts an arrow at the line that points to where in is', () => {
      const points = [
        { x: 0.1, y: 0.2 },
        { x: 0.4, y: 0.2 },
        { x: 0.4, y: 0.6 },
      ];
      for (const [side, sign] of [
        ['below', 1],
        ['above', -1],
      ] as const) {
        const line = readLine('0.1,0.7 0.9,0.7', side)!;
        const drawing = composeDrawing(frame, [], [], everything, {
          places: { zones: [{ name: 'yard', points }], line },
        });
        const [zone, arrow] = outlines(drawing);
        assert.deepEqual(zone!.points, [128, 144, 512, 144, 512, 432]);
        assert.ok(zone!.fill > 0 && zone!.dash > 0);
        assert.deepEqual(texts(drawing).sort(), ['in', 'yard']);
        assert.ok((arrow!.points[3]! - 504) * sign > 5, 'the tip of the arrow');
        const across = drawing.shapes.find(({ kind }) => kind === 'trail');
        assert.ok(across?.kind === 'trail');
        assert.deepEqual(across.points.map(Math.round), [128, 504, 1152, 504]);
        const label = labels(drawing).find(({ lines }) => lines[0]!.text === 'yard')!;
        assert.ok(label.x >= 128 && label.y >= 144 && label.x + label.width < 512, 'inside its zone');
      }
    });

    for (const [width, height, outputWidth] of [
      [3840, 2160, undefined],
      [1920, 1080, undefined],
      [1920, 1080, 320],
      [320, 180, undefined],
      [64, 48, undefined],
      [8, 8, undefined],
    ] as const) {
      it(`keeps the last plates inside ${width}×${height}, shown ${outputWidth ?? width} wide, with text to read`, () => {
        const extras = { lastPlates: last(5), caption: { camera: 'gate', timestamp: 0, rate: 15 } };
        const drawing = composeDrawing({ width, height }, [], [], { ...everything, outputWidth }, extras);
        inside(drawing, { width, height });
        const cards = labels(drawing).filter(({ lines }) => lines[0]!.text.startsWith('✓ AB'));
        const pictures = drawing.shapes.filter(({ kind }) => kind === 'picture');
        assert.equal(pictures.length, cards.length);
        if (width >= 1920 && outputWidth === undefined) assert.equal(cards.length, 5);
        if (width < 320) return;
        assert.ok(cards.length >= 2);
        const scale = (outputWidth ?? width) / width;
        for (const { lines } of cards) assert.ok(lines[0]!.size * scale >= 6, `${lines[0]!.size * scale} px`);
      });
    }

    it('keeps labels off the last plates and the caption', () => {
      const vehicles = [5, 200, 560].map((y1, n): Vehicle => {
        return { ...car, trackId: n, box: { x1: n === 2 ? 5 : 1150, y1, x2: n === 2 ? 60 : 1275, y2: y1 + 140 } };
      });
      const extras = { lastPlates: last(4), caption: { camera: 'gate', timestamp: 0, rate: undefined } };
      const drawing = composeDrawing(frame, vehicles, [], everything, extras);
      const all = labels(drawing);
      const mine = all.filter(({ lines }) => lines[0]!.text.startsWith('car'));
      const others = all.filter((label) => !mine.includes(label));
      assert.deepEqual([mine.length, others.length], [3, 5]);
      for (const a of mine) {
        for (const b of others) {
          const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
          assert.ok(apart, `${a.lines[0]!.text} on ${b.lines[0]!.text}`);
        }
      }
    });

    it('writes camera, local time and rate into the caption, and what is not known into none', () => {
      const write = (timestamp: number, rate: number | undefined): string =>
        texts(composeDrawing(frame, [], [], everything, { caption: { camera: 'gate', timestamp, rate } }))[0]!;
      const at = new Date(2026, 10, 5, 7, 8, 9).getTime();
      assert.equal(write(at, 14.7), 'gate  2026-11-05 07:08:09  15 fps');
      assert.equal(write(at, 2.34), 'gate  2026-11-05 07:08:09  2.3 fps');
      assert.equal(write(NaN, undefined), 'gate');
      const small = { caption: { camera: 'the camera at the gate', timestamp: at, rate: 15 } };
      assert.deepEqual(texts(composeDrawing({ width: 80, height: 60 }, [], [], everything, small)), ['07:08:09']);
    });

    it('writes no text of what is hidden, neither of this frame nor of the vote, and says what to blur', () => {
      const stranger: Vehicle = { ...car, plate: vote('SECRET1', true) };
      const secret: Plate = {
        ...plate,
        text: 'SECRET2',
        vote: vote('SECRET3', true),
      };
      const held: Plate = { ...plate, vehicle: 5, text: 'SECRET4', held: { code: 'length', reason: 'length 3 < 4' } };
      const regions = [{ box: plate.box, margin: 0.25 }];
      const hidden = { regions, plates: new Set([secret, held]), vehicles: new Set([stranger]) };
      const drawing = composeDrawing(frame, [stranger], [secret, held], { ...everything, debug: true }, { hidden });
      assert.deepEqual(drawing.hidden, regions);
      assert.ok(texts(drawing).includes('car #7 93%'));
      assert.ok(texts(drawing).includes('length 3 < 4'));
      assert.doesNotMatch(JSON.stringify(drawing.shapes), /SECRET/);
      for (const { colour } of outlines(drawing)) assert.notDeepEqual(colour, overlayColours.settled);
    });
  });

  it('is plain data that survives the way to a worker', () => {
    const drawing = composeDrawing(frame, [car], [plate], everything);
    assert.deepEqual(structuredClone(drawing), drawing);
  });

  for (const [width, height] of [
    [1, 1],
    [16, 9],
    [320, 240],
    [3840, 2160],
  ] as const) {
    it(`draws at ${width}x${height}`, () => {
      const scale = width / 1280;
      const vehicle = { ...car, box: { x1: 200 * scale, y1: 200 * scale, x2: 500 * scale, y2: 450 * scale } };
      const pixels = new Uint8Array(width * height * 3).fill(90);
      drawOverlay({ pixels, width, height }, composeDrawing({ width, height }, [vehicle], [plate], everything));
      assert.ok(pixels.some((value) => value !== 90));
    });
  }
});
