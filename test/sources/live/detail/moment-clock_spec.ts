import assert from 'node:assert/strict';
import { MomentClock } from '../../../../src/sources/live/detail/moment-clock.js';
import { seededRandom } from '../../../support/random.js';

describe('MomentClock', () => {
  it('takes the arrival with the least delay', () => {
    const clock = new MomentClock();
    assert.equal(clock.offset, undefined);
    for (const [frame, delay] of [30, 12, 80, 5, 40, 200, 9].entries())
      clock.see(frame * 40, 1_000_000 + frame * 40 + delay);
    assert.equal(clock.offset, 1_000_005);
  });

  it('is settled after a second', () => {
    const clock = new MomentClock();
    for (let time = 0; time < 1000; time += 40) {
      clock.see(time, 500 + time);
      assert.equal(clock.settled, false);
    }
    clock.see(1000, 1500);
    assert.equal(clock.settled, true);
  });

  it('follows clocks that drift apart, whatever the jitter', () => {
    for (const drift of [300e-6, -300e-6]) {
      const random = seededRandom(5);
      const clock = new MomentClock();
      let time = 0;
      for (; time < 3_600_000; time += 40) clock.see(time, 10 + time * (1 + drift) + 60 * random() ** 2);
      const expected = 10 + time * drift;
      // 20 s of the window are 6 ms of drift.
      assert.ok(Math.abs(clock.offset! - expected) < 7, `${clock.offset} beside ${expected}`);
    }
  });

  it('begins anew when a clock is set, in either direction, but not for a few late ones', () => {
    for (const jump of [60_000, -60_000]) {
      const clock = new MomentClock();
      for (let time = 0; time < 5000; time += 40) clock.see(time, time + 3);
      for (let late = 0; late < 5; late++) clock.see(5000 + late * 40, 5000 + late * 40 + 2500);
      assert.equal(clock.offset, 3);
      for (let time = 6000; time < 9000; time += 40) clock.see(time + jump, time + 3);
      assert.equal(clock.offset, 3 - jump);
    }
  });
});
