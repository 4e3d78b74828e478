import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Box, Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import { Concealment, type ConcealmentOptions, type Hidden } from '../../src/overlay/concealment.js';

const size = { width: 1920, height: 1080 };
const friend = 'FR1END';

function concealment(options: Partial<ConcealmentOptions> = {}): Concealment {
  return new Concealment({ who: 'strangers', windscreens: false, isReadable: (text) => text === friend, ...options });
}

function vote(text: string, settled = true): PlateVote {
  return { text, confidence: 0.9, characters: [], candidates: [], reads: 3, agreeing: 3, settled };
}

const vehicleBox: Box = { x1: 400, y1: 300, x2: 800, y2: 700 };
const plateBox: Box = { x1: 550, y1: 600, x2: 650, y2: 625 };
const car = (more: Partial<Vehicle> = {}): Vehicle => ({ box: vehicleBox, label: 'car', confidence: 0.9, ...more });
const plate = (more: Partial<Plate> = {}): Plate => ({ box: plateBox, confidence: 0.9, ...more });

/** Whether the whole box is inside one of the regions. */
function covers({ regions }: Hidden, { x1, y1, x2, y2 }: Box): boolean {
  return regions.some(({ box, margin = 0 }) => {
    const [x, y] = [(box.x2 - box.x1) * margin, (box.y2 - box.y1) * margin];
    return box.x1 - x <= x1 && box.y1 - y <= y1 && box.x2 + x >= x2 && box.y2 + y >= y2;
  });
}

