import assert from 'node:assert/strict';
import type { Box, PlateVote, Reading } from '../../src/detection/types.js';
import { plateVoting } from '../../src/reading/vote.js';
import { READINGS_PER_TRACK, ReadingMemory } from '../../src/tracking/memory.js';
import { Tracker, type Observation } from '../../src/tracking/tracker.js';
import { seededRandom } from '../support/random.js';

const SIZE = { width: 1920, height: 1080 };
const START = 1_700_000_000_000;

const at = (cx: number, cy: number, width: number, height: number, label = 'car'): Observation => ({
  box: { x1: cx - width / 2, y1: cy - height / 2, x2: cx + width / 2, y2: cy + height / 2 },
  label,
  confidence: 0.9,
});
const tracker = (options: ConstructorParameters<typeof Tracker>[0] = {}): Tracker => new Tracker(options, plateVoting);
const reading = (text: string, confidence = 0.97): Reading => ({
  text,
  confidence,
  characters: [...text].map((character) => ({ text: character, confidence })),
  candidates: [{ text, confidence: 1 }],
  lines: 1,
});
const quality = { width: 120, height: 30, sharpness: 400, timestamp: START };

/** Where a vehicle is in a frame; undefined while it is not seen. */
type Path = (frame: number) => Observation | undefined;

/** Lets vehicles drive their paths; returns the ids each got, in the order of time, without repeats. */
function drive(subject: Tracker, paths: Path[], frames: number, fps: number): { ids: number[][]; departed: number[] } {
  const ids = paths.map(() => new Set<number>());
  const departed: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const seen = paths.map((path, vehicle) => ({ vehicle, observation: path(frame) }));
    // Detectors sort by confidence: the order of the list must not matter.
    if (frame % 2 === 1) seen.reverse();
    const there = seen.filter((entry) => entry.observation !== undefined);
    const result = subject.update(
      there.map((entry) => entry.observation!),
      START + (frame * 1000) / fps,
      SIZE,
    );
    assert.equal(result.trackIds.length, there.length);
    assert.equal(new Set(result.trackIds).size, there.length, 'no id twice in a frame');
    for (const [index, { vehicle }] of there.entries()) ids[vehicle]!.add(result.trackIds[index]!);
    departed.push(...result.departed.map(({ trackId }) => trackId));
  }
  return { ids: ids.map((set) => [...set]), departed };
}

