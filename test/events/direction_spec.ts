import assert from 'node:assert/strict';
import type { Box } from '../../src/detection/types.js';
import { DirectionFinder } from '../../src/events/direction.js';
import { readLine, type LineSide } from '../../src/events/line-crossing.js';
import type { Direction } from '../../src/events/plate-event.js';
import { seededRandom } from '../support/random.js';

const frame = { width: 1920, height: 1080 };

/** A car on the ground in metres, seen by a camera 3 m above it that looks along z; `focal` in frame heights. */
function carAt(x: number, z: number, focal = 2): Box {
  const metre = (focal * frame.height) / z;
  const bottom = frame.height / 2 + 1.5 * metre - 0.35 * frame.height;
  const middle = frame.width / 2 + x * metre;
  return { x1: middle - 0.9 * metre, x2: middle + 0.9 * metre, y1: bottom - 1.5 * metre, y2: bottom };
}
/** Its plate: 0.52 m wide, half a metre above the ground. */
function plateAt(x: number, z: number, focal = 2): Box {
  const { x1, x2, y2 } = carAt(x, z, focal);
  const metre = (x2 - x1) / 1.8;
  const middle = (x1 + x2) / 2;
  return { x1: middle - 0.26 * metre, x2: middle + 0.26 * metre, y1: y2 - 0.6 * metre, y2: y2 - 0.49 * metre };
}

type Path = (share: number) => [x: number, z: number];
const straight =
  (from: [number, number], to: [number, number]): Path =>
  (share) => [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];

/** Drives along a path in so many frames, with boxes that tremble by a share of their size; says every change. */
function drive(
  finder: DirectionFinder,
  path: Path,
  { frames = 20, tremble = 0, focal = 2, what = 'vehicle', seed = 7 } = {},
): (Direction | undefined)[] {
  const random = seededRandom(seed);
  const said: (Direction | undefined)[] = [];
  for (let step = 0; step < frames; step++) {
    const box = (what === 'vehicle' ? carAt : plateAt)(...path(step / (frames - 1)), focal);
    const noise = (): number => (random() - 0.5) * 2 * tremble * (box.y2 - box.y1);
    const seen = { x1: box.x1 + noise(), y1: box.y1 + noise(), x2: box.x2 + noise(), y2: box.y2 + noise() };
    if (what === 'vehicle') finder.seeVehicle(seen, frame);
    else finder.seePlate(seen, frame);
    if (finder.direction !== said.at(-1)) said.push(finder.direction);
  }
  return said;
}
const byMovement = (closer: 'in' | 'out' = 'in'): DirectionFinder => new DirectionFinder({ line: undefined, closer });

