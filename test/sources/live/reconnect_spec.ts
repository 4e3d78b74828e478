import assert from 'node:assert/strict';
import { turns } from '../../support/fake-timers.js';
import { release, setUp, type Setup } from './live-camera.js';

describe('LiveCamera, lost', () => {
  describe('the watchdog', () => {
    it('gives up a stream that stays silent, and opens a new one', async () => {
      const { camera, fake, timers, reports } = setUp({ inFlight: 64 });
      camera.start();
      await turns();
      fake.feed.give();
      for (let n = 0; n < 5; n++) {
        await timers.pass(9000);
        fake.feed.give();
      }
      assert.equal(fake.feeds.length, 1);
      await timers.pass(9999);
      assert.equal(camera.state, 'live');
      await timers.pass(1);
      const { state, code, reason } = reports.at(-1)!;
      assert.deepEqual([state, code], ['lost', 'ALPR_SOURCE_STALLED']);
      assert.equal(reason, 'Expected frames from fake camera within 10 s but received none');
      assert.equal(fake.feeds[0]!.closed, true);
      await timers.pass(1000);
      assert.equal(fake.feeds.length, 2);
      await camera.close();
    });

    it('gives up a connection that brings neither a frame nor an error', async () => {
      const { camera, timers, reports } = setUp({ timeoutMs: 3000 });
      camera.start();
      await timers.pass(3000);
      assert.match(reports.at(-1)!.reason!, /^Expected a first frame from fake camera within 3 s but received none$/);
      await camera.close();
    });

    it('takes a sign of life for one, and silence that was asked for as no sign of anything', async () => {
      const { camera, fake, timers, sent } = setUp({ inFlight: 1 });
      camera.start();
      await turns();
      for (let n = 0; n < 5; n++) {
        await timers.pass(9000);
        fake.feed.sink.alive!();
      }
      fake.feed.give();
      assert.equal(fake.feed.wanted.at(-1), false);
      await timers.pass(100_000);
      assert.deepEqual([camera.state, fake.feeds.length], ['live', 1]);
      // It is wanted again: from now on silence counts.
      await release(sent[0]!);
      await timers.pass(9999);
      assert.equal(camera.state, 'live');
      await timers.pass(10_000);
      assert.equal(camera.state, 'lost');
      await camera.close();
    });

    it('lets a machine that slept catch up first', async () => {
      const { camera, fake, timers } = setUp({ inFlight: 64 });
      camera.start();
      await turns();
      fake.feed.give();
      await timers.jump(3_600_000);
      assert.equal(camera.state, 'live');
      await timers.pass(1900);
      fake.feed.give();
      await timers.pass(9000);
      assert.deepEqual([camera.state, fake.feeds.length], ['live', 1]);
      // Nothing comes after the second sleep.
      await timers.jump(3_600_000);
      await timers.pass(2000);
      assert.equal(camera.state, 'lost');
      await camera.close();
    });

    it('does not look at the wall clock', async () => {
      const { camera, fake, timers } = setUp({ inFlight: 64 });
      const realNow = Date.now;
      camera.start();
      await turns();
      fake.feed.give();
      try {
        Date.now = () => realNow() + 86_400_000;
        await timers.pass(5000);
        fake.feed.give();
        Date.now = () => realNow() - 86_400_000;
        await timers.pass(5000);
        fake.feed.give();
        await timers.pass(5000);
      } finally {
        Date.now = realNow;
      }
      assert.deepEqual([camera.state, fake.feeds.length], ['live', 1]);
      await camera.close();
    });

    it('opens the next connection although the last one does not close', async () => {
      const { camera, fake, timers } = setUp();
      fake.closing = new Promise(() => undefined);
      camera.start();
      await turns();
      fake.feed.end();
      await timers.pass(3499);
      assert.equal(fake.feeds.length, 1);
      await timers.pass(1);
      assert.equal(fake.feeds.length, 2);
      fake.feed.give();
      assert.equal(camera.state, 'live');
      let isClosed = false;
      void camera.close().then(() => (isClosed = true));
      await timers.pass(3499);
      assert.equal(isClosed, false);
      await timers.pass(1);
      assert.equal(isClosed, true);
      assert.equal(timers.count, 0);
    });

    it('takes nothing from a feed that it gave up', async () => {
      const { camera, fake, timers, sent, reports } = setUp();
      camera.start();
      await turns();
      const first = fake.feed;
      await timers.pass(11_000);
      const before = reports.length;
      first.give();
      first.facts();
      first.end();
      assert.deepEqual([sent.length, reports.length, fake.pool.stats().outstanding], [0, before, 0]);
      await camera.close();
    });
  });

  describe('trying again', () => {
    /** Loses every connection at once; gives the waits in between. */
    async function waits(setup: Setup, count: number, lose: () => void): Promise<number[]> {
      const { camera, fake, timers } = setup;
      camera.start();
      await turns();
      const found: number[] = [];
      for (let n = 0; n < count; n++) {
        const opened = fake.feeds.length;
        lose();
        await turns();
        found.push(timers.next!);
        await timers.pass(timers.next! - 1);
        assert.equal(fake.feeds.length, opened);
        await timers.pass(1);
        assert.equal(fake.feeds.length, opened + 1);
      }
      return found;
    }

    it('waits up to 1, 2, 4 … 60 s', async () => {
      const setup = setUp();
      const found = await waits(setup, 9, () => setup.fake.feed.end());
      assert.deepEqual(found, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
      assert.equal(setup.camera.report.attempts, 9);
      // One report for the whole outage.
      assert.deepEqual(setup.states(), ['connecting', 'lost']);
      await setup.camera.close();
    });

    it('waits for a random share of that', async () => {
      const shares = [0.5, 0.25, 0.75];
      const setup = setUp({ random: () => shares.shift()! });
      assert.deepEqual(await waits(setup, 3, () => setup.fake.feed.end()), [500, 500, 3000]);
      await setup.camera.close();
    });

    it('starts over after ten seconds of frames, not after one frame', async () => {
      const setup = setUp();
      const { camera, fake, timers } = setup;
      const flaky = (): void => {
        fake.feed.give();
        fake.feed.end();
      };
      assert.deepEqual(await waits(setup, 3, flaky), [1000, 2000, 4000]);
      // In vain since the last frame.
      assert.equal(camera.report.attempts, 1);
      for (let n = 0; n <= 10; n++) {
        fake.feed.give();
        await timers.pass(1000);
      }
      fake.feed.end();
      await turns();
      assert.equal(timers.next, 1000);
      assert.equal(camera.counts.lost, 4);
      await camera.close();
    });

    for (const [code, expected] of [
      ['ALPR_FFMPEG', [75_000, 75_000, 75_000]],
      ['ALPR_SOURCE_SETTINGS', [75_000, 75_000, 75_000]],
      ['ALPR_SOURCE_LOGIN', [75_000, 150_000, 300_000, 600_000, 1_200_000, 2_250_000, 2_250_000]],
    ] as const) {
      it(`has failed, and is tried again seldom, after ${code}`, async () => {
        const setup = setUp();
        assert.deepEqual(await waits(setup, expected.length, () => setup.fake.feed.end(code)), expected);
        assert.deepEqual(setup.states(), ['connecting', 'failed']);
        setup.fake.feed.give();
        assert.equal(setup.camera.state, 'live');
        await setup.camera.close();
      });
    }

    it('reports that the reason is another one', async () => {
      const { camera, fake, timers, reports } = setUp();
      camera.start();
      await turns();
      fake.feed.end();
      await timers.pass(1000);
      fake.feed.end('ALPR_SOURCE_STALLED');
      await timers.pass(2000);
      fake.feed.end('ALPR_SOURCE_STALLED');
      await timers.pass(4000);
      fake.feed.end('ALPR_FFMPEG');
      assert.deepEqual(
        reports.map(({ state, code }) => [state, code]),
        [
          ['connecting', undefined],
          ['lost', 'ALPR_SOURCE'],
          ['lost', 'ALPR_SOURCE_STALLED'],
          ['failed', 'ALPR_FFMPEG'],
        ],
      );
      await camera.close();
    });

    it('tries at once when it is told to start, but not after a refused login', async () => {
      const { camera, fake, timers } = setUp();
      camera.start();
      await turns();
      fake.feed.end();
      camera.start();
      await turns();
      assert.equal(fake.feeds.length, 2);
      fake.feed.end('ALPR_SOURCE_LOGIN');
      camera.start();
      await camera.stop();
      camera.start();
      await timers.pass(74_999);
      assert.deepEqual([fake.feeds.length, camera.state], [2, 'failed']);
      await timers.pass(1);
      assert.equal(fake.feeds.length, 3);
      await camera.close();
    });

    it('survives an opening that throws', async () => {
      const { camera, timers, states } = setUp({
        open: () => {
          throw new Error('against the rules');
        },
      });
      camera.start();
      await timers.pass(5000);
      assert.deepEqual(states(), ['connecting', 'lost']);
      assert.equal(camera.report.reason, 'against the rules');
      await camera.close();
    });
  });
});
