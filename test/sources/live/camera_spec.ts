import assert from 'node:assert/strict';
import type { Frame } from '../../../src/frame/frame.js';
import { turns } from '../../support/fake-timers.js';
import { numbers, release, setUp, type Setup } from './live-camera.js';

describe('LiveCamera', () => {
  describe('the newest frame wins', () => {
    it('sends as many as the flow takes, keeps the newest and counts the others as dropped', async () => {
      const { camera, fake, sent } = setUp();
      camera.start();
      await turns();
      for (let n = 0; n < 6; n++) fake.feed.give();
      assert.deepEqual(numbers(sent), [0, 1]);
      assert.deepEqual(camera.counts, { received: 6, sent: 2, dropped: 3, held: 0, damaged: 0, lost: 0 });
      await release(sent[0]!);
      assert.deepEqual(numbers(sent), [0, 1, 5]);
      assert.equal(camera.counts.sent, 3);
      // Two in the flow (one was released and rests), none waiting: whatever was dropped went back to the pool.
      assert.equal(fake.pool.stats().outstanding, 3);
      await camera.close();
    });

    it('tells the feed whether a frame would go on', async () => {
      const { camera, fake, sent } = setUp({ inFlight: 1 });
      camera.start();
      await turns();
      fake.feed.give();
      assert.deepEqual(fake.feed.wanted, [false]);
      const still = camera.still();
      assert.deepEqual(fake.feed.wanted, [false, true]);
      fake.feed.give();
      fake.pool.recycle(await still);
      assert.deepEqual(fake.feed.wanted, [false, true, false]);
      await release(sent[0]!);
      await release(sent[1]!);
      assert.equal(fake.feed.wanted.at(-1), true);
      await camera.close();
    });

    it('counts frames that the feed passed over', async () => {
      const { camera, fake } = setUp({ inFlight: 1 });
      camera.start();
      await turns();
      fake.feed.give();
      fake.feed.give({}, 3);
      const { received, sent, dropped } = camera.counts;
      // The last one waits.
      assert.deepEqual({ received, sent, dropped }, { received: 5, sent: 1, dropped: 3 });
      await camera.close();
      assert.equal(camera.counts.dropped, 4);
    });

    it('says how long a frame waited', async () => {
      const waits: number[] = [];
      const held: Frame[] = [];
      const { camera, fake, timers } = setUp({
        inFlight: 1,
        send: (frame, waitedMs) => {
          frame.lease.retain();
          held.push(frame);
          waits.push(waitedMs);
        },
      });
      camera.start();
      await turns();
      fake.feed.give();
      fake.feed.give();
      await timers.pass(70);
      await release(held[0]!);
      assert.deepEqual(waits, [0, 70]);
      await camera.close();
    });
  });

  describe('states', () => {
    it('reports each change once, with why and what the camera sends', async () => {
      const { camera, fake, timers, reports } = setUp();
      assert.equal(camera.state, 'stopped');
      camera.start();
      camera.start();
      await turns();
      assert.equal(fake.feeds.length, 1);
      fake.feed.facts({ width: 640, height: 360 });
      fake.feed.give();
      fake.feed.give();
      fake.feed.end('ALPR_SOURCE', 'Expected frames but the camera hung up');
      await timers.pass(1000);
      assert.equal(fake.feeds.length, 2);
      fake.feed.give();
      await camera.stop();
      assert.deepEqual(
        reports.map(({ previous, state, code, reason, attempts, retryInMs, width, codec }) => ({
          ...{ previous, state, code, reason, attempts, retryInMs, width, codec },
        })),
        [
          { previous: 'stopped', state: 'connecting' },
          { previous: 'connecting', state: 'live', width: 640, codec: 'h264' },
          {
            previous: 'live',
            state: 'lost',
            code: 'ALPR_SOURCE',
            reason: 'Expected frames but the camera hung up',
            attempts: 1,
            retryInMs: 1000,
          },
          { previous: 'lost', state: 'live', width: 640, codec: 'h264' },
          { previous: 'live', state: 'stopped' },
        ].map((row) => ({
          ...{ code: undefined, reason: undefined, attempts: undefined, retryInMs: undefined },
          ...{ width: undefined, codec: undefined },
          ...row,
        })),
      );
      assert.equal(reports[3]!.counts.lost, 1);
      assert.equal(fake.openFeeds, 0);
    });

    it('reports another size, and nothing when the facts stay', async () => {
      const { camera, fake, reports } = setUp();
      camera.start();
      await turns();
      fake.feed.facts();
      fake.feed.give();
      fake.feed.facts();
      fake.feed.facts({ width: 1280, height: 720 });
      assert.deepEqual(
        reports.map(({ state, width }) => [state, width]),
        [
          ['connecting', undefined],
          ['live', 4],
          ['live', 1280],
        ],
      );
      await camera.close();
    });

    it('does not flap between live and still faster than once a second, and ends as the last frame says', async () => {
      let still = false;
      const view = { gate: () => (still ? 'hold' : 'pass') as 'hold' | 'pass', prepare: () => undefined };
      const { camera, fake, timers, states } = setUp({
        view: {
          ...view,
          get still() {
            return still;
          },
        },
      });
      camera.start();
      await turns();
      for (let n = 0; n < 20; n++) {
        still = n % 2 === 1;
        fake.feed.give();
        await timers.pass(40);
      }
      assert.deepEqual(states(), ['connecting', 'live']);
      await timers.pass(200);
      assert.deepEqual(states(), ['connecting', 'live', 'still']);
      still = false;
      fake.feed.give();
      assert.equal(camera.state, 'still');
      await timers.pass(1000);
      assert.deepEqual(states(), ['connecting', 'live', 'still', 'live']);
      await camera.close();
    });

    it('tells of damaged pictures and goes on', async () => {
      const { camera, fake, problems } = setUp();
      camera.start();
      await turns();
      fake.feed.sink.problem(Object.assign(new Error('half a picture'), { code: 'ALPR_SOURCE' as const }));
      fake.feed.give();
      assert.deepEqual([camera.state, camera.counts.damaged, problems], ['live', 1, ['half a picture']]);
      await camera.close();
    });
  });

  describe('the gate', () => {
    it('holds frames back, gives them to the pool, and no held frame takes the place of one that waits', async () => {
      let verdict: 'pass' | 'hold' = 'pass';
      const { camera, fake, sent } = setUp({
        inFlight: 1,
        view: { gate: () => verdict, still: false, prepare: () => undefined },
      });
      camera.start();
      await turns();
      fake.feed.give();
      fake.feed.give();
      verdict = 'hold';
      fake.feed.give();
      fake.feed.give();
      assert.deepEqual(camera.counts, { received: 4, sent: 1, dropped: 0, held: 2, damaged: 0, lost: 0 });
      assert.equal(fake.pool.stats().outstanding, 2);
      await release(sent[0]!);
      assert.deepEqual(numbers(sent), [0, 1]);
      await camera.close();
    });

    it('prepares what is sent, and only that', async () => {
      const prepared: number[] = [];
      const { camera, fake, sent } = setUp({
        inFlight: 1,
        view: { gate: () => 'pass', still: false, prepare: (frame) => void prepared.push(frame.sequence) },
      });
      camera.start();
      await turns();
      for (let n = 0; n < 3; n++) fake.feed.give();
      await release(sent[0]!);
      assert.deepEqual(prepared, [0, 2]);
      await camera.close();
    });

    for (const part of ['gate', 'prepare'] as const) {
      it(`sends nothing when ${part} throws, and says so`, async () => {
        const view = { gate: () => 'pass' as const, still: false, prepare: () => undefined };
        const broken = (): never => {
          throw new Error('no such mask');
        };
        const { camera, fake, sent, problems } = setUp({ view: { ...view, [part]: broken } });
        camera.start();
        await turns();
        fake.feed.give();
        assert.deepEqual([sent.length, problems], [0, ['no such mask']]);
        assert.equal(fake.pool.stats().outstanding, 0);
        await camera.close();
      });
    }
  });

  describe('stopping', () => {
    for (const [title, prepare] of [
      ['connecting', async () => undefined],
      ['live', async ({ fake }: Setup) => void fake.feed.give()],
      ['waiting for the next attempt', async ({ fake }: Setup) => fake.feed.end()],
      [
        'full',
        async ({ fake }: Setup) => {
          for (let n = 0; n < 5; n++) fake.feed.give();
        },
      ],
    ] as const) {
      it(`leaves no connection, no timer and no frame behind while ${title}`, async () => {
        const setup = setUp();
        const { camera, fake, timers, sent } = setup;
        camera.start();
        await turns();
        await prepare(setup);
        await camera.stop();
        assert.deepEqual([camera.state, fake.openFeeds, timers.count], ['stopped', 0, 0]);
        assert.equal(fake.pool.stats().outstanding, sent.length);
        await timers.pass(100_000);
        assert.equal(fake.openFeeds, 0);
        camera.start();
        await turns();
        assert.equal(fake.openFeeds, 1);
        await camera.close();
        assert.equal(timers.count, 0);
      });
    }

    it('keeps to the last of quick starts and stops', async () => {
      const { camera, fake, timers } = setUp();
      camera.start();
      const stopped = camera.stop();
      camera.start();
      await stopped;
      await turns();
      assert.deepEqual([fake.openFeeds, camera.state], [1, 'connecting']);
      camera.start();
      await camera.stop();
      await timers.pass(10_000);
      assert.deepEqual([fake.openFeeds, camera.state], [0, 'stopped']);
      await camera.close();
    });

    it('is silent once closed, and cannot be started again', async () => {
      const { camera, fake, reports } = setUp();
      camera.start();
      await turns();
      fake.feed.give();
      const before = reports.length;
      await camera.close();
      camera.start();
      await turns();
      assert.deepEqual([reports.length, fake.openFeeds], [before, 0]);
      await assert.rejects(camera.snapshot(), /closed/);
    });
  });
});
