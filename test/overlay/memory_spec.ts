import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import { OverlayMemory, type MemoryOptions, type Sight } from '../../src/overlay/memory.js';

const all: MemoryOptions = { trails: true, lastPlates: true };

function vote(text: string): PlateVote {
  return { text, confidence: 0.9, characters: [], candidates: [], reads: 3, agreeing: 3, settled: true };
}

/** A car that comes down the picture, ten frames a second. */
function sight(step: number, more: Partial<Sight> = {}): Sight {
  const y1 = 100 + step * 20;
  const vehicle: Vehicle = { box: { x1: 400, y1, x2: 600, y2: y1 + 150 }, label: 'car', confidence: 1, trackId: 7 };
  return {
    ...{ cameraId: 'gate', timestamp: 1000 + step * 100, width: 1280, height: 720, tracker: 't' },
    ...{ vehicles: [vehicle], plates: [] },
    ...more,
  };
}

const plate: Plate = { box: { x1: 450, y1: 200, x2: 550, y2: 225 }, confidence: 1, text: 'AB12', textConfidence: 0.9 };

/** Points of track 7 after five frames, something else and a frame more. */
function pointsAfter(then: (memory: OverlayMemory) => void, last: Partial<Sight> = {}): number {
  const memory = new OverlayMemory(all);
  for (let step = 0; step < 5; step++) memory.see(sight(step));
  then(memory);
  return memory.see(sight(5, last)).trails!.of(7).length;
}

describe('What an overlay remembers', () => {
  const cases: [string, number, (memory: OverlayMemory) => void, Partial<Sight>][] = [
    ['the way of a track', 6, () => undefined, {}],
    ['nothing of a track that left', 1, (memory) => memory.depart('gate', [{ trackId: 7 }]), {}],
    ['that of a track when another left', 6, (memory) => memory.depart('gate', [{ trackId: 8 }]), {}],
    ['that of a track when one of another camera left', 6, (memory) => memory.depart('yard', [{ trackId: 7 }]), {}],
    ['nothing when the source has ended', 1, (memory) => memory.end('gate'), {}],
    ['nothing of a camera that is forgotten', 1, (memory) => memory.forget('gate'), {}],
    ['nothing when all is forgotten', 1, (memory) => memory.forget(), {}],
    ['nothing of another tracker’s tracks, which have the same numbers', 1, () => undefined, { tracker: 'other' }],
    ['nothing when the recording begins again', 1, () => undefined, { timestamp: -5000 }],
  ];
  for (const [what, points, then, last] of cases) {
    it(`is ${what}`, () => assert.equal(pointsAfter(then, last), points));
  }

  it('is nothing of a track that left with the frame itself', () => {
    assert.equal(
      pointsAfter((memory) => void memory.see(sight(4, { departed: [{ trackId: 7 }] }))),
      1,
    );
  });

  it('is where a vehicle stands, and in flows without vehicles the middle of the plate', () => {
    const memory = new OverlayMemory(all);
    assert.deepEqual(memory.see(sight(0)).trails!.of(7), [{ x: 500 / 1280, y: 250 / 720 }]);
    const plates = [{ ...plate, trackId: 3 }];
    const seen = memory.see(sight(1, { cameraId: 'yard', vehicles: [], plates }));
    assert.deepEqual(seen.trails!.of(3), [{ x: 500 / 1280, y: 212.5 / 720 }]);
  });

  it('is the last plates, with the text of the track', () => {
    const memory = new OverlayMemory(all);
    const first = memory.see(sight(0, { plates: [{ ...plate, vehicle: 0 }] })).strip!;
    first.done(true);
    const settled = sight(1);
    settled.vehicles[0]!.plate = vote('AB123');
    const strip = memory.see(settled).strip!;
    assert.deepEqual(
      strip.plates.map(({ text, settled: isSettled }) => [text, isSettled]),
      [['AB123', true]],
    );
    strip.done(true);
    memory.end('gate');
    assert.equal(memory.see(sight(2)).strip!.plates.length, 1, 'after the end of the source they still are the last');
  });

  it('is no plate that was held back or must be hidden', () => {
    const conceal = { who: 'strangers', windscreens: false, isReadable: (text: string) => text === 'FR1' } as const;
    const memory = new OverlayMemory({ ...all, conceal });
    const plates: Plate[] = [
      plate,
      { ...plate, text: 'FR1', held: { code: 'confidence', reason: 'x' } },
      { ...plate, text: 'FR1', box: { x1: 900, y1: 200, x2: 1000, y2: 225 } },
    ];
    const seen = memory.see(sight(0, { vehicles: [], plates }));
    assert.deepEqual(
      seen.strip!.plates.map(({ text }) => text),
      ['FR1'],
    );
    assert.deepEqual(
      seen.strip!.cuts.map(({ corners }) => corners[0].x > 880),
      [true],
    );
    assert.deepEqual([...seen.hidden!.plates], plates.slice(0, 2));
  });

  it('is nothing that was not asked for', () => {
    const seen = new OverlayMemory({ trails: false, lastPlates: false }).see(sight(0, { plates: [plate] }));
    assert.deepEqual([seen.trails, seen.strip, seen.hidden], [undefined, undefined, undefined]);
  });

  it('is of 32 cameras, those of late', () => {
    const memory = new OverlayMemory(all);
    for (let n = 0; n < 100; n++) {
      memory.see(sight(0, { cameraId: 'gate' }));
      memory.see(sight(0, { cameraId: `camera ${n}` }));
    }
    assert.equal(memory.size, 32);
    assert.equal(memory.see(sight(1)).trails!.of(7).length, 2, 'the one that is always in use');
  });

  it('tells how many frames a second come', () => {
    let now = 0;
    const memory = new OverlayMemory(all, () => now);
    assert.equal(memory.see(sight(0)).rate, undefined);
    let rate: number | undefined;
    for (let step = 1; step < 100; step++) {
      now += 40;
      ({ rate } = memory.see(sight(step)));
    }
    assert.equal(Math.round(rate! * 100) / 100, 25);
    now += 60_000;
    assert.equal(memory.see(sight(101)).rate, undefined, 'after a long pause');
  });
});
