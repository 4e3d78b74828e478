import type { Frame } from '../../src/frame/frame.js';
import { FramePool } from '../../src/frame/pool.js';
import { FrameCounter } from '../../src/sources/counter.js';
import type { Feed, FeedFacts, FeedSink, OpenFeed } from '../../src/sources/live/feed.js';
import { SourceError, type SourceErrorCode } from '../../src/sources/source.js';

/** A camera of the test's: every connection that was opened, the latest last. */
export class FakeCamera {
  readonly pool = new FramePool();
  readonly feeds: FakeFeed[] = [];
  /** What close() of feeds opened from now on waits for. */
  closing: Promise<void> = Promise.resolve();

  constructor(readonly counter: FrameCounter = new FrameCounter('cam')) {}

  readonly open: OpenFeed = (sink) => {
    const feed = new FakeFeed(this, sink, this.closing);
    this.feeds.push(feed);
    return feed;
  };

  get feed(): FakeFeed {
    return this.feeds.at(-1)!;
  }

  get openFeeds(): number {
    return this.feeds.filter(({ closed }) => !closed).length;
  }
}

export class FakeFeed implements Feed {
  readonly description = 'fake camera';
  readonly wanted: boolean[] = [];
  closed = false;

  constructor(
    private readonly camera: FakeCamera,
    readonly sink: FeedSink,
    private readonly closing: Promise<void>,
  ) {}

  /** The camera sends a frame. @param skipped numbers that are left out before it */
  give(size: { width?: number; height?: number } = {}, skipped = 0): Frame {
    for (let n = 0; n < skipped; n++) this.camera.counter.next(Date.now());
    const { width = 4, height = 2 } = size;
    const frame = this.camera.pool.acquire({ ...this.camera.counter.next(Date.now()), width, height });
    frame.pixels.fill(frame.sequence % 256);
    this.sink.frame(frame);
    return frame;
  }

  facts(facts: Partial<FeedFacts> = {}): void {
    this.sink.facts({ width: 4, height: 2, fps: 25, codec: 'h264', decoder: 'software', ...facts });
  }

  end(code: SourceErrorCode = 'ALPR_SOURCE', message = 'Expected a stream but it broke off'): void {
    this.sink.ended(new SourceError(message, code));
  }

  want(wanted: boolean): void {
    this.wanted.push(wanted);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.closing;
  }
}
