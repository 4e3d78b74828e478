import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FramePool } from '../../src/frame/pool.js';
import { FrameCounter } from '../../src/sources/counter.js';
import { loopSource } from '../../src/sources/loop.js';
import type { FrameSource } from '../../src/sources/source.js';

const pool = new FramePool();

/** A source of `length` frames that writes down what is done to it. */
function scripted(counter: FrameCounter, length: number, log: string[]): FrameSource {
  const start = counter.begin();
  let position = 0;
  let open = true;
  return {
    description: 'script',
    expectedFrames: length,
    async next() {
      if (!open || position >= length) return null;
      return pool.acquire({ ...counter.next(start + 40 * position++), width: 1, height: 1 });
    },
    async close() {
      if (open) log.push('closed');
      open = false;
    },
  };
}

describe('frame counter', () => {
  it('numbers frames from 0 without gaps over all runs', () => {
    const counter = new FrameCounter('gate');
    const stamps = [counter.next(1000), counter.next(1040), counter.next(9000)];
    assert.deepEqual(
      stamps.map(({ cameraId, sequence, timestamp }) => [cameraId, sequence, timestamp]),
      [
        ['gate', 0, 1000],
        ['gate', 1, 1040],
        ['gate', 2, 9000],
      ],
    );
  });

  it('never lets time go back', () => {
    const counter = new FrameCounter('gate');
    assert.equal(counter.begin(500), 500);
    assert.deepEqual(
      [1000, 1000, 990, 1040].map((time) => counter.next(time).timestamp),
      [1000, 1001, 1002, 1040],
    );
    assert.equal(counter.begin(900), 1041, 'a run starts behind the end of a clip that was read faster than recorded');
    assert.equal(counter.begin(2000), 2000);
  });
});

describe('repeated source', () => {
  it('plays the source again and again with sequences and times that go on', async () => {
    const log: string[] = [];
    const counter = new FrameCounter('cam');
    const source = await loopSource(async () => {
      log.push('opened');
      return scripted(counter, 3, log);
    });
    const frames = [];
    for (let i = 0; i < 8; i++) frames.push((await source.next())!);
    assert.deepEqual(
      frames.map((frame) => frame.sequence),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    for (let i = 1; i < 8; i++) assert.ok(frames[i]!.timestamp > frames[i - 1]!.timestamp);
    assert.deepEqual(log, ['opened', 'closed', 'opened', 'closed', 'opened']);
    await source.close();
    assert.equal(await source.next(), null);
    assert.equal(log.at(-1), 'closed');
  });

  it('gives up with an error when a round brings nothing', async () => {
    const source = await loopSource(async () => scripted(new FrameCounter('cam'), 0, []));
    await assert.rejects(source.next(), /Expected frames for script to repeat but received none/);
    await source.close();
    assert.equal(await source.next(), null);
  });

  it('closes the source that is just being opened', async () => {
    const log: string[] = [];
    const counter = new FrameCounter('cam');
    let release = () => {};
    let rounds = 0;
    const source = await loopSource(async () => {
      if (rounds++ > 0) await new Promise<void>((resolve) => (release = resolve));
      log.push('opened');
      return scripted(counter, 1, log);
    });
    await source.next();
    const pending = source.next();
    await new Promise((resolve) => setImmediate(resolve));
    const closing = source.close();
    release();
    await closing;
    assert.equal(await pending, null);
    assert.deepEqual(log, ['opened', 'closed', 'opened', 'closed']);
  });
});
