import assert from 'node:assert/strict';
import type { View } from '../../src/device/device.js';
import type { Corners, Plate, Reading, ReadingQuality } from '../../src/detection/types.js';
import { readFormats } from '../../src/reading/formats/catalogue.js';
import { plateVoting } from '../../src/reading/vote.js';
import { readPlates, type ReadOptions } from '../../src/stages/read.js';
import { trackScene } from '../../src/stages/track.js';
import { Tracker } from '../../src/tracking/tracker.js';
import { FakeNetwork, reading, testFrame } from '../support/fake-network.js';

const options: ReadOptions = { minConfidence: 0.5, minLength: 3, secondLook: 'never', candidates: 3 };
const plate = (more: Partial<Plate> = {}): Plate => ({
  box: { x1: 10, y1: 10, x2: 110, y2: 40 },
  confidence: 0.9,
  ...more,
});
const corners: Corners = [
  { x: 10, y: 10 },
  { x: 110, y: 12 },
  { x: 110, y: 40 },
  { x: 10, y: 38 },
];

function reader(answer: (view: View, index: number) => Reading): FakeNetwork {
  return new FakeNetwork(
    ({ views }) => views.map((view, index) => ({ kind: 'reading', reading: answer(view, index) })),
    {
      margin: 0.08,
    },
  );
}

/** A reading with these candidates, most probable first. */
function readingOf(candidates: Record<string, number>): Reading {
  const list = Object.entries(candidates).map(([text, confidence]) => ({ text, confidence }));
  const { text, confidence } = list[0]!;
  const characters = [...text].map((one) => ({ text: one, confidence: 0.95 }));
  return { text, confidence, characters, candidates: list, lines: 1 };
}