describe('direction by movement', () => {
  const courses: { title: string; path: Path; is: Direction }[] = [
    { title: 'straight towards the camera', path: straight([0, 30], [0, 10]), is: 'in' },
    { title: 'towards it on the other side of the road', path: straight([4, 40], [4, 14]), is: 'in' },
    { title: 'straight away', path: straight([-2, 10], [-2, 35]), is: 'out' },
    { title: 'past it from left to right', path: straight([-8, 20], [8, 20]), is: 'right' },
    { title: 'past it from right to left, a little askew', path: straight([8, 22], [-8, 20]), is: 'left' },
  ];
  for (const { title, path, is } of courses) {
    for (const tremble of [0, 0.04]) {
      it(`is ${is} for a car that drives ${title}${tremble > 0 ? ', with trembling boxes' : ''}`, () => {
        assert.deepEqual(drive(byMovement(), path, { tremble }), [is]);
      });
    }
    it(`is ${is} for a plate that moves ${title}`, () => {
      assert.deepEqual(drive(byMovement(), path, { what: 'plate' }), [is]);
    });
    for (const focal of [1, 6]) {
      // At 6 heights of focal length a car at the side of the road is out of the picture.
      const narrow: Path = (share) => (focal === 6 ? [path(share)[0] / 4, path(share)[1] * 2] : path(share));
      it(`is ${is} ${focal === 1 ? 'through a wide' : 'through a long'} lens for a car that drives ${title}`, () => {
        if (focal === 6 && (is === 'left' || is === 'right')) {
          const flat: Path = (share) => [path(share)[0] / 2.5, 40];
          assert.deepEqual(drive(byMovement(), flat, { focal }), [is]);
        } else assert.deepEqual(drive(byMovement(), narrow, { focal }), [is]);
      });
    }
  }

  it('is the other way round where vehicles that come closer go out', () => {
    assert.deepEqual(drive(byMovement('out'), straight([0, 30], [0, 10])), ['out']);
    assert.deepEqual(drive(byMovement('out'), straight([0, 10], [0, 30])), ['in']);
    assert.deepEqual(drive(byMovement('out'), straight([-8, 20], [8, 20])), ['right']);
  });

  it('stays unknown for a parked car whose box trembles, however long', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const said = drive(byMovement(), () => [2, 18], { frames: 500, tremble: 0.06, seed });
      assert.deepEqual(said, [], `seed ${seed}: ${said.join()}`);
    }
  });

  it('stays unknown for few sightings, and for a car that hardly moves', () => {
    assert.deepEqual(drive(byMovement(), straight([0, 30], [0, 10]), { frames: 3 }), []);
    assert.deepEqual(drive(byMovement(), straight([0, 20], [0, 18.9])), []);
    assert.deepEqual(drive(byMovement(), straight([-1, 20], [1, 20])), []);
  });

  it('does not turn round for a moment of bad boxes', () => {
    const finder = byMovement();
    drive(finder, straight([0, 30], [0, 10]));
    for (let box = 0; box < 2; box++) finder.seeVehicle(carAt(0, 25), frame);
    assert.deepEqual(
      drive(finder, () => [0, 10]),
      ['in'],
    );
  });

  it('does not believe one bad box, at the start or on the way', () => {
    const finder = byMovement();
    const { x1, x2, y2 } = carAt(0, 20);
    finder.seeVehicle({ x1, x2, y1: y2 - 20, y2 }, frame);
    assert.deepEqual(
      drive(finder, () => [0, 20]),
      [],
    );
    const other = byMovement();
    drive(other, straight([0, 20], [0, 18.9]));
    other.seeVehicle(carAt(0, 9), frame);
    assert.deepEqual(
      drive(other, () => [0, 18.9]),
      [],
    );
  });

  it('is told once and does not flicker while a car comes, waits at the gate and goes on', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const path: Path = (share) => [0, share < 0.3 ? 30 - 60 * share : share < 0.8 ? 12 : 12 - 15 * (share - 0.8)];
      assert.deepEqual(drive(byMovement(), path, { frames: 200, tremble: 0.05, seed }), ['in'], `seed ${seed}`);
    }
  });

  it('turns round with the car', () => {
    const path: Path = (share) => [0, share < 0.5 ? 30 - 40 * share : 10 + 40 * (share - 0.5)];
    assert.deepEqual(drive(byMovement(), path, { frames: 40 }), ['in', 'out']);
  });

  it('stays in for a car that came closer and then turns off to the side', () => {
    const path: Path = (share) => (share < 0.5 ? [-3, 30 - 36 * share] : [-3 + 14 * (share - 0.5), 12]);
    assert.deepEqual(drive(byMovement(), path, { frames: 40 }), ['in']);
  });

  it('takes no box for smaller because the edge of the picture cuts it', () => {
    const finder = byMovement();
    drive(finder, straight([0, 30], [0, 10]));
    // It passes below: less and less of it is in the picture.
    for (let height = 500; height > 20; height -= 20) {
      finder.seeVehicle({ x1: 700, x2: 1300, y1: 1080 - height, y2: 1080 }, frame);
    }
    assert.equal(finder.direction, 'in');
  });

  it('comes from the plate where the vehicle fills the picture', () => {
    const finder = byMovement();
    for (let step = 0; step < 12; step++) {
      finder.seeVehicle({ x1: 0, y1: 0, x2: 1920, y2: 1080 }, frame);
      finder.seePlate(plateAt(0, 12 - 0.6 * step), frame);
    }
    assert.equal(finder.direction, 'in');
  });

  it('stays unknown for boxes that make no sense', () => {
    const finder = byMovement();
    for (const value of [NaN, Infinity, -Infinity, 0, 1e308, -5]) {
      finder.seeVehicle({ x1: value, y1: value, x2: value, y2: value }, frame);
      finder.seePlate({ x1: 0, y1: 0, x2: value, y2: value }, { width: value, height: value });
      finder.seeVehicle(carAt(0, 20), { width: 0, height: NaN });
    }
    assert.equal(finder.direction, undefined);
  });
});

