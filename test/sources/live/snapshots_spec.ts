import assert from 'node:assert/strict';
import { turns } from '../../support/fake-timers.js';
import { numbers, release, setUp } from './live-camera.js';

describe('LiveCamera, frame by frame', () => {
  describe('snapshots', () => {
    it('opens a connection for one frame while stopped, and closes it again', async () => {
      const { camera, fake, timers, sent, states } = setUp();
      const taken = camera.snapshot();
      await turns();
      fake.feed.give();
      fake.feed.give();
      await taken;
      await turns();
      assert.deepEqual([numbers(sent), states(), fake.openFeeds], [[0], [], 0]);
      assert.equal(timers.count, 0);
      assert.equal(fake.pool.stats().outstanding, 1);
      await camera.close();
    });

    it('sends one frame although nothing moves', async () => {
      const { camera, fake, sent, states } = setUp({
        view: { gate: () => 'hold', still: true, prepare: () => undefined },
      });
      camera.start();
      await turns();
      fake.feed.give();
      const taken = camera.snapshot();
      fake.feed.give();
      await taken;
      fake.feed.give();
      assert.deepEqual(numbers(sent), [1]);
      assert.deepEqual(states(), ['connecting', 'still']);
      assert.deepEqual([camera.counts.held, fake.openFeeds], [2, 1]);
      await camera.close();
    });

    it('waits for its turn in a busy flow; a newer frame will do', async () => {
      const { camera, fake, sent } = setUp({ inFlight: 1 });
      camera.start();
      await turns();
      fake.feed.give();
      let isTaken = false;
      void camera.snapshot().then(() => (isTaken = true));
      fake.feed.give();
      fake.feed.give();
      await turns();
      assert.equal(isTaken, false);
      await release(sent[0]!);
      assert.deepEqual([isTaken, numbers(sent)], [true, [0, 2]]);
      await camera.close();
    });

    it('fails with why the connection failed, without trying again', async () => {
      const { camera, fake, timers } = setUp();
      const taken = assert.rejects(camera.snapshot(), { code: 'ALPR_SOURCE', message: 'no route to the camera' });
      await turns();
      fake.feed.end('ALPR_SOURCE', 'no route to the camera');
      await taken;
      await timers.pass(100_000);
      assert.deepEqual([fake.feeds.length, camera.state], [1, 'stopped']);
      await camera.close();
    });

    it('fails when no frame comes in time, and closes what it opened', async () => {
      const { camera, fake, timers } = setUp();
      const taken = assert.rejects(camera.snapshot(), {
        code: 'ALPR_SOURCE_STALLED',
        message: 'Expected a frame of cam for a snapshot within 10 s but received none',
      });
      await timers.pass(10_000);
      await taken;
      assert.deepEqual([fake.openFeeds, timers.count], [0, 0]);
      await camera.close();
    });

    it('tries a lost camera at once, and does not ask for a refused login again', async () => {
      const { camera, fake, timers } = setUp();
      camera.start();
      await turns();
      fake.feed.end();
      const taken = camera.snapshot();
      await turns();
      assert.equal(fake.feeds.length, 2);
      fake.feed.give();
      await taken;
      fake.feed.end('ALPR_SOURCE_LOGIN', 'the camera refused the login');
      await camera.stop();
      await assert.rejects(camera.snapshot(), /refused the login/);
      assert.equal(fake.feeds.length, 2);
      await timers.pass(75_000);
      const again = camera.snapshot();
      await turns();
      fake.feed.give();
      await again;
      await camera.close();
    });

    it('survives a stop and ends with the camera', async () => {
      const { camera, fake, sent } = setUp();
      camera.start();
      await turns();
      const taken = camera.snapshot();
      await camera.stop();
      assert.equal(fake.openFeeds, 1);
      fake.feed.give();
      await taken;
      assert.equal(sent.length, 1);
      const other = assert.rejects(camera.snapshot(), /being closed/);
      await turns();
      await camera.close();
      await other;
      assert.equal(fake.openFeeds, 0);
    });
  });

  describe('stills', () => {
    it('copies the next frame as the camera sent it', async () => {
      const { camera, fake, sent } = setUp({
        inFlight: 1,
        view: { gate: () => 'pass', still: false, prepare: (frame) => void frame.pixels.fill(0) },
      });
      camera.start();
      await turns();
      for (let n = 0; n < 5; n++) fake.feed.give();
      const still = camera.still();
      fake.feed.give({ width: 3, height: 3 });
      const copy = await still;
      assert.deepEqual([copy.sequence, copy.width, [...copy.pixels]], [5, 3, Array(27).fill(5)]);
      // One in the flow, one waits, one is the copy.
      assert.equal(fake.pool.stats().outstanding, 3);
      fake.pool.recycle(copy);
      await release(sent[0]!);
      assert.deepEqual([...sent[1]!.pixels], Array(27).fill(0));
      await camera.close();
    });

    it('ends with the wish or the camera', async () => {
      const { camera } = setUp();
      camera.start();
      const abort = new AbortController();
      const aborted = assert.rejects(camera.still(abort.signal), { name: 'AbortError' });
      abort.abort();
      await aborted;
      await assert.rejects(camera.still(AbortSignal.abort()), { name: 'AbortError' });
      const gone = assert.rejects(camera.still(), /being closed/);
      await camera.close();
      await gone;
    });
  });
});