describe('readPlates', () => {
  it('straightens along the corners, with the margin of the manifest', async () => {
    const net = reader(() => reading('AB12CD'));
    const { plates } = await readPlates(testFrame(), [plate({ corners }), plate()], net, options);
    assert.deepEqual(net.requests[0]!.views, [
      { corners, margin: 0.08 },
      { box: plate().box, margin: 0.08 },
    ]);
    assert.equal(plates[0]!.text, 'AB12CD');
    assert.equal(plates[0]!.characters?.length, 6);
  });

  const refused: [string, Reading, string, string][] = [
    ['an unsure reading', reading('AB12', 0.496), 'confidence', 'confidence 0.49 < 0.50'],
    ['a short one', reading('A1'), 'length', 'length 2 < 3'],
    ['an empty one', reading(''), 'unread', 'no characters read'],
  ];
  for (const [title, answer, code, reason] of refused) {
    it(`holds back ${title} and says why`, async () => {
      const { plates } = await readPlates(
        testFrame(),
        [plate()],
        reader(() => answer),
        options,
      );
      assert.equal(plates[0]!.held?.code, code);
      assert.equal(plates[0]!.held?.reason, reason);
    });
  }

  it('takes readings for texts of the expected countries before they vote, and names the country', async () => {
    const misread: Reading = {
      ...reading('01A1Z3BC', 0.85),
      candidates: [
        { text: '01A1Z3BC', confidence: 0.7 },
        { text: '01A12BC', confidence: 0.1 },
      ],
    };
    const net = reader((_, index) => (index === 0 ? misread : reading('01A123BC')));
    const tracker = new Tracker({}, plateVoting);
    const tracked = trackScene(tracker, testFrame(), undefined, [plate()], 'plates').plates![0]!;
    const formats = readFormats('UZ');
    const { plates } = await readPlates(testFrame(), [tracked], net, { ...options, candidates: 2, formats }, tracker);
    assert.deepEqual([plates[0]!.text, plates[0]!.vote?.text, plates[0]!.region], ['01A123BC', '01A123BC', 'UZ']);
    assert.deepEqual(
      plates[0]!.candidates!.map(({ text }) => text),
      ['01A123BC', '01A1Z3BC'],
    );
    assert.equal(net.requests[0]!.options?.maxCandidates, 8, 'what fits may be far down');
  });

  it('changes nothing without expected countries, but names the country where it is clear', async () => {
    const texts = ['01A1Z3BC', '01A123BC', 'AB123CD'];
    const net = reader((_, index) => reading(texts[index]!, 0.85));
    const { plates } = await readPlates(
      testFrame(),
      [plate(), plate({ region: 'old' }), plate({ region: 'old' })],
      net,
      options,
    );
    assert.deepEqual(
      plates.map(({ text, region }) => [text, region]),
      [
        ['01A1Z3BC', undefined],
        ['01A123BC', 'UZ'],
        ['AB123CD', undefined],
      ],
    );
  });

  it('counts a province character as one character', async () => {
    const { plates } = await readPlates(
      testFrame(),
      [plate()],
      reader(() => reading('京A1')),
      options,
    );
    assert.equal(plates[0]!.held, undefined);
  });

  it('takes a second look only at unsure plates, tighter and wider, and believes all looks together', async () => {
    // The tight one lost a character and is sure of the rest; the others agree on what it might have been.
    const looks: Record<string, Record<string, number>> = {
      '0.08': { AB1234: 0.5, AB123: 0.3 },
      '0.00': { AB123: 0.75, AB1234: 0.2 },
      '0.16': { AB1284: 0.5, AB1234: 0.45 },
    };
    const net = reader((view) => {
      if ('box' in view && view.box.x1 === 500) return reading('SURE1', 0.99, 0.81);
      return readingOf(looks[(view.margin ?? 0).toFixed(2)]!);
    });
    const given = [plate(), plate({ box: { x1: 500, y1: 10, x2: 600, y2: 40 } })];
    const { plates } = await readPlates(testFrame(), given, net, { ...options, secondLook: 'unsure' });
    assert.deepEqual(
      plates.map(({ text, textConfidence }) => [text, textConfidence]),
      [
        ['AB1234', 0.5],
        ['SURE1', plates[1]!.textConfidence],
      ],
    );
    assert.deepEqual(
      plates[0]!.candidates!.map(({ text }) => text),
      ['AB1234', 'AB123', 'AB1284'],
    );
    const sum = plates[0]!.candidates!.reduce((total, { confidence }) => total + confidence, 0);
    assert.ok(sum <= 1 + 1e-12, `${sum}`);
    assert.deepEqual(
      net.requests.map(({ views }) => views.map(({ margin }) => margin!.toFixed(2))),
      [
        ['0.08', '0.08'],
        ['0.00', '0.16'],
      ],
    );
  });

  it('looks closer and wider at a picture that is itself a crop, too', async () => {
    const net = reader(() => reading('AB12CD', 0.5));
    const crop = plate({ box: { x1: 0, y1: 0, x2: 100, y2: 30 } });
    await readPlates(testFrame(100, 30), [crop], net, { ...options, minConfidence: 0, secondLook: 'always' });
    assert.deepEqual(
      net.requests.map(({ views }) => views.map(({ margin }) => margin)),
      [[0], [-0.08, 0.08]],
    );
  });

  it('reads nothing where no look shows anything, and what one look shows where the others show nothing', async () => {
    const empty = await readPlates(
      testFrame(),
      [plate()],
      reader(() => reading('')),
      { ...options, secondLook: 'unsure' },
    );
    assert.deepEqual([empty.plates[0]!.text, empty.plates[0]!.held?.code], ['', 'unread']);
    const one = reader(({ margin }) => (margin === 0 ? readingOf({ AB12: 0.6 }) : reading('')));
    const { plates } = await readPlates(testFrame(), [plate()], one, { ...options, secondLook: 'unsure' });
    assert.deepEqual([plates[0]!.text, plates[0]!.textConfidence], ['AB12', 0.6]);
  });

  it('says where in the picture the plate was read, so that views can be told apart', async () => {
    const seen: ReadingQuality[] = [];
    const tracker = new Tracker({}, plateVoting);
    const tracked = trackScene(tracker, testFrame(), undefined, [plate()], 'plates').plates![0]!;
    const add = tracker.addReading.bind(tracker);
    tracker.addReading = (id, read, quality) => {
      seen.push(quality);
      return add(id, read, quality);
    };
    await readPlates(
      testFrame(),
      [tracked],
      reader(() => reading('AB12CD')),
      options,
      tracker,
    );
    assert.deepEqual(seen, [{ width: 100, height: 30, x: 60, y: 25, timestamp: 1000 }]);
  });

  it('adds no margin to a picture that is itself a crop', async () => {
    const net = reader(() => reading('AB12CD'));
    await readPlates(testFrame(100, 30), [plate({ box: { x1: 0, y1: 0, x2: 100, y2: 30 } })], net, options);
    assert.equal(net.requests[0]!.views[0]!.margin, 0);
  });

  it('does not read settled or held plates', async () => {
    const net = reader(() => reading('AB12CD'));
    const vote = { text: 'X', confidence: 1, characters: [], candidates: [], reads: 3, agreeing: 3, settled: true };
    const held = { code: 'blurred' as const, reason: 'blurred 1 < 100' };
    const given = [plate({ vote }), plate({ held })];
    const { plates } = await readPlates(testFrame(), given, net, options);
    assert.equal(net.requests.length, 0);
    assert.deepEqual(plates, given);
  });
});