describe('direction by a line', () => {
  const byLine = (line: string, side: LineSide = 'below'): DirectionFinder =>
    new DirectionFinder({ line: readLine(line, side), closer: 'out' });
  /** Moves the lower edge of a car through points of the picture. */
  function pass(finder: DirectionFinder, ...points: [x: number, y: number][]): (Direction | undefined)[] {
    return points.map(([x, y]) => {
      const [px, py] = [x * frame.width, y * frame.height];
      finder.seeVehicle({ x1: px - 100, x2: px + 100, y1: py - 150, y2: py }, frame);
      return finder.direction;
    });
  }

  it('is in towards the side that is in, out the other way, and unknown before', () => {
    const level = '0.1,0.6 0.9,0.6';
    const down: [number, number][] = [[0.5, 0.4], [0.5, 0.55], [0.5, 0.65], [0.5, 0.8]]; // prettier-ignore
    assert.deepEqual(pass(byLine(level), ...down), [undefined, undefined, 'in', 'in']);
    assert.deepEqual(pass(byLine(level, 'above'), ...down), [undefined, undefined, 'out', 'out']);
    assert.deepEqual(pass(byLine(level), ...down.reverse()), [undefined, undefined, 'out', 'out']);
    // The order of the line's points does not matter.
    assert.deepEqual(pass(byLine('0.9,0.6 0.1,0.6'), ...down), [undefined, undefined, 'out', 'out']);
    const right: [number, number][] = [[0.2, 0.5], [0.8, 0.5]]; // prettier-ignore
    assert.deepEqual(pass(byLine('0.5,0.1 0.5,0.9', 'right'), ...right), [undefined, 'in']);
    assert.deepEqual(pass(byLine('0.5,0.1 0.5,0.9', 'left'), ...right), [undefined, 'out']);
    assert.deepEqual(pass(byLine('0.4,0.1 0.6,0.9', 'above'), ...right), [undefined, 'in']);
  });

  it('is unknown for who passes beside the line, or never reaches it, however much it grows', () => {
    const finder = byLine('0.4,0.6 0.6,0.6');
    assert.deepEqual(pass(finder, [0.8, 0.4], [0.8, 0.9]), [undefined, undefined]);
    assert.deepEqual(drive(byLine('0.1,0.99 0.9,0.99'), straight([0, 40], [0, 15])), []);
  });

  it('does not flicker for a car that waits on the line', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const finder = byLine('0.1,0.6 0.9,0.6');
      const tremble: [number, number][] = Array.from({ length: 300 }, () => [0.5, 0.6 + 0.018 * 2 * (random() - 0.5)]);
      const said = new Set(pass(finder, [0.5, 0.5], ...tremble));
      assert.deepEqual([...said], [undefined]);
      assert.deepEqual(pass(finder, [0.5, 0.7], ...tremble, [0.5, 0.75]).at(-1), 'in');
    }
  });

  it('is the last crossing for a car that goes in and out again', () => {
    assert.deepEqual(pass(byLine('0.1,0.6 0.9,0.6'), [0.5, 0.5], [0.5, 0.7], [0.4, 0.5], [0.4, 0.7]).slice(1), ['in', 'out', 'in']); // prettier-ignore
  });

  it('counts a crossing that happened while the car was lost and found', () => {
    const line = '0.1,0.6 0.9,0.6';
    const [before, after] = [byLine(line), byLine(line)];
    pass(before, [0.5, 0.4], [0.5, 0.5]);
    pass(after, [0.5, 0.7]);
    after.follow(before);
    assert.equal(after.direction, 'in');
    const [crossed, stays] = [byLine(line), byLine(line)];
    pass(crossed, [0.5, 0.4], [0.5, 0.7]);
    stays.follow(crossed);
    assert.equal(stays.direction, 'in');
    pass(stays, [0.5, 0.8], [0.5, 0.4]);
    assert.equal(stays.direction, 'out');
  });

  it('goes by the middle of the plate where no vehicle is tracked, and by the vehicle where one is', () => {
    const finder = byLine('0.1,0.6 0.9,0.6');
    const plate = (y: number): Box => ({ x1: 900, x2: 1000, y1: y * 1080 - 10, y2: y * 1080 + 10 });
    finder.seePlate(plate(0.5), frame);
    finder.seePlate(plate(0.7), frame);
    assert.equal(finder.direction, 'in');
    const car = byLine('0.1,0.6 0.9,0.6');
    pass(car, [0.5, 0.7]);
    car.seePlate(plate(0.5), frame);
    car.seePlate(plate(0.8), frame);
    assert.equal(car.direction, undefined);
  });

  it('is unknown for boxes and frames that make no sense', () => {
    const finder = byLine('0.1,0.6 0.9,0.6');
    for (const value of [NaN, Infinity, -1e308]) {
      finder.seeVehicle({ x1: value, y1: 0, x2: value, y2: value }, frame);
      finder.seeVehicle(carAt(0, 20), { width: value, height: 0 });
    }
    assert.equal(finder.direction, undefined);
  });

  const wrong: [string, unknown, LineSide, RegExp][] = [
    ['one point', '0.1,0.5', 'below', /Expected 2 points for line but received 1$/],
    ['three points', '0,0 1,0 1,1', 'below', /received 3$/],
    ['twice the same point', '0.5,0.5 0.5,0.501', 'left', /at least 0\.02 apart for line/],
    ['a level line for left', '0.1,0.5 0.9,0.5', 'left', /a line that has a side left but received a level one$/],
    ['an upright line for below', '0.5,0.1 0.5,0.9', 'below', /has a side below but received an upright one$/],
    ['pixels', '100,500 900,500', 'below', /from 0 to 1 for point 1 of line but received "100,500"$/],
    ['broken JSON', '[[0,1]', 'below', /received broken JSON$/],
    ['a novel', '0,0 '.repeat(6000), 'below', /two points for line but received 24000 characters$/],
    ['something else than text', [[0, 0], [1, 1]], 'below', /Expected text for line but received object$/], // prettier-ignore
  ];
  for (const [title, setting, side, message] of wrong) {
    it(`is refused for ${title}`, () => {
      assert.throws(() => readLine(setting, side), { code: 'ALPR_CONFIG', message });
    });
  }

  it('may be given as JSON, and not at all', () => {
    assert.deepEqual(readLine('[[0.1, 0.6], {"x": 0.9, "y": 0.6}]', 'below'), readLine('0.1,0.6 0.9,0.6', 'below'));
    assert.equal(readLine('', 'below'), undefined);
  });
});
