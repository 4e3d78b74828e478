import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, afterEach, before, describe, it } from 'mocha';
import { FramePool } from '../../../../src/frame/pool.js';
import { FrameCounter } from '../../../../src/sources/counter.js';
import type { Feed } from '../../../../src/sources/live/feed.js';
import { openSnapshotFeed } from '../../../../src/sources/live/http/snapshot.js';
import type { LiveSettings } from '../../../../src/sources/live/settings.js';
import { CameraServer, picture, type CameraAnswer } from '../../../support/camera-server.js';
import { TestSink } from '../sink.js';
import { jpeg } from './pictures.js';

describe('snapshot camera', () => {
  const server = new CameraServer();
  let pictures: Buffer[] = [];
  let pool: FramePool;
  const open: Feed[] = [];

  before(async () => {
    await server.start();
    pictures = await Promise.all([10, 50, 90, 130, 170].map((grey) => jpeg(grey)));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((feed) => feed.close()));
  });
  after(() => server.close());

  function watch(path: string, more: Partial<LiveSettings> = {}): { sink: TestSink; feed: Feed } {
    pool = new FramePool();
    const sink = new TestSink();
    const settings: LiveSettings = { source: 'snapshot', url: server.url(path), interval: 0.01, ...more };
    const feed = openSnapshotFeed(settings, { pool, counter: new FrameCounter('gate') })(sink);
    open.push(feed);
    return { sink, feed };
  }

  /** Answers one after the other, and the last one again and again. */
  function inTurn(...answers: CameraAnswer[]): CameraAnswer {
    let i = 0;
    return (request, response) => answers[Math.min(i++, answers.length - 1)]!(request, response);
  }

  const broken: CameraAnswer = (_, response) => response.writeHead(500).end();

  it('asks again and again over one connection, one request at a time', async () => {
    // The next picture is there when the one before has become a frame: a busy machine may not drop any.
    server.on('/jpg', (request, response) => picture(pictures[Math.min(sink.frames.length, 4)]!)(request, response));
    server.requests.length = 0;
    const { sink } = watch('/jpg?channel=1');
    await sink.until(() => sink.frames.length === 5);
    assert.deepEqual(sink.greys, [10, 50, 90, 130, 170]);
    assert.deepEqual(
      sink.frames.map(({ sequence }) => sequence),
      [0, 1, 2, 3, 4],
    );
    assert.equal(server.sockets.size, 1);
    assert.equal(server.mostAnswering, 1);
    assert.ok(
      server.requests.every(({ url }) => url === '/jpg?channel=1'),
      'nothing is added to the address',
    );
    assert.deepEqual(sink.allFacts, [{ width: 32, height: 24, codec: 'jpeg', decoder: 'software' }]);
  });

  it('never asks twice at once, however slow the camera is', async () => {
    const waiting: ServerResponse[] = [];
    server.on('/slow', (_, response) => void waiting.push(response));
    server.mostAnswering = 0;
    const { sink } = watch('/slow');
    for (let i = 0; i < 3; i++) {
      while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 15));
      assert.equal(waiting.length, 1);
      waiting.pop()!.end(pictures[i]);
      await sink.until(() => sink.frames.length > i);
    }
    assert.equal(server.mostAnswering, 1);
  });

  it('takes the same bytes for no new frame, and for a sign of life', async () => {
    let asked = 0;
    server.on('/still', (request, response) => {
      asked++;
      picture(asked < 40 ? pictures[0]! : pictures[1]!)(request, response);
    });
    const { sink } = watch('/still');
    await sink.until(() => sink.frames.length === 2 || sink.ends.length > 0);
    assert.deepEqual([sink.greys, sink.ends, sink.problems], [[10, 50], [], []]);
    assert.equal(sink.frames[1]!.sequence, 1);
  });

  it('says that the camera is there while nothing is due', async () => {
    server.on('/seldom', picture(pictures[0]!));
    const { sink } = watch('/seldom', { interval: 3600, timeoutMs: 600 });
    await sink.until(() => sink.signs >= 3 && sink.frames.length > 0);
    assert.deepEqual([sink.greys, sink.ends], [[10], []]);
  });

  it('lets the camera say that nothing is new', async () => {
    let asked = 0;
    const conditions: (string | undefined)[] = [];
    server.on('/etag', (request, response) => {
      conditions.push(request.headers['if-none-match']);
      const etag = ++asked < 4 ? '"one"' : '"two"';
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else picture(etag === '"one"' ? pictures[0]! : pictures[1]!, { ETag: etag })(request, response);
    });
    const { sink } = watch('/etag');
    await sink.until(() => sink.frames.length === 2);
    assert.deepEqual(sink.greys, [10, 50]);
    assert.deepEqual(conditions.slice(0, 4), [undefined, '"one"', '"one"', '"one"']);
  });

  const faults: [string, CameraAnswer, RegExp][] = [
    ['an error', broken, /^Expected a picture from .*\/faults but the camera has a fault \(500/],
    ['a web page', (_, r) => r.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'), /it is a web page/],
    ['nothing', (_, r) => r.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(), /received 0 bytes$/],
    [
      'less than it promised',
      (_, r) => {
        r.writeHead(200, { 'Content-Length': 5000 });
        r.write('half', () => r.destroy());
      },
      /the connection broke off$/,
    ],
    ['half a picture', picture(Buffer.from('')), /./],
    [
      'text',
      picture(Buffer.from('no picture at all')),
      /received one that cannot be used: .* received 17 bytes of text$/,
    ],
    ['too many bytes', picture(Buffer.alloc(3.1e6)), /received one of more than 2930 KiB$/],
    ['nothing for too long', () => undefined, /none came within 0\.6 s$/],
    [
      'a stream',
      (_, r) => r.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace' }).write('--'),
      /choose the source for MJPEG$/,
    ],
  ];
  for (const [name, answer, expected] of faults) {
    it(`takes a poll that brings ${name} for a problem, and goes on`, async () => {
      const half: CameraAnswer = (q, r) => picture(pictures[4]!.subarray(0, pictures[4]!.length - 20))(q, r);
      const isSilence = name === 'nothing for too long';
      // The fault stays until it was noticed: a busy machine may not pass it over.
      server.on('/faults', (request, response) => {
        const bad = name === 'half a picture' ? half : answer;
        const stage =
          sink.frames.length === 0 ? picture(pictures[0]!) : sink.problems.length === 0 ? bad : picture(pictures[1]!);
        stage(request, response);
      });
      const { sink } = watch('/faults', { maxMegapixels: 1, ...(isSilence ? { timeoutMs: 600 } : {}) });
      if (isSilence) {
        // The whole time without an answer was this poll's.
        const end = await sink.end();
        assert.match(end.message, expected);
        assert.equal(end.code, 'ALPR_SOURCE_STALLED');
        return;
      }
      await sink.until(() => sink.frames.length === 2 || sink.ends.length > 0);
      assert.deepEqual([sink.greys, sink.ends], [[10, 50], []]);
      assert.ok(sink.problems.length > 0);
      for (const { message } of sink.problems) assert.match(message, expected);
    });
  }

  it('is over when the first poll fails', async () => {
    server.on('/first', broken);
    const { sink } = watch('/first');
    assert.match((await sink.end()).message, /the camera has a fault/);
    assert.deepEqual(sink.problems, []);
    await server.empty();
  });

  for (const [status, code] of [
    [401, 'ALPR_SOURCE_LOGIN'],
    [403, 'ALPR_SOURCE_LOGIN'],
    [404, 'ALPR_SOURCE'],
  ] as const) {
    it(`is over at once when a camera that worked answers ${status}`, async () => {
      server.on(
        '/final',
        inTurn(picture(pictures[0]!), (_, r) => r.writeHead(status).end()),
      );
      const { sink } = watch('/final');
      const end = await sink.end();
      assert.equal(end.code, code);
      assert.match(end.message, new RegExp(`${status}`));
      assert.deepEqual(sink.problems, []);
    });
  }

  it('is over when no poll works for as long as is allowed', async () => {
    server.on('/gone', inTurn(picture(pictures[0]!), broken));
    const { sink } = watch('/gone', { timeoutMs: 600 });
    assert.match((await sink.end()).message, /the camera has a fault/);
    assert.ok(sink.problems.length > 0);
  });

  it('is over when all pictures are damaged for as long as is allowed, even if they are the same', async () => {
    server.on('/rotten', picture(pictures[0]!.subarray(0, 300), { ETag: '"same"' }));
    const { sink } = watch('/rotten', { timeoutMs: 600 });
    assert.match((await sink.end()).message, /for 0\.6 s it received one that cannot be used/);
  });

  it('refuses an interval that is no number', async () => {
    const { sink } = watch('/jpg', { interval: NaN });
    const error = await sink.end();
    assert.match(error.message, /^Expected a number above 0 for interval but received NaN$/);
    assert.equal(error.code, 'ALPR_SOURCE_SETTINGS');
  });

  it('is closed between two polls and in the middle of one', async () => {
    server.on(
      '/close',
      inTurn(picture(pictures[0]!), () => undefined),
    );
    for (const interval of [1000, 0.01]) {
      const { sink, feed } = watch('/close', { interval });
      if (interval === 1000) await sink.until(() => sink.frames.length > 0);
      else while (server.answering === 0) await new Promise(setImmediate);
      await feed.close();
      sink.closed = true;
      await server.empty();
      assert.deepEqual([sink.late, sink.ends], [[], []]);
    }
  });
});
