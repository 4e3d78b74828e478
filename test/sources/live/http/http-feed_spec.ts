import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FramePool } from '../../../../src/frame/pool.js';
import { FrameCounter } from '../../../../src/sources/counter.js';
import { HttpFeed } from '../../../../src/sources/live/http/http-feed.js';
import { TestSink } from '../sink.js';

/** Does what the test says in place of asking a camera. */
class Feed extends HttpFeed {
  constructor(
    private readonly task: () => Promise<void>,
    sink: TestSink,
  ) {
    const context = { pool: new FramePool(), counter: new FrameCounter('gate') };
    super({ source: 'mjpeg', url: 'http://cam.lan/live?token=hush' }, context, sink, 'pictures', 'mjpeg');
  }

  protected run(): Promise<void> {
    return this.task();
  }

  protected stop(): void {}
}

describe('a feed over HTTP', () => {
  it('is over when its work returns, and says so once', async () => {
    const sink = new TestSink();
    const feed = new Feed(() => Promise.resolve(), sink);
    assert.match((await sink.end()).message, /^Expected pictures from http:\/\/cam\.lan\/live\?… but it ended$/);
    await feed.close();
  });

  it('is over when its work fails, and says why', async () => {
    const sink = new TestSink();
    const feed = new Feed(() => Promise.reject(new Error('the cable is out')), sink);
    assert.match((await sink.end()).message, /^Expected pictures from .* but .*the cable is out/);
    await feed.close();
  });

  it('says nothing when its work returns because it was closed', async () => {
    const sink = new TestSink();
    let finish = (): void => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    const feed = new Feed(() => work, sink);
    await new Promise(setImmediate);
    await feed.close();
    finish();
    await new Promise(setImmediate);
    assert.equal(sink.ends.length, 0);
  });
});
