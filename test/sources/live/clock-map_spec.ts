import assert from 'node:assert/strict';
import { ClockMap } from '../../../src/sources/live/clock-map.js';
import { seededRandom } from '../../support/random.js';

/** Frames of a camera: what its clock says (s), when they were captured and when they arrive (ms). */
interface Shot {
  time: number;
  captured: number;
  arrival: number;
}

/** Dates of all shots, with what must hold of every date checked. */
function dates(shots: readonly Shot[], clock = new ClockMap()): number[] {
  let last = -Infinity;
  return shots.map(({ time, arrival }) => {
    const date = clock.capture(time, arrival);
    assert.ok(date > last, `${date} after ${last}`);
    // By the thousandths that keep frames of one burst apart.
    assert.ok(date <= arrival + 1, `${date} is later than the arrival at ${arrival}`);
    last = date;
    return date;
  });
}

/** How far dates are from `captured` plus the least delay, ms, from the given shot on. */
function errors(shots: readonly Shot[], from: number, delay: number): number[] {
  return dates(shots)
    .slice(from)
    .map((date, i) => Math.abs(date - shots[from + i]!.captured - delay));
}

describe('capture times of a live stream', () => {
  const start = 5_000_000;

  it('are as even as the camera’s clock, however frames arrive', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const fps = [5, 12.5, 25, 60][seed % 4]!;
      let held = 0;
      let arrival = 0;
      const shots = Array.from({ length: fps * 60 }, (_, i): Shot => {
        const captured = start + (i * 1000) / fps;
        // One in 40 frames is the first of a burst: it and those behind it wait for up to 1.5 s.
        if (random() < 0.025) held = captured + random() * 1500;
        const jitter = random() < 0.2 ? 0 : random() * 60;
        arrival = Math.max(arrival, held, captured + 30 + jitter);
        return { time: 100 + i / fps, captured, arrival };
      });
      const worst = Math.max(...errors(shots, fps * 10, 30));
      assert.ok(worst < 45, `seed ${seed}: ${worst} ms off`);
    }
  });

  it('follow a camera whose clock runs fast or slow', () => {
    for (const drift of [-0.001, -0.0001, 0.0001, 0.001]) {
      const random = seededRandom(7);
      const shots = Array.from({ length: 25 * 600 }, (_, i): Shot => {
        const captured = start + i * 40;
        return { time: (i / 25) * (1 + drift), captured, arrival: captured + 20 + random() * 30 };
      });
      const worst = Math.max(...errors(shots, 250, 20));
      assert.ok(worst < 25, `drift ${drift}: ${worst} ms off`);
    }
  });

  const jumps: [string, number][] = [
    ['back to zero', -1e6],
    ['back by a little', -0.2],
    ['ahead by an hour', 3600],
    ['ahead by 26 hours (the RTP clock wraps)', 95_443.7],
  ];
  for (const [what, jump] of jumps) {
    it(`survive a clock that jumps ${what}`, () => {
      const random = seededRandom(3);
      const shots = Array.from({ length: 1000 }, (_, i): Shot => {
        const captured = start + i * 40;
        const time = (jump === -1e6 && i >= 500 ? -20 : 1e6 * 0) + i / 25 + (i >= 500 && jump !== -1e6 ? jump : 0);
        return { time, captured, arrival: captured + 20 + random() * 20 };
      });
      const worst = Math.max(...errors(shots, 525, 20));
      assert.ok(worst < 25, `${worst} ms off`);
    });
  }

  it('are those of the arrival where the clock says nothing, stands still or runs backwards', () => {
    for (const time of [() => NaN, () => Infinity, () => 0, () => -1e300, (i: number) => -i]) {
      const shots = Array.from({ length: 200 }, (_, i): Shot => {
        const arrival = start + i * 40;
        return { time: time(i), captured: arrival, arrival };
      });
      assert.ok(Math.max(...errors(shots, 0, 0)) < 1);
    }
  });

  it('never fall more than five seconds behind, whatever the clock says', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed);
      let time = 0;
      let arrival = start;
      const shots = Array.from({ length: 2000 }, (): Shot => {
        const kind = random();
        time += kind < 0.5 ? random() * 0.1 : kind < 0.9 ? random() * 1000 : -random() * 1e6;
        arrival += random() * (kind < 0.02 ? 20_000 : 100);
        return { time: random() < 0.1 ? NaN : time, captured: arrival, arrival };
      });
      for (const [i, date] of dates(shots).entries()) assert.ok(shots[i]!.arrival - date <= 5000);
    }
  });

  it('come to rest soon after a camera’s clock stood still for two seconds', () => {
    const shots = Array.from({ length: 1000 }, (_, i): Shot => {
      const captured = start + i * 40 + (i >= 300 ? 2000 : 0);
      return { time: i / 25, captured, arrival: captured + 20 };
    });
    assert.ok(Math.max(...errors(shots, 0, 20).slice(0, 300)) < 1);
    assert.ok(Math.max(...errors(shots, 300 + 25 * 20, 20)) < 10);
  });
});
