import assert from 'node:assert/strict';
import { once } from 'node:events';
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import { CameraRuns } from '../../src/node-red/camera-runs.js';
import { SourceRunner, type RunOptions } from '../../src/node-red/source-runner.js';
import type { FrameSource } from '../../src/sources/source.js';

const pool = new FramePool();

/** Frames 0..count-1, `intervalMs` apart; the test sees how many were asked for and whether it was closed. */
function fakeSource(count: number, options: { intervalMs?: number; failAt?: number } = {}) {
  const state = { asked: 0, closed: 0 };
  const source: FrameSource = {
    description: 'fake',
    expectedFrames: count,
    next: async () => {
      const sequence = state.asked++;
      if (sequence === options.failAt) throw new Error('broken');
      if (sequence >= count || state.closed > 0) return null;
      const timestamp = 1000 + sequence * (options.intervalMs ?? 0);
      return pool.acquire({ cameraId: 'cam', sequence, timestamp, width: 2, height: 2 });
    },
    close: async () => void (state.closed += 1),
  };
  return { source, state };
}

interface Log {
  frames: Frame[];
  end: Promise<string>;
}

function options(source: FrameSource, change: Partial<RunOptions> = {}): { log: Log; run: RunOptions } {
  const frames: Frame[] = [];
  let finish!: (how: string) => void;
  const end = new Promise<string>((resolve) => (finish = resolve));
  const run: RunOptions = {
    open: async () => source,
    pace: 'fast',
    inFlight: 2,
    send: (frame) => void frames.push(frame),
    ended: (why) => finish(why),
    failed: (error) => finish(`failed: ${error.message}`),
    drop: (frame) => pool.recycle(frame),
    ...change,
  };
  return { log: { frames, end }, run };
}

const turns = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('SourceRunner', () => {
  for (const [what, count, failAt] of [
    ['the end', 1, undefined],
    ['the failure', 2, 1],
  ] as const) {
    it(`is over, without a rejection, when those who are told of ${what} throw`, async () => {
      const warned = once(process, 'warning');
      const throwing = (): never => {
        throw new Error('other code');
      };
      const { source } = fakeSource(count, failAt === undefined ? {} : { failAt });
      const runner = new SourceRunner(options(source, { ended: throwing, failed: throwing }).run);
      await runner.finished;
      assert.equal(runner.running, false);
      assert.equal(((await warned)[0] as Error).message, 'other code');
    });
  }

  it('sends every frame in order and ends', async () => {
    const { source, state } = fakeSource(20);
    const { log, run } = options(source);
    new SourceRunner(run);
    assert.equal(await log.end, 'ended');
    assert.deepEqual(
      log.frames.map(({ sequence }) => sequence),
      [...Array(20).keys()],
    );
    assert.equal(state.closed, 1);
  });

  it('asks for no more frames than may be in the flow', async () => {
    const { source, state } = fakeSource(10);
    const { log, run } = options(source, { send: (frame) => (frame.lease.retain(), void log.frames.push(frame)) });
    new SourceRunner(run);
    await turns();
    assert.deepEqual([log.frames.length, state.asked], [2, 2]);
    log.frames[0]!.lease.release();
    await turns();
    assert.deepEqual([log.frames.length, state.asked], [3, 3]);
    // The rest of the flow works them off, whatever the order.
    for (let n = 0; n < 10; n++) {
      for (const frame of log.frames.slice().reverse()) if (frame.lease.holders > 0) frame.lease.release();
      await turns(5);
    }
    assert.equal(await log.end, 'ended');
    assert.equal(log.frames.length, 10);
  });

  it('stops while frames are held and closes the source', async () => {
    const { source, state } = fakeSource(10);
    const { log, run } = options(source, { send: (frame) => (frame.lease.retain(), void log.frames.push(frame)) });
    const runner = new SourceRunner(run);
    await turns();
    await runner.stop();
    assert.equal(await log.end, 'stopped');
    assert.equal(log.frames.length, 2);
    assert.ok(state.closed >= 1);
    assert.equal(runner.running, false);
  });

  it('stops in the middle of a long pause', async () => {
    const { source } = fakeSource(3, { intervalMs: 3_600_000 });
    const { log, run } = options(source, { pace: 'recorded' });
    const runner = new SourceRunner(run);
    await turns();
    await runner.stop();
    assert.equal(await log.end, 'stopped');
    assert.equal(log.frames.length, 1);
  });

  it('keeps frames as far apart as they were recorded', async () => {
    const { source } = fakeSource(4, { intervalMs: 40 });
    const sentAt: number[] = [];
    const { log, run } = options(source, { pace: 'recorded', send: () => void sentAt.push(performance.now()) });
    new SourceRunner(run);
    await log.end;
    // Not earlier than recorded, up to the timer's resolution; how much later is the machine's affair.
    for (const [index, at] of sentAt.entries()) assert.ok(at - sentAt[0]! >= index * 40 - 3);
  });

  it('says that the run failed, after what it had sent', async () => {
    const { source, state } = fakeSource(5, { failAt: 2 });
    const { log, run } = options(source);
    new SourceRunner(run);
    assert.equal(await log.end, 'failed: broken');
    assert.equal(log.frames.length, 2);
    assert.equal(state.closed, 1);
  });

  it('tells its starter when the source cannot be opened, and nobody else', async () => {
    const { run } = options(fakeSource(1).source, {
      open: async () => {
        throw new Error('no such file');
      },
      ended: () => assert.fail('ended'),
      failed: () => assert.fail('failed'),
    });
    const error = await new Promise<Error | undefined>((resolve) => new SourceRunner(run, resolve));
    assert.equal(error?.message, 'no such file');
  });
});