describe('What is hidden of strangers', () => {
  const cases: [string, Vehicle[], Plate[], boolean][] = [
    ['a plate that was not read', [], [plate()], true],
    ['a plate that was read as another', [], [plate({ text: 'OTHER1' })], true],
    ['a plate that was read as one of the list, where nothing is tracked', [], [plate({ text: friend })], false],
    [
      'one of the list that was held back',
      [],
      [plate({ text: friend, held: { code: 'confidence', reason: 'confidence' } })],
      true,
    ],
    ['one of the list whose track has no vote yet', [], [plate({ text: friend, trackId: 1 })], true],
    [
      'one of the list that has not settled yet',
      [],
      [plate({ text: friend, trackId: 1, vote: vote(friend, false) })],
      true,
    ],
    ['one of the list that has settled', [], [plate({ text: friend, trackId: 1, vote: vote(friend) })], false],
    [
      'one that has settled as one of the list, but is read as another in this frame',
      [],
      [plate({ text: 'OTHER1', trackId: 1, vote: vote(friend) })],
      true,
    ],
    [
      'one of the list on a tracked vehicle, without its vote',
      [car({ trackId: 1 })],
      [plate({ text: friend, vehicle: 0 })],
      true,
    ],
    ['a settled stranger', [], [plate({ text: 'OTHER1', trackId: 1, vote: vote('OTHER1') })], true],
    ['an empty reading', [], [plate({ text: '' })], true],
  ];
  for (const [what, vehicles, plates, hidden] of cases) {
    it(`${hidden ? 'hides' : 'shows'} ${what}`, () => {
      const result = concealment().conceal({ ...size, timestamp: 0 }, vehicles, plates);
      assert.equal(covers(result, plateBox), hidden);
      assert.equal(result.plates.has(plates[0]!), hidden);
    });
  }

  it('hides box and corners of a plate and some pixels around them', () => {
    const corners: Plate['corners'] = [
      { x: 545, y: 598 },
      { x: 655, y: 604 },
      { x: 655, y: 630 },
      { x: 545, y: 622 },
    ];
    const result = concealment().conceal({ ...size, timestamp: 0 }, [], [plate({ corners })]);
    assert.ok(covers(result, { x1: 530, y1: 594, x2: 670, y2: 634 }));
    assert.ok(!covers(result, { x1: 450, y1: 594, x2: 670, y2: 634 }));
  });

  it('hides all plates, those of the list too, when asked to', () => {
    const vehicles = [car({ trackId: 1, plate: vote(friend) })];
    const plates = [plate({ vehicle: 0, text: friend, vote: vote(friend) })];
    const result = concealment({ who: 'all' }).conceal({ ...size, timestamp: 0 }, vehicles, plates);
    assert.ok(covers(result, plateBox));
    assert.ok(result.vehicles.has(vehicles[0]!));
  });

  it('hides the lower part of a vehicle on which no plate was found, and nothing of one whose plate may be read', () => {
    const stranger = car({ trackId: 1 });
    const known = car({ trackId: 2, plate: vote(friend), box: { x1: 1000, y1: 300, x2: 1400, y2: 700 } });
    const result = concealment().conceal({ ...size, timestamp: 0 }, [stranger, known], []);
    assert.ok(covers(result, { x1: 400, y1: 450, x2: 800, y2: 700 }));
    assert.ok(!covers(result, { x1: 590, y1: 320, x2: 610, y2: 340 }), 'its roof');
    assert.equal(result.regions.length, 1);
    assert.deepEqual([result.vehicles.has(stranger), result.vehicles.has(known)], [true, false]);
  });

  const unread: [string, Vehicle][] = [
    ['a vehicle too far away to read', car({ box: { x1: 400, y1: 300, x2: 450, y2: 340 } })],
    ['a person', car({ label: 'person' })],
    ['a bicycle', car({ label: 'bicycle' })],
  ];
  for (const [what, vehicle] of unread) {
    it(`hides nothing of ${what}, who has no plate to be seen`, () => {
      assert.deepEqual(concealment().conceal({ ...size, timestamp: 0 }, [vehicle], []).regions, []);
    });
  }

  describe('of a track whose plate was seen before', () => {
    const seen = (): Concealment => {
      const hides = concealment();
      hides.conceal({ ...size, timestamp: 0 }, [car({ trackId: 1 })], [plate({ vehicle: 0 })]);
      return hides;
    };
    const shift = ({ x1, y1, x2, y2 }: Box, by: number): Box => ({
      x1: x1 + by,
      y1: y1 + by,
      x2: x2 + by,
      y2: y2 + by,
    });

    it('hides the place on it, wherever it has gone meanwhile', () => {
      const result = seen().conceal({ ...size, timestamp: 900 }, [car({ trackId: 1, box: shift(vehicleBox, 90) })], []);
      assert.ok(covers(result, shift(plateBox, 90)));
      assert.ok(!covers(result, { x1: 500, y1: 480, x2: 880, y2: 780 }), 'not all of its lower part');
    });

    it('hides more of it the longer ago that was, in the end all of the lower part', () => {
      const areas = [100, 1000, 2500, 3500].map((timestamp) => {
        const box = shift(vehicleBox, 90);
        const { regions } = seen().conceal({ ...size, timestamp }, [car({ trackId: 1, box })], []);
        const { x1, y1, x2, y2 } = regions.at(-1)!.box;
        return (x2 - x1) * (y2 - y1);
      });
      for (const [n, area] of areas.entries()) if (n > 0) assert.ok(area > areas[n - 1]!, areas.join(' '));
      assert.equal(areas.at(-1), 400 * 400 * 0.65);
    });

    it('hides the place on one that stands there still, also after a long time', () => {
      const result = seen().conceal({ ...size, timestamp: 60_000 }, [car({ trackId: 1 })], []);
      assert.ok(covers(result, plateBox));
      assert.ok(!covers(result, { x1: 410, y1: 480, x2: 790, y2: 690 }));
    });

    it('hides the lower part of one that comes in over the edge: what is where on it changes', () => {
      const hides = concealment();
      const coming = { x1: 400, y1: 700, x2: 800, y2: 1080 };
      const low = { x1: 550, y1: 1000, x2: 650, y2: 1025 };
      hides.conceal({ ...size, timestamp: 0 }, [car({ trackId: 1, box: coming })], [plate({ box: low, vehicle: 0 })]);
      const inside = { x1: 400, y1: 600, x2: 800, y2: 1000 };
      const result = hides.conceal({ ...size, timestamp: 200 }, [car({ trackId: 1, box: inside })], []);
      assert.ok(covers(result, { ...inside, y1: 760 }));
    });

    it('knows the place no more when the track has departed', () => {
      const hides = seen();
      hides.forget(1);
      const result = hides.conceal({ ...size, timestamp: 900 }, [car({ trackId: 1 })], []);
      assert.ok(covers(result, { ...vehicleBox, y1: 450 }));
    });
  });

  it('goes on hiding where a plate was that is lost for a moment, and not for long', () => {
    const hides = concealment();
    hides.conceal({ ...size, timestamp: 0 }, [], [plate()]);
    assert.ok(covers(hides.conceal({ ...size, timestamp: 300 }, [], []), plateBox));
    assert.ok(covers(hides.conceal({ ...size, timestamp: 600 }, [], []), plateBox));
    assert.deepEqual(hides.conceal({ ...size, timestamp: 900 }, [], []).regions, []);
  });

  it('does not hide where a plate was that is found a little further on', () => {
    const hides = concealment();
    hides.conceal({ ...size, timestamp: 0 }, [], [plate()]);
    const moved = { x1: 560, y1: 605, x2: 660, y2: 630 };
    assert.equal(hides.conceal({ ...size, timestamp: 66 }, [], [plate({ box: moved })]).regions.length, 1);
  });

  it('hides windscreens of strangers, when asked to, and all of those who sit in the open', () => {
    const hides = concealment({ windscreens: true });
    const vehicles = [
      car({ trackId: 1 }),
      car({ trackId: 2, label: 'motorcycle', box: { x1: 1000, y1: 300, x2: 1100, y2: 500 } }),
      car({ trackId: 3, plate: vote(friend), box: { x1: 1200, y1: 300, x2: 1600, y2: 700 } }),
    ];
    const result = hides.conceal({ ...size, timestamp: 0 }, vehicles, [plate({ vehicle: 0 })]);
    assert.ok(covers(result, { ...vehicleBox, y2: 500 }));
    assert.ok(covers(result, vehicles[1]!.box));
    assert.ok(!covers(result, { x1: 1300, y1: 350, x2: 1310, y2: 360 }));
  });

  it('is plain data that survives the way to a worker', () => {
    const { regions } = concealment({ windscreens: true }).conceal({ ...size, timestamp: 0 }, [car()], [plate()]);
    assert.deepEqual(structuredClone(regions), regions);
  });
});
