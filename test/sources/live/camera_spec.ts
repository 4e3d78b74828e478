import assert from 'node:assert/strict';
import type { Frame } from '../../../src/frame/frame.js';
import { LiveCamera, type LiveCameraOptions } from '../../../src/sources/live/camera.js';
import type { CameraReport } from '../../../src/sources/live/camera-state.js';
import { FakeCamera } from '../../support/fake-feed.js';
import { FakeTimers, turns } from '../../support/fake-timers.js';

interface Setup {
  camera: LiveCamera;
  fake: FakeCamera;
  timers: FakeTimers;
  sent: Frame[];
  reports: CameraReport[];
  problems: string[];
  states(): string[];
}

/** A camera whose frames the flow holds until the test releases them; waits are as long as they can be. */
function setUp(change: Partial<LiveCameraOptions> = {}): Setup {
  const fake = new FakeCamera();
  const timers = new FakeTimers();
  const sent: Frame[] = [];
  const reports: CameraReport[] = [];
  const problems: string[] = [];
  const camera = new LiveCamera({
    camera: 'cam',
    open: fake.open,
    pool: fake.pool,
    inFlight: 2,
    timeoutMs: 10_000,
    send: (frame) => {
      frame.lease.retain();
      sent.push(frame);
    },
    report: (report) => reports.push(report),
    problem: (error) => problems.push(error.message),
    timers,
    random: () => 1,
    ...change,
  });
  return { camera, fake, timers, sent, reports, problems, states: () => reports.map(({ state }) => state) };
}

async function release(...frames: Frame[]): Promise<void> {
  for (const { lease } of frames) lease.release();
  await turns();
}

const numbers = (frames: Frame[]): number[] => frames.map(({ sequence }) => sequence);

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
