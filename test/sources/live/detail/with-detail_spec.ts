import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Frame } from '../../../../src/frame/frame.js';
import { FramePool } from '../../../../src/frame/pool.js';
import { FrameCounter } from '../../../../src/sources/counter.js';
import type { Feed, FeedFacts } from '../../../../src/sources/live/feed.js';
import { withDetail, type DetailOptions } from '../../../../src/sources/live/detail/with-detail.js';
import { openFfmpegFeed } from '../../../../src/sources/live/ffmpeg-feed.js';
import { rtspInput } from '../../../../src/sources/live/ffmpeg-inputs/rtsp.js';
import type { LiveSettings } from '../../../../src/sources/live/settings.js';
import { SourceError } from '../../../../src/sources/source.js';
import { startThread } from '../../../../src/sources/thread.js';
import { countedClip, countIn } from '../../../support/counted-clip.js';
import { commandLine, descendants } from '../../../support/processes.js';
import { startFaultProxy, type FaultProxy } from '../../../support/rtsp-server/fault-proxy.js';
import { skipWithoutRtsp, startRtspServer, type RtspServer } from '../../../support/rtsp-server/rtsp-server.js';

const user = 'viewer';
const password = 'q7!geheim';
const fps = 25;
const detailFolder = join(__dirname, '../../../../src/sources/live/detail');

/** What of a frame and its larger picture was seen. */
interface Pair {
  small: number;
  large: number | undefined;
  width: number | undefined;
}

/** A camera whose frames are looked at one after the other, as a flow does; those that come meanwhile are dropped. */
class Watched {
  readonly pool = new FramePool();
  readonly pairs: Pair[] = [];
  readonly problems: SourceError[] = [];
  /** What the facts said of the main stream, one after the other. */
  readonly mainStream: FeedFacts['mainStream'][] = [];
  ended: SourceError | undefined;
  wanted = true;
  private readonly feed: Feed;
  private busy = false;
  private wake: () => void = () => undefined;

