import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FramePool } from '../../../src/frame/pool.js';
import { FrameCounter } from '../../../src/sources/counter.js';
import { openFfmpegFeed } from '../../../src/sources/live/ffmpeg-feed.js';
import { customInput } from '../../../src/sources/live/ffmpeg-inputs/custom.js';
import { needFfmpeg } from '../clips.js';
import { TestSink } from './sink.js';

describe('a live camera without memory for another frame', () => {
  it('is over and says why', async function () {
    needFfmpeg(this);
    const pool = new FramePool();
    let left = 4;
    const acquire = pool.acquire.bind(pool);
    pool.acquire = (header) => {
      if (left-- <= 0) throw new RangeError('Array buffer allocation failed');
      return acquire(header);
    };
    const sink = new TestSink();
    const input = '-re -f lavfi -i testsrc=size=64x48:rate=25';
    const settings = { source: 'ffmpeg', arguments: input } as const;
    const feed = openFfmpegFeed(settings, { pool, counter: new FrameCounter('gate') }, customInput)(sink);
    assert.match((await sink.end()).message, /Array buffer allocation failed/);
    await feed.close();
  });
});
