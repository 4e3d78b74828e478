import assert from 'node:assert/strict';
import { readViewArea } from '../../src/areas/view-area.js';
import { MotionGate, type Motion, type MotionOptions } from '../../src/motion/motion-gate.js';
import { seededRandom } from '../support/random.js';
import { loadRoad, RoadCamera, type Road, type Shot } from '../support/road-scene.js';

const FPS = 12.5;
/** Of the sample's 1920 × 1080. */
const SHRINK = 4;
/** Frames after which the gate knows the scene. */
const KNOWN = 10 * FPS;
const options: MotionOptions = { share: 0.5, holdMs: 500, idleIntervalMs: 0 };
const random = seededRandom(3);
const pixel = (): number => Math.floor(random() * 3) - 1;

/** Everything that changes in a picture although nothing drives in it; by frame. */
const weather: Record<string, (frame: number) => Shot> = {
  'noise by day': () => ({}),
  'noise by night': () => ({ noise: 8, light: 0.3 }),
  'the camera’s clock': (frame) => ({ clock: frame / FPS }),
  'light that rises and falls': (frame) => ({ light: 1 + 0.33 * Math.sin(frame / 40) }),
  'exposure that jumps': (frame) => ({ light: frame % 50 < 25 ? 1 : 0.8 }),
  'a camera that shakes by a pixel': () => ({ shake: [pixel(), pixel()] }),
  rain: () => ({ drops: 400 }),
  snow: () => ({ flakes: 500 }),
  'a hedge in the wind': (frame) => ({ sway: Math.round(2 * Math.sin(frame / 3) + 2 * random()) }),
  'a flash': (frame) => ({ light: frame % 125 === 60 ? 1.8 : 1 }),
};

