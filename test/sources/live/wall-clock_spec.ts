import assert from 'node:assert/strict';
import { WallClock } from '../../../src/sources/live/wall-clock.js';

describe('dates of a monotonic clock', () => {
  function clock(): { set(by: number): void; pass(ms: number): number; date(ago?: number): number; system(): number } {
    let monotonic = 1000;
    let system = 1_800_000_000_000;
    const subject = new WallClock(
      () => monotonic,
      () => system,
    );
    return {
      set: (by) => void (system += by),
      pass: (ms) => {
        monotonic += ms;
        system += ms;
        return monotonic;
      },
      date: (ago = 0) => subject.date(monotonic - ago),
      system: () => system,
    };
  }

  it('are the system’s', () => {
    const c = clock();
    assert.equal(c.date(), c.system());
    c.pass(1234);
    assert.equal(c.date(100), c.system() - 100);
  });

  it('jump with a clock that is set forward', () => {
    const c = clock();
    c.date();
    c.pass(40);
    c.set(365 * 86_400_000);
    assert.equal(c.date(), c.system());
  });

  it('never go back when the clock is set back, and are right again in the end', () => {
    const c = clock();
    let last = c.date();
    c.set(-10_000);
    let frames = 0;
    while (last > c.system() - 40) {
      c.pass(40);
      const date = c.date();
      assert.ok(date - last >= 35.9 && date - last <= 40, `${date - last} ms between frames 40 ms apart`);
      last = date;
      if (date === c.system()) break;
      assert.ok(++frames < 3000);
    }
    assert.equal(last, c.system());
    // 10 s at a tenth of the time that passes.
    assert.ok(Math.abs(frames * 40 - 100_000) < 100, `${frames} frames`);
  });

  it('walk small differences off, so that intervals stay true', () => {
    const c = clock();
    c.date();
    c.set(100);
    const before = c.date();
    c.pass(40);
    assert.ok(Math.abs(c.date() - before - 44) < 0.001);
    for (let i = 0; i < 100; i++) {
      c.pass(40);
      c.date();
    }
    assert.equal(c.date(), c.system());
  });
});