  constructor(given: Omit<LiveSettings, 'source'>, options: DetailOptions = {}) {
    const context = { pool: this.pool, counter: new FrameCounter('gate') };
    const settings: LiveSettings = { source: 'rtsp', user, password, ...given };
    this.feed = withDetail(
      openFfmpegFeed(settings, context, rtspInput),
      settings,
      context,
      options,
    )({
      frame: (frame) => void this.look(frame),
      facts: ({ mainStream }) => {
        if (mainStream !== this.mainStream.at(-1)) this.mainStream.push(mainStream);
        this.wake();
      },
      problem: (error) => {
        this.problems.push(error);
        this.wake();
      },
      ended: (error) => (this.ended = error),
    });
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** The next `count` frames whose larger picture came. */
  async matched(count: number): Promise<Pair[]> {
    const from = this.pairs.length;
    const found = (): Pair[] => this.pairs.slice(from).filter(({ large }) => large !== undefined);
    await this.until(() => found().length >= count);
    return found().slice(0, count);
  }

  close(): Promise<void> {
    return this.feed.close();
  }

  private async look(frame: Frame): Promise<void> {
    if (this.busy) return this.pool.recycle(frame);
    this.busy = true;
    frame.lease.retain();
    const small = countIn(frame);
    assert.equal(await frame.lease.detail?.(true), undefined, 'nobody has asked for it yet');
    const detail = this.wanted ? await frame.lease.detail?.() : undefined;
    for (const atHand of [false, true]) {
      if (detail !== undefined) assert.equal(await frame.lease.detail?.(atHand), detail, 'one picture for all who ask');
    }
    this.pairs.push({ small, large: detail && countIn(detail), width: detail?.width });
    frame.lease.release();
    frame.lease.onIdle(() => this.pool.recycle(frame));
    this.busy = false;
    this.wake();
  }
}

describe('A camera with a smaller and a larger stream', function () {
  this.timeout(120_000);
  let server: RtspServer;
  let proxy: FaultProxy;
  let camera: Watched | undefined;

  before(async function () {
    // Clips are encoded once, then cached.
    this.timeout(300_000);
    skipWithoutRtsp(this);
    const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '10'];
    const file = await countedClip({ width: 1280, height: 720, fps, frames: 400, encoding, format: 'mp4' });
    server = await startRtspServer({
      ...{ user, password },
      streams: [
        { path: 'main', file, gop: 25, fps },
        { path: 'main265', file, gop: 50, fps, codec: 'h265' },
        { path: 'sub', file, width: 640, height: 360, fps: 12.5 },
        { path: 'tiny', file, width: 320, height: 180, fps: 12.5 },
      ],
    });
    proxy = await startFaultProxy({ port: server.port });
  });
  after(async () => {
    await proxy?.close();
    await server?.close();
  });
  afterEach(async () => {
    await camera?.close();
    camera = undefined;
  });

  for (const path of ['main', 'main265']) {
    it(`shows the same moment in both: ${path}`, async () => {
      camera = new Watched({ url: server.url('sub'), detailUrl: server.url(path) });
      for (const { small, large, width } of await camera.matched(25)) {
        // A loaded machine delays arrivals; a frame is 40 ms.
        assert.ok(Math.abs(large! - small) <= 1, `${large} beside ${small}`);
        assert.equal(width, 1280);
      }
      assert.deepEqual(camera.problems, []);
    });
  }

  it('takes a picture from earlier or later where it is told to', async () => {
    camera = new Watched({ url: server.url('sub'), detailUrl: server.url('main'), detailOffsetMs: -400 });
    for (const { small, large } of await camera.matched(10)) {
      // The clip begins anew after its last frame.
      const difference = (small - large! + 400) % 400;
      assert.ok(Math.abs(difference - 10) <= 1, `${large} beside ${small}`);
    }
  });

  it('decodes nothing while nobody asks, gives all memory back, and leaves no program behind', async () => {
    camera = new Watched({ url: server.url('sub'), detailUrl: server.url('main') });
    const watched = camera;
    const decoders = (): number =>
      descendants(process.pid).filter(({ pid }) => commandLine(pid).includes('-f ivf')).length;
    await camera.matched(5);
    assert.equal(decoders(), 1);
    camera.wanted = false;
    await camera.until(() => decoders() === 0);
    await camera.close();
    await watched.until(() => true);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const left = descendants(process.pid).map(({ pid }) => commandLine(pid));
    assert.deepEqual(
      left.filter((line) => line.includes('ffmpeg')),
      [],
    );
    // The last frame's eight turns.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(watched.pool.stats().outstanding, 0);
  });

  it('goes on with the smaller stream when the larger is gone, says so once, and takes it up again', async () => {
    camera = new Watched({ url: server.url('sub'), detailUrl: proxy.url(server.url('main')) });
    const watched = camera;
    await camera.matched(3);
    await proxy.set({ kind: 'refuse' });
    proxy.disconnect(true);
    await camera.until(() => watched.problems.length > 0);
    const frames = camera.pairs.length;
    await camera.until(() => watched.pairs.length > frames + 30);
    assert.ok(camera.pairs.slice(-20).every(({ large }) => large === undefined));
    assert.equal(camera.problems.length, 1);
    assert.match(camera.problems[0]!.message, /main stream from rtsp:\/\/127\.0\.0\.1.*read from the smaller stream/);
    assert.equal(camera.ended, undefined);
    await proxy.set({ kind: 'none' });
    for (const { small, large } of await camera.matched(5)) assert.ok(Math.abs(large! - small) <= 1);
    assert.deepEqual(camera.mainStream.slice(-3), ['live', 'lost', 'live']);
  });

  it('goes on when the thread of the larger stream breaks or cannot be had, says so once, and starts it again', async () => {
    const threads: Worker[] = [];
    let attempts = 0;
    camera = new Watched(
      { url: server.url('sub'), detailUrl: server.url('main') },
      {
        random: () => 0,
        startThread: (start) => {
          if (++attempts === 2) throw new SourceError('Expected a thread but there is none');
          threads.push(startThread(join(detailFolder, 'detail-thread'), start));
          return threads.at(-1)!;
        },
      },
    );
    const watched = camera;
    await camera.matched(3);
    assert.deepEqual(camera.mainStream.slice(-1), ['live']);
    // As a thread breaks: an error that nobody caught.
    threads[0]!.postMessage(null);
    for (const { small, large } of await camera.matched(5)) assert.ok(Math.abs(large! - small) <= 1);
    assert.deepEqual([attempts, threads.length], [3, 2]);
    assert.deepEqual(camera.mainStream.slice(-3), ['live', 'lost', 'live']);
    assert.deepEqual(
      camera.problems.map(({ message, code }) => `${code}: ${message}`),
      [
        'ALPR_SOURCE: Expected the main stream’s thread to go on but it failed: ' +
          "Cannot read properties of null (reading 'kind'). " +
          'Plates are read from the smaller stream meanwhile',
      ],
    );
    assert.equal(camera.ended, undefined);
    await camera.close();
    // The programs of the thread that broke are gone, too, and none is a zombie.
    const left = (): string[] => descendants(process.pid).map(({ name }) => name);
    while (left().includes('ffmpeg')) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(watched.ended, undefined);
  });

  it('shows its login nowhere', async () => {
    camera = new Watched({ url: server.url('sub'), detailUrl: server.url('nothing-here') });
    const watched = camera;
    await camera.until(() => watched.problems.length > 0 && watched.pairs.length > 0);
    const shown = [
      ...camera.problems.map(({ message }) => message),
      ...descendants(process.pid).map(({ pid }) => commandLine(pid)),
    ];
    for (const text of shown) assert.ok(!text.includes('geheim') && !text.includes(encodeURIComponent(password)), text);
    assert.match(camera.problems[0]!.message, /404/);
  });

  it('does not use a stream that is not larger', async () => {
    camera = new Watched({ url: server.url('sub'), detailUrl: server.url('tiny') });
    const watched = camera;
    await camera.until(() => watched.problems.length > 0);
    assert.match(camera.problems[0]!.message, /wider than the other.*320 pixels beside 640/);
    assert.equal(camera.problems[0]!.code, 'ALPR_SOURCE_SETTINGS');
    const frames = camera.pairs.length;
    await camera.until(() => watched.pairs.length > frames + 3);
    assert.ok(camera.pairs.every(({ large }) => large === undefined));
  });
});