describe('the motion gate', function () {
  this.timeout(120_000);
  let road: Road;
  before(async () => {
    road = await loadRoad(SHRINK);
  });

  /** What the gate says to these pictures, after it has come to know the scene. */
  function watch(
    gate: MotionGate,
    frames: number,
    shot: (frame: number) => Shot,
    known: (frame: number) => Shot = (frame) => ({ ...shot(frame), vehicles: [] }),
  ): Motion[] {
    const camera = new RoadCamera(road);
    const seen = (frame: number, what: Shot) => gate.see(camera.shoot(what), (frame * 1000) / FPS);
    let last: Motion = 'moving';
    for (let frame = -KNOWN; frame < 0; frame++) last = seen(frame, known(frame));
    assert.equal(last, 'still', 'the gate does not know the scene');
    return Array.from({ length: frames }, (_, frame) => seen(frame, shot(frame)));
  }
  /** The dark car on the dark road, driving in from the left at so many pixels of a 1080p frame a second. */
  const driving = (speed: number, frame: number) => ({
    vehicles: [{ cutOut: road.dark, x: (frame * speed) / SHRINK / FPS - road.dark.width, y: road.height * 0.45 }],
  });

  for (const [name, shot] of Object.entries(weather)) {
    it(`stays closed in spite of ${name}, and opens for a car that drives in`, () => {
      const without = watch(new MotionGate(options), 12 * FPS, shot);
      assert.deepEqual([...new Set(without)], ['still']);
      // Three quarters of the car are in the picture after a second.
      const speed = road.dark.width * SHRINK * 0.75;
      const first = watch(new MotionGate(options), 2 * FPS, (frame) => ({ ...shot(frame), ...driving(speed, frame) }));
      assert.ok(first.indexOf('moving') >= 0 && first.indexOf('moving') <= FPS, first.join(' '));
    });
  }

  it('opens for a car that creeps: it is seen against what was there before', () => {
    const seen = watch(new MotionGate(options), 20 * FPS, (frame) => driving(30, frame));
    // After 8 s it is in by its length.
    assert.ok(seen.indexOf('moving') >= 0 && seen.indexOf('moving') < 8 * FPS, seen.join(' '));
  });

  it('opens for a lorry that fills much of the picture, and stays open while it passes', () => {
    const { lorry } = road;
    const seen = watch(new MotionGate({ ...options, holdMs: 1000 }), 4 * FPS, (frame) => ({
      vehicles: [{ cutOut: lorry, x: (frame * 36) / SHRINK - lorry.width, y: road.height - lorry.height }],
    }));
    const from = seen.indexOf('moving');
    assert.ok(from >= 0 && from <= FPS / 2, seen.join(' '));
    assert.ok(seen.slice(from).every((motion) => motion === 'moving'));
  });

  it('closes after the hold when a car has parked, and opens when it drives off', () => {
    const parkedAt = 2 * FPS;
    const leavesAt = 60 * FPS;
    const speed = 400;
    const seen = watch(new MotionGate({ ...options, holdMs: 2000 }), leavesAt + 2 * FPS, (frame) =>
      driving(speed, frame < parkedAt ? frame : frame < leavesAt ? parkedAt : parkedAt + frame - leavesAt),
    );
    assert.ok(seen.slice(FPS, parkedAt + FPS).every((motion) => motion === 'moving'));
    // Not at once: it may only wait at the line. Long before it has become background.
    assert.ok(seen.slice(parkedAt + 6 * FPS, leavesAt).every((motion) => motion === 'still'));
    assert.ok(seen.slice(leavesAt).includes('moving'));
  });

  it('lets some frames pass when the camera switches to infrared, and then knows the new scene', () => {
    const shot = (frame: number): Shot => ({ infrared: frame >= FPS });
    const seen = watch(new MotionGate(options), 15 * FPS, shot, () => ({}));
    assert.ok(seen.includes('moving'));
    assert.ok(seen.slice(10 * FPS).every((motion) => motion === 'still'));
    const car = (frame: number): Shot => ({ infrared: true, ...driving(600, frame) });
    assert.ok(watch(new MotionGate(options), FPS, car, () => ({ infrared: true })).includes('moving'));
  });

  it('does not care for what moves outside the regions, and counts the share of what it looks at', () => {
    // The left half of the road; a vehicle drives on the right, then on the left.
    const area = readViewArea('left: 0,0 0.45,0 0.45,1 0,1', 'corner: 0,0 0.2,0 0.2,0.3 0,0.3');
    const place = (x: number) => (frame: number) => ({
      vehicles: [{ cutOut: road.dark, x: road.width * x + (frame * 9) / SHRINK, y: road.height * 0.5 }],
    });
    const gate = () => new MotionGate({ ...options, area });
    assert.deepEqual([...new Set(watch(gate(), 2 * FPS, place(0.5)))], ['still']);
    assert.ok(watch(gate(), 2 * FPS, place(0.1)).includes('moving'));
    // The whole car is 2 % of the frame, but nearly half of this region.
    const around = readViewArea('spot: 0.1,0.45 0.35,0.45 0.35,0.8 0.1,0.8', '');
    const share = 15;
    assert.ok(watch(new MotionGate({ ...options, share, area: around }), 2 * FPS, place(0.1)).includes('moving'));
    assert.deepEqual([...new Set(watch(new MotionGate({ ...options, share }), 2 * FPS, place(0.1)))], ['still']);
  });

  it('looks at single pictures far apart without waiting for a second one', () => {
    const camera = new RoadCamera(road);
    const gate = new MotionGate({ ...options, holdMs: 0 });
    const car = { cutOut: road.dark, x: road.width * 0.3, y: road.height * 0.5 };
    const seen = Array.from({ length: 40 }, (_, index) =>
      gate.see(camera.shoot({ vehicles: index === 30 ? [car] : [] }), index * 5000),
    );
    assert.equal(seen[30], 'moving');
    assert.ok(
      seen.slice(1, 30).every((motion) => motion === 'still'),
      seen.join(' '),
    );
  });

  describe('in time', () => {
    const grey = (value = 100, width = 64, height = 36) => ({
      pixels: new Uint8Array(width * height * 3).fill(value),
      width,
      height,
    });

    it('holds the gate open after the last motion, and lets a frame pass now and then', () => {
      const gate = new MotionGate({ share: 1, holdMs: 300, idleIntervalMs: 1000 });
      const seen = Array.from({ length: 25 }, (_, index) => gate.see(grey(), index * 100));
      const passed = seen.flatMap((motion, index) => (motion === 'still' ? [] : [`${index} ${motion}`]));
      assert.deepEqual(passed, ['0 moving', '1 moving', '2 moving', '3 moving', '13 idle', '23 idle']);
    });

    it('begins anew with another size, a clock that goes back, or none', () => {
      const gate = new MotionGate({ share: 1, holdMs: 0, idleIntervalMs: 0 });
      const seen = [0, 1000, 2000].map((now) => gate.see(grey(), now));
      assert.deepEqual(seen, ['moving', 'still', 'still']);
      assert.equal(gate.see(grey(100, 32, 18), 3000), 'moving');
      assert.equal(gate.see(grey(100, 32, 18), 4000), 'still');
      assert.equal(gate.see(grey(100, 32, 18), 10), 'moving');
      assert.equal(gate.see(grey(100, 32, 18), 20), 'still');
      assert.equal(gate.see(grey(100, 32, 18), NaN), 'moving');
      assert.equal(gate.see(grey(100, 32, 18), 1e15), 'still');
    });

    it('takes frames of any size', () => {
      for (const [width, height] of [
        [1, 1],
        [3, 2],
        [1, 500],
        [4000, 3],
        [161, 91],
      ] as const) {
        const gate = new MotionGate({ share: 0.01, holdMs: 0, idleIntervalMs: 0 });
        const seen = [100, 100, 250].map((value, index) => gate.see(grey(value, width, height), index * 1000));
        assert.equal(seen[0], 'moving');
        assert.equal(seen[1], 'still');
      }
    });

    it('refuses numbers that make no sense', () => {
      const wrong: Partial<MotionOptions>[] = [{ share: 0 }, { share: 101 }, { holdMs: -1 }, { idleIntervalMs: NaN }];
      for (const given of wrong) {
        assert.throws(() => new MotionGate({ ...options, ...given }), { code: 'ALPR_CONFIG' });
      }
    });
  });
});
