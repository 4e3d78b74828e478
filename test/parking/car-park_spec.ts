import assert from 'node:assert/strict';
import { CarPark, type Outcome } from '../../src/parking/car-park.js';
import { dwellOf, plateOf, remarksOf, type ParkingSession, type Side, type Sight } from '../../src/parking/session.js';
import { seededRandom } from '../support/random.js';

const MINUTE = 60_000;

let number = 0;

function emptyPark(rules: { distance?: number; repeatMs?: number } = {}): CarPark {
  return new CarPark({ distance: 1, repeatMs: MINUTE, ...rules }, () => `stay ${++number}`);
}

/** A car seen at a time in minutes. */
function pass(park: CarPark, side: Side, plate: string, minutes: number, more: Partial<Sight> = {}): Outcome {
  return park.pass({ plate, at: minutes * MINUTE, ...more }, side);
}

function stayOf(outcome: Outcome): ParkingSession {
  assert.ok('session' in outcome, `Expected a stay but received ${outcome.kind}`);
  return outcome.session;
}

const plates = (park: CarPark): string[] => park.inside.map(plateOf).sort();

describe('A car park', () => {
  it('pairs entry and exit of one plate, however it is written, and knows how long it stayed', () => {
    const park = emptyPark();
    assert.equal(pass(park, 'in', 'AB-12 CDE', 0).kind, 'entered');
    pass(park, 'in', 'XY99ZZZ', 1);
    assert.deepEqual([park.count, plates(park)], [2, ['AB-12 CDE', 'XY99ZZZ']]);
    const left = pass(park, 'out', 'ab12cde', 45);
    assert.equal(left.kind, 'left');
    assert.equal(dwellOf(stayOf(left)), 45 * MINUTE);
    assert.deepEqual(remarksOf(stayOf(left)), []);
    assert.deepEqual([park.count, plates(park)], [1, ['XY99ZZZ']]);
  });

  it('pairs a misread exit with the nearest car inside, and says so', () => {
    const park = emptyPark();
    pass(park, 'in', 'KA51MD7349', 0);
    pass(park, 'in', 'KA51MD7B49', 5);
    // 8 for B costs half an edit, 8 for 3 a whole one.
    const left = stayOf(pass(park, 'out', 'KA51MD7849', 60));
    assert.equal(plateOf(left), 'KA51MD7B49');
    assert.equal(left.distance, 0.5);
    assert.deepEqual(remarksOf(left), ['similar']);
    assert.equal(left.exit!.plate, 'KA51MD7849');
  });

  it('takes the very plate before a similar one that has been there longer', () => {
    const park = emptyPark();
    pass(park, 'in', 'FL4001', 0);
    pass(park, 'in', 'FL4002', 5);
    assert.equal(plateOf(stayOf(pass(park, 'out', 'FL4002', 60))), 'FL4002');
    assert.deepEqual(plates(park), ['FL4001']);
  });

  it('takes the car that has been there longest when two are as similar, and marks the stay', () => {
    const park = emptyPark();
    pass(park, 'in', 'FL4001', 10);
    pass(park, 'in', 'FL4003', 5);
    const left = stayOf(pass(park, 'out', 'FL4007', 60));
    assert.equal(plateOf(left), 'FL4003');
    assert.deepEqual(remarksOf(left), ['similar', 'ambiguous']);
  });

  it('counts two similar cars that come one after the other as two', () => {
    const park = emptyPark();
    pass(park, 'in', 'FL4001', 0);
    assert.equal(pass(park, 'in', 'FL4002', 0.2).kind, 'entered');
    assert.equal(park.count, 2);
    pass(park, 'out', 'FL4001', 60);
    assert.equal(pass(park, 'out', 'FL4002', 60.2).kind, 'left');
    assert.equal(park.count, 0);
  });

  for (const [plate, other, paired] of [
    ['ABCDEF', 'ABCDEX', true],
    ['ABCDEF', 'ABCDXX', false],
    ['ABC', 'ABX', false],
    ['AB0', 'ABO', true],
  ] as const) {
    it(`${paired ? 'takes' : 'does not take'} ${other} at the exit for ${plate}`, () => {
      const park = emptyPark();
      pass(park, 'in', plate, 0);
      assert.equal(stayOf(pass(park, 'out', other, 60)).entry !== undefined, paired);
    });
  }

  it('compares hashes as they are', () => {
    const park = emptyPark();
    pass(park, 'in', 'h1-00ab', 0, { hashed: true });
    assert.equal(stayOf(pass(park, 'out', 'h1-00aB', 5, { hashed: true })).entry, undefined);
    assert.equal(stayOf(pass(park, 'out', 'h1-00ab', 6, { hashed: true })).entry!.plate, 'h1-00ab');
  });

  it('writes an exit of a car that was not seen coming down without a dwell time, and leaves the count alone', () => {
    const park = emptyPark();
    pass(park, 'in', 'AB12CDE', 0);
    const left = stayOf(pass(park, 'out', 'ZZ99999', 10));
    assert.deepEqual([left.entry, dwellOf(left), remarksOf(left)], [undefined, undefined, ['unknown-entry']]);
    assert.equal(park.count, 1);
  });

  it('ends the stay of a car that comes again without having been seen leaving, and begins another', () => {
    const park = emptyPark();
    const first = stayOf(pass(park, 'in', 'AB12CDE', 0));
    const outcome = pass(park, 'in', 'AB12CDE', 300);
    assert.equal(outcome.kind, 'entered');
    assert.equal(outcome.kind === 'entered' && outcome.missedExit?.id, first.id);
    assert.equal(park.count, 1);
    const ended = [...park.ended()];
    assert.deepEqual(ended.map(remarksOf), [['missed-exit']]);
    assert.equal(dwellOf(ended[0]!), undefined);
    assert.equal(dwellOf(stayOf(pass(park, 'out', 'AB12CDE', 310))), 10 * MINUTE);
  });

  it('takes a car that waits at the entry or the exit for one, also when a look-alike is read', () => {
    const park = emptyPark();
    pass(park, 'in', 'AB12CDO', 0);
    assert.equal(pass(park, 'in', 'AB12CD0', 0.9).kind, 'repeat');
    assert.equal(pass(park, 'in', 'AB12CDO', 1.8).kind, 'repeat');
    assert.equal(park.count, 1);
    pass(park, 'out', 'AB12CDO', 60);
    assert.equal(pass(park, 'out', 'AB12CDO', 60.9).kind, 'repeat');
    assert.equal(pass(park, 'out', 'AB12CD0', 61.8).kind, 'repeat');
    assert.equal([...park.ended()].length, 1);
  });

  it('lets a car turn round on the road: out, in again and out within a minute', () => {
    const park = emptyPark();
    pass(park, 'in', 'AB12CDE', 0);
    pass(park, 'out', 'AB12CDE', 10);
    assert.equal(pass(park, 'in', 'AB12CDE', 10.3).kind, 'entered');
    assert.equal(pass(park, 'out', 'AB12CDE', 10.6).kind, 'left');
    assert.equal(park.count, 0);
  });

  it('does not pair an exit that was told late with a stay that began after it', () => {
    const park = emptyPark();
    pass(park, 'in', 'AB12CDE', 100);
    assert.equal(stayOf(pass(park, 'out', 'AB12CDE', 50)).entry, undefined);
    assert.equal(park.count, 1);
  });

  it('forgives clocks that differ by some seconds: a dwell time is never negative', () => {
    const park = emptyPark();
    pass(park, 'in', 'AB12CDE', 100);
    assert.equal(dwellOf(stayOf(pass(park, 'out', 'AB12CDE', 99.5))), 0);
  });

  describe('with a count that was corrected', () => {
    it('lets cars that came unseen leave', () => {
      const park = emptyPark();
      pass(park, 'in', 'AB12CDE', 0);
      park.correct(3);
      assert.equal(park.count, 3);
      pass(park, 'out', 'UN1', 10);
      pass(park, 'out', 'UN222', 12);
      assert.equal(park.count, 1);
      pass(park, 'out', 'UN33333', 14);
      assert.equal(park.count, 1, 'nobody else was there unseen');
    });

    it('does not count a car twice that had left unseen and comes again', () => {
      const park = emptyPark();
      pass(park, 'in', 'AB12CDE', 0);
      pass(park, 'in', 'XY99ZZZ', 1);
      park.correct(1);
      pass(park, 'in', 'AB12CDE', 300);
      assert.equal(park.count, 2);
      pass(park, 'out', 'XY99ZZZ', 301);
      pass(park, 'out', 'AB12CDE', 302);
      assert.equal(park.count, 0);
    });

    it('does not take a car off twice that is then removed by hand', () => {
      const park = emptyPark();
      const { id } = stayOf(pass(park, 'in', 'AB12CDE', 0));
      pass(park, 'in', 'XY99ZZZ', 1);
      park.correct(1);
      assert.deepEqual(remarksOf(park.remove(id, 5 * MINUTE)!), ['removed']);
      assert.deepEqual([park.count, plates(park)], [1, ['XY99ZZZ']]);
      assert.equal(park.remove(id, 5 * MINUTE), undefined);
    });

    it('never counts fewer than none', () => {
      const park = emptyPark();
      pass(park, 'in', 'AB12CDE', 0);
      park.correct(-4);
      assert.equal(park.count, 0);
      pass(park, 'out', 'AB12CDE', 3);
      assert.equal(park.count, 0);
      pass(park, 'in', 'XY99ZZZ', 4);
      assert.equal(park.count, 1);
    });
  });

  describe('when a visit says more than one thing', () => {
    it('counts it once', () => {
      const park = emptyPark({ repeatMs: 0 });
      pass(park, 'in', 'AB12CDE', 0, { visit: 'v' });
      assert.equal(pass(park, 'in', 'AB12CDE', 9, { visit: 'v' }).kind, 'known');
      assert.equal(park.count, 1);
    });

    it('corrects the entry with a better reading', () => {
      const park = emptyPark();
      pass(park, 'in', 'AB12XXX', 0, { visit: 'v' });
      const outcome = pass(park, 'in', 'AB12CDE', 0.1, { visit: 'v' });
      assert.equal(outcome.kind === 'entered' && outcome.corrects, 'AB12XXX');
      assert.deepEqual([park.count, plates(park)], [1, ['AB12CDE']]);
    });

    it('gives a car back that a misread exit had taken, and lets the right one go', () => {
      const park = emptyPark();
      pass(park, 'in', 'FL4001', 0);
      pass(park, 'in', 'FL4782', 1);
      assert.equal(plateOf(stayOf(pass(park, 'out', 'FL4011', 60, { visit: 'v' }))), 'FL4001');
      const outcome = pass(park, 'out', 'FL4782', 60.1, { visit: 'v' });
      assert.equal(outcome.kind === 'left' && outcome.corrects, 'FL4011');
      assert.deepEqual(plates(park), ['FL4001']);
    });

    it('undoes a missed exit that a misreading had found', () => {
      const park = emptyPark();
      pass(park, 'in', 'AB12CDE', 0);
      pass(park, 'in', 'AB12CDE', 100, { visit: 'v' });
      pass(park, 'in', 'AB12CXX', 100.1, { visit: 'v' });
      assert.deepEqual(plates(park), ['AB12CDE', 'AB12CXX']);
      assert.deepEqual([...park.ended()], []);
    });

    it('puts only the text right when the car has left meanwhile', () => {
      const park = emptyPark();
      pass(park, 'in', 'AB12CDF', 0, { visit: 'v' });
      pass(park, 'out', 'AB12CDE', 10);
      const outcome = pass(park, 'in', 'AB12CDE', 11, { visit: 'v' });
      assert.equal(outcome.kind, 'entered');
      assert.equal(park.count, 0);
      assert.deepEqual([...park.ended()].map(plateOf), ['AB12CDE']);
    });

    it('forgets a car that turned back in view of the camera', () => {
      const park = emptyPark();
      pass(park, 'in', 'AB12CDE', 0, { visit: 'v' });
      assert.equal(pass(park, 'out', 'AB12CDE', 1, { visit: 'v' }).kind, 'withdrawn');
      assert.deepEqual([park.count, [...park.ended()]], [0, []]);
      assert.equal(pass(park, 'out', 'AB12CDE', 2, { visit: 'v' }).kind, 'known');
      pass(park, 'in', 'XY99ZZZ', 3);
      pass(park, 'out', 'XY99ZZZ', 30, { visit: 'w' });
      assert.equal(pass(park, 'in', 'XY99ZZZ', 31, { visit: 'w' }).kind, 'withdrawn');
      assert.deepEqual(plates(park), ['XY99ZZZ']);
    });
  });

  it('takes cars as gone that have been inside too long, and erases stays that ended long ago', () => {
    const park = emptyPark();
    pass(park, 'in', 'OLD1111', 0);
    pass(park, 'in', 'NEW2222', 90);
    pass(park, 'in', 'GONE333', 1);
    pass(park, 'out', 'GONE333', 2);
    park.expire(100 * MINUTE, 50 * MINUTE, 60 * MINUTE);
    assert.deepEqual([park.count, plates(park)], [1, ['NEW2222']]);
    assert.deepEqual(
      [...park.ended()].map((session) => [plateOf(session), remarksOf(session)]),
      [['OLD1111', ['expired']]],
    );
  });

  it('forgets a plate wherever it stands, and goes on counting the car', () => {
    const park = emptyPark();
    pass(park, 'in', 'AB12CDE', 0);
    pass(park, 'out', 'AB12CDE', 10);
    pass(park, 'in', 'AB12CDF', 20);
    pass(park, 'out', 'AB12CDE', 30);
    pass(park, 'in', 'AB12CDE', 100);
    pass(park, 'in', 'XY99ZZZ', 100);
    assert.equal(park.forget('ab 12 cde'), 3);
    assert.ok(!JSON.stringify(park.state).includes('AB12CDE'));
    assert.deepEqual([park.count, plates(park)], [2, ['XY99ZZZ']]);
    pass(park, 'out', 'AB12CDE', 120);
    assert.equal(park.count, 1);
  });

  it('counts right whatever many cars do, also after everything was written down and loaded again', () => {
    const next = seededRandom(20261120);
    for (let round = 0; round < 20; round++) {
      let park = emptyPark({ repeatMs: 0 });
      const inside = new Set<string>();
      for (let minute = 1; minute < 300; minute++) {
        const plate = `CAR${Math.floor(next() * 40) * 7919}`;
        const side = inside.has(plate) ? 'out' : 'in';
        if (side === 'in') inside.add(plate);
        else inside.delete(plate);
        pass(park, side, plate, minute, { visit: `${round}-${minute}` });
        if (next() < 0.05) {
          const { state } = park;
          park = emptyPark({ repeatMs: 0 });
          park.load(JSON.parse(JSON.stringify(state)) as typeof state);
          assert.equal(pass(park, side, plate, minute, { visit: `${round}-${minute}` }).kind, 'known', 'told twice');
        }
        assert.deepEqual(plates(park), [...inside].sort());
        assert.equal(park.count, inside.size);
      }
    }
  });

  it('is after a visit that turned back as it was before it, whatever the visit did', () => {
    const next = seededRandom(7);
    const letters = 'AB08';
    for (let round = 0; round < 300; round++) {
      const park = emptyPark({ repeatMs: 0 });
      const plate = (): string => `X${Array.from({ length: 5 }, () => letters[Math.floor(next() * 4)]).join('')}`;
      for (let minute = 0; minute < 12; minute++) pass(park, next() < 0.6 ? 'in' : 'out', plate(), minute);
      if (next() < 0.5) park.correct(Math.floor(next() * 8));
      const before = sorted(park);
      const side = next() < 0.5 ? 'in' : 'out';
      const text = plate();
      pass(park, side, text, 100, { visit: 'v' });
      assert.ok(park.count >= 0);
      pass(park, side === 'in' ? 'out' : 'in', text, 101, { visit: 'v' });
      assert.deepEqual(sorted(park), before, `round ${round}`);
    }
  });

  /** What a park holds, in an order that does not depend on what happened. */
  function sorted(park: CarPark): unknown {
    const { sessions, adjustment } = park.state;
    return [adjustment, [...sessions].sort((a, b) => a.id.localeCompare(b.id))];
  }
});