describe('tracker', () => {
  const scenes: { title: string; fps: number; frames: number; paths: Path[] }[] = [
    { title: 'a car at 30 fps', fps: 30, frames: 60, paths: [(f) => at(100 + 25 * f, 500, 200, 150)] },
    {
      title: 'a car that the detector misses every third frame and ten in a row',
      fps: 30,
      frames: 60,
      paths: [(f) => (f % 3 === 1 || (f > 30 && f < 41) ? undefined : at(100 + 20 * f, 500, 200, 150))],
    },
    {
      title: 'two cars that pass each other in opposite lanes',
      fps: 25,
      frames: 50,
      paths: [(f) => at(100 + 30 * f, 480, 220, 150), (f) => at(1600 - 30 * f, 560, 220, 150)],
    },
    {
      title: 'two cars that cross while one hides the other',
      fps: 25,
      frames: 60,
      paths: [
        (f) => at(100 + 25 * f, 500, 200, 150),
        (f) => (Math.abs(100 + 25 * f - (1500 - 25 * f)) < 160 ? undefined : at(1500 - 25 * f, 520, 200, 150)),
      ],
    },
    {
      title: 'a fast car at 5 fps whose boxes never overlap',
      fps: 5,
      frames: 6,
      paths: [(f) => at(100 + 300 * f, 500, 200, 150)],
    },
    {
      title: 'three fast cars in line at 5 fps, each more than its length on in every frame',
      fps: 5,
      frames: 7,
      paths: [0, 1, 2].map((car) => (f: number) => {
        const x = 150 + 260 * (f - 2 * car);
        return f < 2 * car || x > 1900 ? undefined : at(x, 500, 200, 150);
      }),
    },
    {
      title: 'a car that drives up and grows twelvefold',
      fps: 25,
      frames: 75,
      paths: [(f) => at(900 + 2 * f, 300 + 7 * f, 60 * 1.034 ** f, 45 * 1.034 ** f)],
    },
    {
      title: 'a standing queue with trembling boxes',
      fps: 10,
      frames: 50,
      paths: [0, 1, 2, 3].map((car) => {
        const random = seededRandom(car + 1);
        return () => at(300 + 230 * car + 8 * random(), 600 + 8 * random(), 210 + 8 * random(), 160 + 8 * random());
      }),
    },
    {
      title: 'plates that move more than their own height in every frame',
      fps: 15,
      frames: 20,
      paths: [
        (f) => at(200 + 40 * f, 300 + 26 * f, 90, 20, 'plate'),
        (f) => at(900 + 40 * f, 200 + 26 * f, 90, 20, 'plate'),
      ],
    },
  ];
  for (const { title, fps, frames, paths } of scenes) {
    it(`keeps one identity each for ${title}`, () => {
      const { ids } = drive(tracker(), paths, frames, fps);
      for (const [vehicle, own] of ids.entries())
        assert.equal(own.length, 1, `vehicle ${vehicle} had ids ${own.join()}`);
      assert.equal(new Set(ids.flat()).size, paths.length);
    });
  }

  it('keeps identities when the frame rate changes on the way', () => {
    const subject = tracker();
    const ids = new Set<number>();
    let x = 100;
    let time = START;
    for (const ms of [33, 33, 33, 200, 200, 40, 400, 33, 33]) {
      time += ms;
      x += ms * 0.7;
      ids.add(subject.update([at(x, 500, 200, 150)], time, SIZE).trackIds[0]!);
    }
    assert.deepEqual([...ids], [1]);
  });

  const newcomers: { title: string; after: number; newcomer: Observation }[] = [
    { title: 'far away in the next frame', after: 100, newcomer: at(1700, 500, 200, 150) },
    {
      title: 'six heights away a second later, where a fast one could be',
      after: 1000,
      newcomer: at(1100, 500, 200, 150),
    },
    { title: 'near, but a tenth of its area', after: 100, newcomer: at(230, 500, 63, 47) },
  ];
  for (const { title, after, newcomer } of newcomers) {
    it(`does not take a car for the one that left when it is ${title}`, () => {
      const subject = tracker();
      subject.update([at(200, 500, 200, 150)], START, SIZE);
      assert.deepEqual(subject.update([newcomer], START + after, SIZE).trackIds, [2]);
    });
  }

  it('announces each departure once, with where and how long it was seen', () => {
    const subject = tracker({ keepLostMs: 1000 });
    for (let frame = 0; frame < 10; frame++)
      subject.update([at(100 + 10 * frame, 500, 200, 150)], START + frame * 100, SIZE);
    assert.deepEqual(subject.update([], START + 1900, SIZE).departed, [], 'not yet: 1000 ms after it was last seen');
    const { departed } = subject.update([], START + 2000, SIZE);
    assert.deepEqual(departed, [
      {
        trackId: 1,
        label: 'car',
        box: at(190, 500, 200, 150).box,
        firstSeen: START,
        lastSeen: START + 900,
        frames: 10,
      },
    ]);
    assert.deepEqual(subject.update([], START + 3000, SIZE).departed, []);
    assert.deepEqual(subject.flush(), []);
  });

  /** Missed frames until the track is announced to have left; undefined: not within ten. */
  function missesToDepart(options: ConstructorParameters<typeof Tracker>[0], seen: number): number | undefined {
    const subject = tracker(options);
    for (let frame = 0; frame < seen; frame++) subject.update([at(200, 500, 200, 150)], START + frame * 33, SIZE);
    for (let missed = 1; missed <= 10; missed++) {
      if (subject.update([], START + (seen + missed) * 33, SIZE).departed.length > 0) return missed;
    }
    return undefined;
  }
  const tappasFrames = { keepTrackedFrames: 2, keepNewFrames: 2, keepLostFrames: 2 };
  const patience: [string, ConstructorParameters<typeof Tracker>[0], number, number | undefined][] = [
    ['by time only when no frames are set', {}, 5, undefined],
    ['one frame after it was lost (TAPPAS 2/2/2)', tappasFrames, 5, 3],
    ['with its last frame of grace when it was seen once (TAPPAS 2/2/2)', tappasFrames, 1, 2],
    ['after the lost frames when they are more', { ...tappasFrames, keepLostFrames: 6 }, 5, 6],
    ['by time where only new ones are counted', { keepNewFrames: 2 }, 5, undefined],
    ['by time all the same when that is over first', { ...tappasFrames, keepLostMs: 40 }, 5, 1],
  ];
  for (const [title, options, seen, expected] of patience) {
    it(`lets a track depart ${title}`, () => assert.equal(missesToDepart(options, seen), expected));
  }

  it('asks less overlap of what was seen once, where that is set', () => {
    // Half a length on: 1/3 of the joint area. Too far for the distance, which is shut off.
    const second = (options: ConstructorParameters<typeof Tracker>[0]): number => {
      const subject = tracker({ iouThreshold: 0.4, kalmanDistance: 0, ...options });
      subject.update([at(200, 500, 200, 150)], START, SIZE);
      return subject.update([at(300, 500, 200, 150)], START + 33, SIZE).trackIds[0]!;
    };
    assert.equal(second({}), 2);
    assert.equal(second({ newIouThreshold: 0.1 }), 1);
    assert.equal(second({ newIouThreshold: 0.35 }), 2);
  });

  it('matches by distance as far as the cap lets it; a cap from 0.19 up changes nothing', () => {
    const ids = (kalmanDistance?: number): number[][] => {
      const path = (frame: number): Observation => at(100 + 300 * frame, 500, 200, 150);
      return drive(tracker({ kalmanDistance }), [path], 6, 5).ids;
    };
    assert.deepEqual(ids(0.5), ids());
    assert.deepEqual(ids(0.5), [[1]]);
    assert.equal(ids(0)[0]!.length, 6, 'every box is another vehicle');
  });

  it('lets all depart on flush, and goes on counting', () => {
    const subject = tracker();
    subject.update([at(200, 500, 200, 150), at(900, 500, 200, 150)], START, SIZE);
    assert.deepEqual(subject.flush().map(({ trackId }) => trackId).sort(), [1, 2]); // prettier-ignore
    assert.deepEqual(subject.flush(), []);
    assert.deepEqual(subject.update([at(200, 500, 200, 150)], START + 33, SIZE).trackIds, [3]);
  });

  const recordings: { title: string; time: number; size: typeof SIZE }[] = [
    { title: 'frames of another size', time: START + 33, size: { width: 640, height: 480 } },
    { title: 'a clock that jumped back', time: START - 60_000, size: SIZE },
  ];
  for (const { title, time, size } of recordings) {
    it(`takes ${title} for another recording`, () => {
      const subject = tracker();
      subject.update([at(200, 300, 200, 150)], START, SIZE);
      const { trackIds, departed } = subject.update([at(200, 300, 200, 150)], time, size);
      assert.deepEqual([trackIds, departed.map(({ trackId }) => trackId)], [[2], [1]]);
    });
  }

  it('bears a frame that is a little late', () => {
    const subject = tracker();
    subject.update([at(200, 300, 200, 150)], START, SIZE);
    assert.deepEqual(subject.update([at(203, 300, 200, 150)], START - 20, SIZE).trackIds, [1]);
  });

  it('calls a vehicle what it was mostly called', () => {
    const subject = tracker();
    for (const [frame, label] of ['truck', 'car', 'car', 'car'].entries()) {
      subject.update([at(200, 500, 200, 150, label)], START + frame * 33, SIZE);
    }
    assert.equal(subject.flush()[0]!.label, 'car');
  });

  it('knows when its camera fell silent', () => {
    const subject = tracker({ silenceMs: 5000 });
    assert.equal(subject.isSilent(1e12), false, 'nothing to wait for');
    subject.update([at(200, 500, 200, 150)], START, SIZE, 10_000);
    assert.deepEqual([subject.isSilent(15_000), subject.isSilent(15_001)], [false, true]);
    subject.flush();
    assert.equal(subject.isSilent(99_000), false);
  });

  it('refuses boxes and times that are no numbers, and is as before', () => {
    const subject = tracker();
    subject.update([at(200, 500, 200, 150)], START, SIZE);
    assert.throws(() => subject.update([at(NaN, 1, 1, 1)], START + 33, SIZE), /Expected finite numbers for box/);
    assert.throws(() => subject.update([], NaN, SIZE), /Expected ms since the epoch for timestamp but received NaN/);
    assert.deepEqual(subject.update([at(203, 500, 200, 150)], START + 66, SIZE).trackIds, [1]);
  });

  const wrongOptions = [
    { iouThreshold: 2 },
    { keepLostMs: NaN },
    { settleReads: 0 },
    { rereadGrowth: 0.5 },
    { silenceMs: -1 },
    { newIouThreshold: 1.5 },
    { kalmanDistance: -0.1 },
    { keepTrackedFrames: 0 },
    { keepNewFrames: NaN },
    { keepLostFrames: 0 },
  ];
  for (const options of wrongOptions) {
    it(`refuses ${JSON.stringify(options)} and names the option`, () => {
      const name = Object.keys(options)[0]!;
      assert.throws(() => tracker(options), { code: 'ALPR_CONFIG', message: new RegExp(`for ${name} but received`) });
    });
  }

  it('stays small over 100 000 frames with a car every 40', () => {
    const subject = tracker();
    let departures = 0;
    let opened = 0;
    let most = 0;
    for (let frame = 0; frame < 100_000; frame++) {
      const step = frame % 40;
      // Every car has its own lane, so that one is never taken for the next.
      const seen = step < 20 ? [at(100 + 60 * step, 200 + 350 * (Math.floor(frame / 40) % 2), 200, 150)] : [];
      const { trackIds, departed } = subject.update(seen, START + frame * 200, SIZE);
      for (const id of trackIds) {
        subject.addReading(id, reading('AB1234'), quality);
        opened = Math.max(opened, id);
      }
      departures += departed.length;
      most = Math.max(most, subject.counts.tracks);
    }
    assert.equal(opened, 2500);
    assert.equal(departures + subject.flush().length, 2500);
    assert.ok(most <= 2, `${most} tracks at once`);
    assert.equal(subject.vote(2000), undefined, 'departed tracks are forgotten in the end');
  });
});

