import assert from 'node:assert/strict';
import { framePool } from '../../src/frame/pool.js';
import { cameraRuns, runningCamera, testCamera } from '../../src/node-red/cameras.js';
import { FrameCounter } from '../../src/sources/counter.js';
import type { LiveSettings } from '../../src/sources/live/settings.js';
import { FakeCamera } from '../support/fake-feed.js';
import { turns } from '../support/fake-timers.js';

const settings: LiveSettings = { source: 'rtsp', url: 'rtsp://gate.lan/1', timeoutMs: 5000 };

describe('testCamera', () => {
  it('gives the first frame and what is known of the stream, and closes', async () => {
    const fake = new FakeCamera(new FrameCounter('test'));
    let opened: LiveSettings | undefined;
    const tested = testCamera(settings, new AbortController().signal, (given) => {
      opened = given;
      return fake.open;
    });
    await turns();
    fake.feed.facts({ codec: 'hevc' });
    const first = fake.feed.give({ width: 8, height: 4 });
    fake.feed.give();
    const { frame, facts } = await tested;
    assert.equal(frame, first);
    assert.deepEqual(facts, { width: 8, height: 4, fps: 25, codec: 'hevc', decoder: 'software' });
    assert.deepEqual([opened, fake.openFeeds], [settings, 0]);
    fake.pool.recycle(frame);
  });

  it('rejects with why there is none, and closes', async () => {
    const fake = new FakeCamera();
    const tested = testCamera(settings, new AbortController().signal, () => fake.open);
    await turns();
    fake.feed.end('ALPR_SOURCE_LOGIN', 'the camera refused the login');
    await assert.rejects(tested, { code: 'ALPR_SOURCE_LOGIN', message: 'the camera refused the login' });
    assert.equal(fake.openFeeds, 0);
  });

  it('gives up when nothing comes', async () => {
    const fake = new FakeCamera();
    const tested = testCamera({ ...settings, timeoutMs: 30 }, new AbortController().signal, () => fake.open);
    await assert.rejects(tested, { code: 'ALPR_SOURCE_STALLED' });
    assert.equal(fake.openFeeds, 0);
  });

  it('ends when nobody wants to see it any more', async () => {
    const fake = new FakeCamera();
    const abort = new AbortController();
    const tested = testCamera(settings, abort.signal, () => fake.open);
    await turns();
    abort.abort();
    await assert.rejects(tested, { name: 'AbortError' });
    assert.equal(fake.openFeeds, 0);
    await assert.rejects(
      testCamera(settings, abort.signal, () => fake.open),
      { name: 'AbortError' },
    );
    assert.equal(fake.feeds.length, 1);
  });

  it('rejects when the settings cannot be opened at all', async () => {
    const tested = testCamera(settings, new AbortController().signal, () => {
      throw new Error('no such source');
    });
    await assert.rejects(tested, { message: 'no such source' });
  });
});

describe('running cameras', () => {
  it('are found while they run; the newer of two with the same id stays', () => {
    const still = async () => framePool().acquire({ cameraId: 'c', sequence: 0, timestamp: 0, width: 1, height: 1 });
    const older = { still };
    const newer = { still };
    const removeOlder = cameraRuns('n', older);
    assert.equal(runningCamera('n'), older);
    const removeNewer = cameraRuns('n', newer);
    removeOlder();
    assert.equal(runningCamera('n'), newer);
    removeNewer();
    assert.equal(runningCamera('n'), undefined);
  });
});
