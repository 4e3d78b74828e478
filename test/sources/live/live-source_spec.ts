import assert from 'node:assert/strict';
import type { CameraReport } from '../../../src/sources/live/camera-state.js';
import { openLiveSource } from '../../../src/sources/live/live-source.js';
import { FakeCamera } from '../../support/fake-feed.js';
import { turns } from '../../support/fake-timers.js';

describe('openLiveSource', () => {
  const open = (fake: FakeCamera, reports: CameraReport[] = []) =>
    openLiveSource(() => fake.open, {
      camera: 'cam',
      pool: fake.pool,
      timeoutMs: 60_000,
      onReport: (report) => reports.push(report),
    });

  it('gives frames as they come, and of those that came meanwhile the newest', async () => {
    const fake = new FakeCamera();
    const source = open(fake);
    await turns();
    const first = source.next();
    await turns();
    fake.feed.give();
    const frame = (await first)!;
    assert.equal(frame.sequence, 0);
    await turns();
    for (let n = 0; n < 5; n++) fake.feed.give();
    fake.pool.recycle(frame);
    // One was on its way already.
    const second = (await source.next())!;
    await turns();
    const third = (await source.next())!;
    assert.deepEqual([second.sequence, third.sequence], [1, 5]);
    fake.pool.recycle(second);
    fake.pool.recycle(third);
    fake.feed.give();
    await turns();
    await source.close();
    assert.equal(await source.next(), null);
    assert.deepEqual([fake.openFeeds, fake.pool.stats().outstanding], [0, 0]);
  });

  it('fails when the camera gives no first frame', async () => {
    const fake = new FakeCamera();
    const source = open(fake);
    await turns();
    const next = assert.rejects(source.next(), { code: 'ALPR_SOURCE_LOGIN', message: 'refused' });
    fake.feed.end('ALPR_SOURCE_LOGIN', 'refused');
    await next;
    await source.close();
  });

  it('goes on when a camera that was lost comes back', async () => {
    const fake = new FakeCamera();
    const reports: CameraReport[] = [];
    const source = open(fake, reports);
    await turns();
    fake.feed.give();
    const frame = (await source.next())!;
    fake.pool.recycle(frame);
    fake.feed.end();
    assert.equal(reports.at(-1)!.state, 'lost');
    const next = source.next();
    while (fake.feeds.length < 2) await turns(1);
    fake.feed.give();
    fake.pool.recycle((await next)!);
    assert.equal(reports.at(-1)!.state, 'live');
    await source.close();
  });

  it('ends a pending wish when it is closed', async () => {
    const fake = new FakeCamera();
    const source = open(fake);
    const next = source.next();
    await Promise.all([source.close(), source.close()]);
    assert.equal(await next, null);
  });
});