describe('what a track remembers', () => {
  function settled(options: ConstructorParameters<typeof Tracker>[0] = {}): Tracker {
    const subject = tracker(options);
    subject.update([at(500, 500, 200, 150)], START, SIZE);
    for (let count = 0; count < 3; count++) subject.addReading(1, reading('AB1234'), quality);
    return subject;
  }

  it('is read until its readings agree, then left alone', () => {
    const subject = tracker();
    subject.update([at(500, 500, 200, 150)], START, SIZE);
    const asked: boolean[] = [];
    for (let count = 0; count < 4; count++) {
      asked.push(subject.shouldRead(1).read);
      subject.addReading(1, reading('AB1234'), quality);
    }
    assert.deepEqual(asked, [true, true, true, false]);
    assert.equal(subject.settledPlate(1)?.text, 'AB1234');
    assert.deepEqual(subject.shouldRead(1), { read: false, reason: 'settled' });
  });

  it('is read on while its readings disagree, and says so', () => {
    const subject = tracker();
    subject.update([at(500, 500, 200, 150)], START, SIZE);
    for (const text of ['AB1234', 'AX1284', 'RB7234']) subject.addReading(1, reading(text), quality);
    assert.equal(subject.settledPlate(1), undefined);
    const { read, reason } = subject.shouldRead(1);
    assert.equal(read, true);
    assert.match(reason, /of 3 readings agree at 0\.\d\d/);
  });

  it('is read again when it is 1.6 times as wide and high as when it was last read', () => {
    const subject = settled();
    const grown = (factor: number): Box => at(500, 500, 200 * factor, 150 * factor).box;
    assert.deepEqual([1, 1.5, 1.59, 1.61].map((factor) => subject.shouldRead(1, grown(factor)).read), [false, false, false, true]); // prettier-ignore
    assert.match(subject.shouldRead(1, grown(2)).reason, /2\.0 times as large/);
  });

  it('is left alone again once it was read at its new size', () => {
    const subject = settled();
    for (let frame = 1; frame <= 10; frame++) {
      subject.update([at(500, 500, 200 * 1.07 ** frame, 150 * 1.07 ** frame)], START + frame * 100, SIZE);
    }
    assert.equal(subject.shouldRead(1).read, true);
    subject.addReading(1, reading('AB1234'), quality);
    assert.equal(subject.shouldRead(1).read, false);
  });

  it('is not looked at for ever when the larger view cannot be read', () => {
    const subject = settled();
    let looks = 0;
    for (let frame = 1; frame <= 300; frame++) {
      const factor = Math.min(2, 1.05 ** frame);
      subject.update([at(500, 500, 200 * factor, 150 * factor)], START + frame * 100, SIZE);
      if (subject.shouldRead(1).read) looks++;
    }
    assert.ok(looks >= 5 && looks <= 30, `${looks} looks`);
  });

  it('is read again after it was out of sight: it may be another vehicle', () => {
    const subject = settled();
    for (let frame = 1; frame <= 8; frame++) subject.update([], START + frame * 100, SIZE);
    assert.deepEqual(subject.update([at(505, 500, 200, 150)], START + 900, SIZE).trackIds, [1]);
    assert.deepEqual(subject.shouldRead(1), { read: true, reason: 'found again' });
    subject.addReading(1, reading('AB1234'), quality);
    assert.equal(subject.shouldRead(1).read, false);
  });

  it('is not found again in every frame of a slow camera', () => {
    const subject = settled();
    subject.update([at(505, 500, 200, 150)], START + 1000, SIZE);
    assert.equal(subject.shouldRead(1).read, false);
  });

  it('is unsettled by readings that contradict it', () => {
    const subject = settled();
    for (let count = 0; count < 3; count++) subject.addReading(1, reading('XY9876'), quality);
    assert.equal(subject.settledPlate(1), undefined);
  });

  it('leaves with its vote, and still takes readings that come late', () => {
    const subject = settled();
    const [departed] = subject.flush();
    assert.equal(departed!.plate?.text, 'AB1234');
    assert.equal(subject.addReading(1, reading('AB1234'), quality)?.reads, 4);
  });

  it('says that it is to be read when nobody knows the track, and keeps nothing of it', () => {
    const subject = tracker();
    assert.equal(subject.shouldRead(77).read, true);
    assert.equal(subject.addReading(77, reading('AB1234'), quality), undefined);
    assert.equal(subject.vote(77), undefined);
  });

  it('keeps a bounded number of readings, those that tell most', () => {
    const seen: number[] = [];
    const voting = {
      leastTelling: (readings: readonly { quality: { width: number } }[]): number => {
        const widths = readings.map(({ quality: { width } }) => width);
        return widths.indexOf(Math.min(...widths));
      },
      vote: (readings: readonly { quality: { width: number } }[]): PlateVote | undefined => {
        seen.splice(0, seen.length, ...readings.map((rated) => rated.quality.width));
        return undefined;
      },
    };
    const memory = new ReadingMemory(voting, { settleReads: 3, settleConfidence: 0.9 });
    for (let width = 1; width <= 1000; width++) memory.add(reading('A'), { ...quality, width: (width * 617) % 1001 });
    assert.equal(memory.size, READINGS_PER_TRACK);
    const heaviest = Array.from({ length: READINGS_PER_TRACK }, (_, index) => 1000 - index);
    assert.deepEqual([...seen].sort((a, b) => b - a), heaviest); // prettier-ignore
  });

  it('does not count an empty reading', () => {
    const subject = tracker();
    subject.update([at(500, 500, 200, 150)], START, SIZE);
    assert.equal(subject.addReading(1, { ...reading(''), confidence: 0 }, quality), undefined);
  });
});