describe('CameraRuns', () => {
  it('shows every file of a burst when a run is to finish first', async () => {
    const sent: string[] = [];
    let file = '';
    let ends = 0;
    const runs = new CameraRuns({
      open: async (opened) => {
        file = opened;
        return fakeSource(2).source;
      },
      finishFirst: true,
      pace: 'fast',
      inFlight: 1,
      drop: (frame) => pool.recycle(frame),
      send: (frame) => void sent.push(`${file}${frame.sequence}`),
      ended: (why) => void (ends += why === 'ended' ? 1 : 100),
      failed: (error) => assert.fail(error),
    });
    await Promise.all(['a', 'b', 'c'].map((name) => runs.start(name)));
    await turns(100);
    assert.deepEqual(sent, ['a0', 'a1', 'b0', 'b1', 'c0', 'c1']);
    assert.equal(ends, 3);
    await runs.close();
  });

  it('can be stopped while a source does not give its first frame', async () => {
    let give: (() => void) | undefined;
    const runs = new CameraRuns({
      open: async () => ({
        description: 'hanging',
        expectedFrames: undefined,
        next: () => new Promise((resolve) => (give = () => resolve(null))),
        close: async () => give?.(),
      }),
      pace: 'fast',
      inFlight: 1,
      drop: (frame) => pool.recycle(frame),
      send: () => assert.fail('sent'),
      ended: () => undefined,
      failed: (error) => assert.fail(error),
    });
    const started = runs.start('a');
    await turns();
    await runs.stop();
    await started;
    await runs.close();
  });

  it('ends the run before when it is started again, and keeps the order of starts and stops', async () => {
    const log: string[] = [];
    const runs = new CameraRuns({
      open: async (file) => {
        log.push(`open ${file}`);
        return fakeSource(1000).source;
      },
      pace: 'fast',
      inFlight: 1,
      drop: (frame) => pool.recycle(frame),
      send: (frame) => frame.lease.retain(),
      ended: (why) => log.push(why),
      failed: (error) => log.push(error.message),
    });
    await Promise.all([runs.start('a'), runs.start('b'), runs.stop(), runs.start('c')]);
    assert.deepEqual(log, ['open a', 'stopped', 'open b', 'stopped', 'open c']);
    await runs.close();
    assert.equal(log.at(-1), 'stopped');
    await runs.start('d');
    assert.equal(log.includes('open d'), false);
  });

  it('starts again after a source that could not be opened', async () => {
    let attempts = 0;
    const sent: number[] = [];
    let ended!: () => void;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const runs = new CameraRuns({
      open: async () => {
        if (attempts++ === 0) throw new Error('not there yet');
        return fakeSource(2).source;
      },
      pace: 'fast',
      inFlight: 1,
      drop: (frame) => pool.recycle(frame),
      send: (frame) => void sent.push(frame.sequence),
      ended: () => ended(),
      failed: (error) => assert.fail(error),
    });
    await assert.rejects(runs.start('a'), { message: 'not there yet' });
    await runs.start('a');
    await end;
    assert.deepEqual(sent, [0, 1]);
    await runs.close();
  });
});
