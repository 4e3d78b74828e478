import assert from 'node:assert/strict';
import { departedIn, platesIn, requireBoxes, requirePlates, vehiclesIn } from '../../src/node-red/boxes.js';

const frame = { width: 100, height: 50 };
const box = { x1: 10, y1: 10, x2: 40, y2: 20 };
const vote = { text: 'AB12', confidence: 0.9, characters: [], candidates: [], reads: 2, agreeing: 2, settled: false };
const corners = [
  { x: 10, y: 10 },
  { x: 40, y: 10 },
  { x: 40, y: 20 },
  { x: 10, y: 20 },
];

describe('boxes of a message', () => {
  const right: [string, object][] = [
    ['a box alone', { box }],
    ['everything that our nodes write', { box, corners, text: 'AB12', trackId: 3, vote, plate: vote, vehicle: 0 }],
    ['a box that reaches over every edge', { box: { x1: -5, y1: -5, x2: 105, y2: 55 } }],
    ['the smallest piece of the frame', { box: { x1: 99.5, y1: 49.5, x2: 200, y2: 200 } }],
    ['what is held back', { box, held: { code: 'small', reason: 'small 3 < 10 px wide' } }],
  ];
  for (const [title, entry] of right) {
    it(`are taken as they are with ${title}`, () => {
      const list = [entry] as never[];
      assert.equal(platesIn({ plates: list }, frame), list);
      assert.equal(vehiclesIn({ vehicles: list }, frame), list);
    });
  }

  const others: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['text', 'AB12'],
    ['an object', { box }],
    ['a list of text', ['AB12']],
    ['a list of null', [null]],
  ];
  for (const [title, value] of others) {
    it(`are not found in ${title}, which is another node's`, () => {
      assert.equal(platesIn({ plates: value as never }, frame), undefined);
      assert.equal(vehiclesIn({ vehicles: value as never }, frame), undefined);
      assert.throws(() => requirePlates({ plates: value as never }, frame), {
        code: 'ALPR_NO_PLATES',
        message: /^Expected a list of plates \(from plate-detect\) for msg\.plates but received /,
      });
      assert.throws(() => requireBoxes({ plates: value as never }, 'auto', frame), { code: 'ALPR_NO_BOXES' });
    });
  }

  const inside = 'Expected a box (x1 < x2, y1 < y2) inside the frame of 100 × 50 for msg.plates[1].box but received';
  const wrong: [string, unknown, string][] = [
    ['NaN', { box: { ...box, x2: NaN } }, `${inside} x1 10, y1 10, x2 NaN, y2 20`],
    ['Infinity', { box: { ...box, x1: -Infinity } }, `${inside} x1 -Infinity, y1 10, x2 40, y2 20`],
    ['text for a number', { box: { ...box, y1: '10' } }, `${inside} x1 10, y1 "10", x2 40, y2 20`],
    ['a side left out', { box: { x1: 1, y1: 1, x2: 2 } }, `${inside} x1 1, y1 1, x2 2, y2 nothing`],
    ['left and right exchanged', { box: { ...box, x1: 40, x2: 10 } }, `${inside} x1 40, y1 10, x2 10, y2 20`],
    ['no height', { box: { ...box, y2: 10 } }, `${inside} x1 10, y1 10, x2 40, y2 10`],
    ['a box right of the frame', { box: { ...box, x1: 100, x2: 130 } }, `${inside} x1 100, y1 10, x2 130, y2 20`],
    ['a box above the frame', { box: { ...box, y1: -20, y2: 0 } }, `${inside} x1 10, y1 -20, x2 40, y2 0`],
    ['no box', { text: 'AB12' }, `${inside} nothing`],
    ['null', null, `${inside} nothing`],
    ['three corners', { box, corners: corners.slice(1) }, 'four points {x, y} for msg.plates[1].corners'],
    ['a corner at NaN', { box, corners: [{ x: NaN, y: 1 }, ...corners.slice(1)] }, 'four points {x, y}'],
    ['a text that is a number', { box, text: 42 }, 'Expected text for msg.plates[1].text but received 42'],
    ['a vote that is text', { box, vote: 'AB12' }, 'the vote of a tracker for msg.plates[1].vote but received "AB12"'],
    ['a vote without characters', { box, vote: { ...vote, characters: undefined } }, 'the vote of a tracker for'],
    ['a vote of junk characters', { box, vote: { ...vote, characters: ['A'] } }, 'the vote of a tracker for'],
    [
      'a label that is none',
      { box, label: Symbol('car') },
      'Expected text for msg.plates[1].label but received a symbol',
    ],
    [
      'a confidence that is text',
      { box, confidence: 'high' },
      'a number for msg.plates[1].confidence but received "high"',
    ],
    [
      'characters that are text',
      { box, characters: 'AB' },
      'a list of {text, confidence} for msg.plates[1].characters',
    ],
    ['half a vehicle', { box, vehicle: 0.5 }, 'a whole number for msg.plates[1].vehicle but received 0.5'],
    ['a track that is text', { box, trackId: 'a' }, 'a whole number for msg.plates[1].trackId but received "a"'],
    ['a reason that is text', { box, held: 'no' }, 'a reason {code, reason} for msg.plates[1].held but received "no"'],
  ];
  for (const [title, entry, message] of wrong) {
    it(`are refused with ${title}`, () => {
      const refused = (error: Error & { code?: string }): boolean =>
        error.code === 'ALPR_BOX' && error.message.includes(message);
      assert.throws(() => platesIn({ plates: [{ box }, entry] as never }, frame), refused);
    });
  }

  it('are refused when there are more than a picture can show', () => {
    const vehicles = Array.from({ length: 1001 }, () => ({ box, label: 'car', confidence: 1 }));
    assert.throws(() => vehiclesIn({ vehicles }, frame), {
      message: 'Expected at most 1000 boxes for msg.vehicles but received 1001',
    });
    assert.equal(vehiclesIn({ vehicles: vehicles.slice(1) }, frame)!.length, 1000);
  });
});

describe('departed tracks of a message', () => {
  const track = { trackId: 1, label: 'car', box, firstSeen: 1, lastSeen: 2, frames: 3 };
  it('are taken as they are', () => {
    const departed = [track, { ...track, plate: vote }];
    assert.equal(departedIn({ departed }), departed);
    assert.equal(departedIn({ departed: 'at noon' as never }), undefined);
    assert.equal(departedIn({}), undefined);
  });

  const wrong: [string, unknown][] = [
    ['null', null],
    ['text', 'car'],
    ['a track without times', { ...track, lastSeen: undefined }],
    ['a track without a box', { ...track, box: null }],
    ['a track whose plate is text', { ...track, plate: 'AB12' }],
  ];
  for (const [title, entry] of wrong) {
    it(`are refused with ${title}`, () => {
      assert.throws(() => departedIn({ departed: [track, entry] as never }), {
        code: 'ALPR_DEPARTED',
        message: /^Expected a departed track \(from tracker\) for msg\.departed\[1\] but received /,
      });
    });
  }
});
