import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { after, afterEach, before, describe, it } from 'mocha';
import { FramePool } from '../../../../src/frame/pool.js';
import { FrameCounter } from '../../../../src/sources/counter.js';
import type { Feed } from '../../../../src/sources/live/feed.js';
import { openMjpegFeed } from '../../../../src/sources/live/http/mjpeg.js';
import type { LiveSettings } from '../../../../src/sources/live/settings.js';
import { CameraServer, part, picture, raw, stream, type CameraAnswer } from '../../../support/camera-server.js';
import { seededRandom } from '../../../support/random.js';
import { TestSink } from '../sink.js';
import { jpeg, noisyJpeg, withoutEnd, withoutTables, withThumbnail } from './pictures.js';

const multipart = 'multipart/x-mixed-replace; boundary=frame';

describe('MJPEG camera', () => {
  const server = new CameraServer();
  const greys = [10, 50, 90, 130, 170, 210];
  let pictures: Buffer[] = [];
  let pool: FramePool;
  const open: Feed[] = [];

  before(async () => {
    await server.start();
    pictures = await Promise.all(greys.map((grey) => jpeg(grey)));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((feed) => feed.close()));
  });
  after(() => server.close());

  function watch(path: string, more: Partial<LiveSettings> = {}): { sink: TestSink; feed: Feed } {
    pool = new FramePool();
    const sink = new TestSink();
    const settings: LiveSettings = { source: 'mjpeg', url: server.url(path), ...more };
    const feed = openMjpegFeed(settings, { pool, counter: new FrameCounter('gate') })(sink);
    open.push(feed);
    return { sink, feed };
  }

  /** Writes each picture when the one before it has become a frame. */
  async function play(path: string, parts: (Buffer | string)[], more: Partial<LiveSettings> = {}): Promise<TestSink> {
    let response: ServerResponse | undefined;
    server.on(
      path,
      stream(multipart, (opened) => (response = opened).write(parts[0])),
    );
    const { sink } = watch(path, more);
    for (let i = 0; i < parts.length; i++) {
      if (i > 0) response!.write(parts[i]);
      await sink.until(() => sink.frames.length + sink.problems.length > i || sink.ends.length > 0);
    }
    return sink;
  }

  it('gives every picture as a frame of its own number, dated by its arrival', async () => {
    const start = Date.now();
    const sink = await play(
      '/video',
      pictures.map((p) => part(p)),
    );
    assert.deepEqual(sink.greys, greys);
    assert.deepEqual(
      sink.frames.map(({ sequence, cameraId, width, height }) => [sequence, cameraId, width, height]),
      greys.map((_, i) => [i, 'gate', 32, 24]),
    );
    const times = sink.frames.map(({ timestamp }) => timestamp);
    assert.ok(times[0]! >= start && times[5]! <= Date.now() + 6);
    assert.deepEqual(sink.allFacts, [{ width: 32, height: 24, codec: 'mjpeg', decoder: 'software' }]);
    assert.deepEqual(server.requests.at(-1)!.headers.authorization, undefined);
  });

  it('reads HTTP/1.0 without a length, lines that end with LF, and a type that is wrong', async () => {
    for (const head of [
      'HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=--wrong\r\n\r\n',
      'HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace; boundary="frame"\nServer: cam\n\n',
      'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n',
      'HTTP/1.1 200 OK\r\n\r\n',
    ]) {
      server.on('/raw', raw(head, part(pictures[1]!)));
      const { sink } = watch('/raw');
      await sink.until(() => sink.frames.length > 0 || sink.ends.length > 0);
      assert.deepEqual([sink.greys, sink.ends], [[50], []], head);
    }
  });

  it('says it when the size of the pictures changes', async () => {
    const large = await jpeg(50, 64, 48);
    const sink = await play('/sizes', [part(pictures[0]!), part(large), part(large), part(pictures[0]!)]);
    assert.deepEqual(
      sink.allFacts.map(({ width, height }) => `${width}x${height}`),
      ['32x24', '64x48', '32x24'],
    );
  });

  it('scales wide pictures down while it decodes them, and leaves narrow ones as they are', async () => {
    const sink = await play('/wide', [part(await jpeg(90, 640, 480)), part(pictures[0]!)], { maxWidth: 200 });
    assert.deepEqual(
      sink.frames.map(({ width, height }) => `${width}x${height}`),
      ['200x150', '32x24'],
    );
    assert.deepEqual(sink.greys, [90, 10]);
  });

  it('decodes only the newest picture when nobody wants one, and its number shows what was dropped', async () => {
    let response: ServerResponse;
    server.on(
      '/busy',
      stream(multipart, (opened) => (response = opened).write(part(pictures[0]!))),
    );
    const { sink, feed } = watch('/busy');
    await sink.until(() => sink.frames.length === 1);
    feed.want!(false);
    response!.write(Buffer.concat(pictures.slice(1, 5).map((p) => part(p))));
    const { acquire } = pool;
    let decoded = 0;
    pool.acquire = (header) => (decoded++, acquire.call(pool, header));
    await new Promise((resolve) => response.write(part(pictures[5]!), resolve));
    await allRead(
      feed,
      pictures.reduce((sum, p) => sum + part(p).length, 0),
    );
    assert.equal(decoded, 0);
    feed.want!(true);
    await sink.until(() => sink.frames.length === 2);
    assert.deepEqual([sink.greys, sink.frames[1]!.sequence, decoded], [[10, 210], 5, 1]);
  });

  it('leaves out what is above the limit of frames per second, without a number for it', async () => {
    const burst = Buffer.concat(pictures.map((p) => part(p)));
    server.on(
      '/fast',
      stream(multipart, (opened) => opened.write(burst)),
    );
    const { sink, feed } = watch('/fast', { fps: 0.001 });
    await sink.until(() => sink.frames.length > 0);
    await allRead(feed, burst.length);
    assert.deepEqual([sink.greys, sink.frames[0]!.sequence], [[10], 0]);
  });

  const damage: [string, () => Promise<Buffer> | Buffer, RegExp][] = [
    ['is cut in half', () => part(pictures[0]!.subarray(0, 400)), /cannot be used/],
    ['is not one', () => part(Buffer.from([0xff, 0xd8, 0xff, 0xd9])), /cannot be used/],
    ['is too large', async () => part(await jpeg(9, 2000, 1200)), /cannot be used: Expected at most 1 megapixels/],
    [
      'is a file that is too large',
      () => part(Buffer.concat([pictures[0]!.subarray(0, -2), Buffer.alloc(3.1e6)])),
      /more than 2930 KiB/,
    ],
  ];
  for (const [name, make, expected] of damage) {
    it(`goes on after a picture that ${name}`, async () => {
      const sink = await play(
        '/damaged',
        [
          Buffer.concat([await make(), Buffer.from('--frame\r\n\r\n'), pictures[1]!.subarray(0, 3)]),
          pictures[1]!.subarray(3),
        ],
        { maxMegapixels: 1 },
      );
      await sink.until(() => sink.frames.length === 1);
      assert.deepEqual([sink.greys, sink.ends], [[50], []]);
      assert.equal(sink.problems.length, 1);
      assert.match(sink.problems[0]!.message, expected);
      assert.match(
        sink.problems[0]!.message,
        /^Expected a stream of JPEG pictures from http:\/\/127\.0\.0\.1:\d+\/damaged but received/,
      );
    });
  }

  it('takes pictures without an end marker, without Huffman tables, and with a thumbnail', async () => {
    const kinds = [
      withoutEnd(pictures[1]!),
      withoutTables(pictures[2]!),
      withThumbnail(pictures[3]!, pictures[0]!),
      pictures[4]!,
    ];
    const sink = await play('/odd', [
      Buffer.concat([part(kinds[0]!), Buffer.from('--frame\r\n\r\n\xff\xd8', 'latin1')]),
    ]);
    assert.deepEqual([sink.greys, sink.problems], [[50], []]);
    const all = await play(
      '/odd2',
      kinds.slice(1).map((p) => part(p)),
    );
    assert.deepEqual([all.greys, all.problems], [[90, 130, 170], []]);
  });

  it('survives random bytes between good pictures, and gives those (seeded)', async () => {
    const random = seededRandom(66);
    const noisy = await noisyJpeg(random);
    const good = Buffer.concat(Array.from({ length: 12 }, () => part(pictures[2]!)));
    const pieces: Buffer[] = [];
    for (let i = 0; i < 40; i++) {
      const broken = Buffer.from(noisy.subarray(0, Math.floor(random() * noisy.length)));
      for (let k = 0; k < 20; k++)
        if (broken.length > 0) broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
      pieces.push(part(broken), good);
    }
    pieces.push(Buffer.concat(Array.from({ length: 90 }, () => part(pictures[2]!))), part(await jpeg(240)));
    server.on(
      '/fuzz',
      stream(multipart, (opened) => opened.end(Buffer.concat(pieces))),
    );
    const { sink } = watch('/fuzz');
    const end = await sink.end();
    assert.match(end.message, /it ended after \d+ pictures$/);
    assert.equal(sink.greys.at(-1), 240);
    const numbers = sink.frames.map(({ sequence }) => sequence);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
  });

  const sentences: [string, CameraAnswer, RegExp, string?][] = [
    ['nothing at this path', (_, r) => r.writeHead(404).end(), /but there is nothing at this path \(404 Not Found\)$/],
    [
      'a forbidden path',
      (_, r) => r.writeHead(403).end(),
      /but this user may not see it \(403 Forbidden\)$/,
      'ALPR_SOURCE_LOGIN',
    ],
    ['a busy camera', (_, r) => r.writeHead(503).end(), /but the camera is busy or starting \(503/],
    ['a broken camera', (_, r) => r.writeHead(500).end(), /but the camera has a fault \(500/],
    [
      'a web page',
      (_, r) => r.writeHead(200, { 'Content-Type': 'text/html; charset=x' }).end('<p>'),
      /but it is a web page \(text\/html\): is the path right\?$/,
    ],
    [
      'a playlist',
      (_, r) => r.writeHead(200, { 'Content-Type': 'application/vnd.apple.mpegurl' }).end(),
      /choose the source that goes through ffmpeg$/,
    ],
    [
      'a snapshot',
      (_, r) => picture(pictures[0]!)(_, r),
      /but it is a single picture: choose the source for snapshots$/,
    ],
    [
      'an end at once',
      (_, r) => r.writeHead(200, { 'Content-Type': multipart }).end(),
      /but it ended without one \(0 bytes\)$/,
    ],
    [
      'a login',
      (_, r) => r.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end(),
      /but it asks for a user and a password \(401\)$/,
      'ALPR_SOURCE_LOGIN',
    ],
    [
      'a redirect in circles',
      (_, r) => r.writeHead(302, { Location: '/bad?token=s3cret' }).end(),
      /but it was sent on more than 5 times$/,
    ],
    [
      'a redirect out of HTTP',
      (_, r) => r.writeHead(302, { Location: 'ftp://user:pw@a/b' }).end(),
      /but it was sent on to something else than HTTP$/,
    ],
    [
      'headers without an end',
      raw('HTTP/1.1 200 OK\r\n', 'X: a\r\n'.repeat(9000)),
      /but its answer has no end of headers$/,
    ],
    ['something else than HTTP', raw('SSH-2.0-OpenSSH_9.2\r\n'), /but it does not speak HTTP \(HPE_/],
    ['a connection that breaks', (q) => q.socket.destroy(), /but the connection broke off$/],
  ];
  for (const [name, answer, expected, code = 'ALPR_SOURCE'] of sentences) {
    it(`says clearly what is wrong with ${name}`, async () => {
      server.on('/bad', answer);
      const { sink } = watch('/bad');
      const error = await sink.end();
      assert.match(error.message, expected);
      assert.match(error.message, /^Expected a stream of JPEG pictures from http:\/\/127\.0\.0\.1:\d+\/bad but /);
      assert.equal(error.code, code);
      await server.empty();
    });
  }

  for (const [name, url, expected] of [
    ['no address', '', /Expected an address such as .* for url but received an empty one/],
    ['half an address', '192.168.0.9/video', /but received "192\.168\.0\.9\/video"/],
    ['an address of another kind', 'rtsp://user:s3cret@cam/1', /but received "rtsp:\/\/\*\*\*@cam\/1"/],
  ] as const) {
    it(`says at once that ${name} cannot work, in a later turn`, async () => {
      const { sink } = watch('/', { url });
      assert.deepEqual(sink.ends, []);
      const error = await sink.end();
      assert.match(error.message, expected);
      assert.equal(error.code, 'ALPR_SOURCE_SETTINGS');
    });
  }

  it('refuses settings that are no numbers', async () => {
    const { sink } = watch('/', { maxWidth: NaN });
    assert.match((await sink.end()).message, /^Expected a number above 0 for maxWidth but received NaN$/);
  });

  it('says that nothing listens there, and that there is no such name', async () => {
    const spare = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => spare.once('listening', resolve));
    const { port } = spare.address() as net.AddressInfo;
    await new Promise((resolve) => spare.close(resolve));
    const refused = watch('/', { url: `http://127.0.0.1:${port}/` });
    assert.equal((await refused.sink.end()).code, 'ALPR_SOURCE_UNREACHABLE');
    assert.match((await refused.sink.end()).message, /nothing listens there \(connection refused\)$/);
    const unknown = watch('/', { url: 'http://camera.invalid/' });
    assert.match((await unknown.sink.end()).message, /no computer has this name|the name could not be looked up/);
  });

  const silences: [string, CameraAnswer, RegExp][] = [
    ['that never answers', () => undefined, /it accepted the connection and sent no answer within 0\.7 s$/],
    [
      'that sends nothing behind its headers',
      stream(multipart, () => undefined),
      /no picture came within 0\.7 s \(0 bytes of multipart/,
    ],
    [
      'that stops in a picture',
      stream(multipart, (r) => r.write(part(pictures[0]!).subarray(0, 200))),
      /no picture came within 0\.7 s \(200 bytes/,
    ],
    ['that stops after one', stream(multipart, (r) => r.write(part(pictures[0]!))), /no picture came for 0\.7 s$/],
    ['that only drips', (_, r) => drip(r), /no picture came within 0\.7 s \(\d+ bytes/],
    [
      'whose login does not end',
      (_, r) => void r.writeHead(401, { 'WWW-Authenticate': 'Basic' }).write('x'),
      /sent no answer within 0\.7 s$/,
    ],
  ];
  for (const [name, answer, expected] of silences) {
    it(`gives up a camera ${name}`, async () => {
      server.on('/silent', answer);
      const { sink } = watch('/silent', { timeoutMs: 700 });
      const error = await sink.end();
      assert.match(error.message, expected);
      assert.equal(error.code, 'ALPR_SOURCE_STALLED');
      await server.empty();
    });
  }

  it('gives up a camera whose pictures are all damaged', async () => {
    let timer: NodeJS.Timeout;
    server.on(
      '/rotten',
      stream(multipart, (r) => {
        timer = setInterval(() => r.write(part(pictures[0]!.subarray(0, 400))), 20);
        r.once('close', () => clearInterval(timer));
      }),
    );
    const { sink } = watch('/rotten', { timeoutMs: 700 });
    const error = await sink.end();
    assert.match(error.message, /but for 0\.7 s it received one that cannot be used: /);
    assert.deepEqual(sink.frames, []);
  });

  it('ends its sockets and says nothing more when it is closed, whatever it was doing', async () => {
    const states: [string, CameraAnswer, (sink: TestSink) => Promise<unknown>][] = [
      ['nothing yet', () => undefined, async () => undefined],
      [
        'asking',
        () => undefined,
        async () => {
          while (server.answering === 0) await new Promise(setImmediate);
        },
      ],
      [
        'reading',
        stream(multipart, (r) => {
          for (const p of pictures) r.write(part(p));
        }),
        (sink) => sink.until(() => sink.frames.length > 0),
      ],
    ];
    for (const [name, answer, ready] of states) {
      server.on('/close', answer);
      const { sink, feed } = watch('/close');
      await ready(sink);
      const closing = Promise.all([feed.close(), feed.close()]);
      sink.closed = true;
      await closing;
      await server.empty();
      for (const frame of sink.frames) pool.recycle(frame);
      assert.equal(pool.stats().outstanding, 0, `${name}: every frame came to the sink or went back`);
      assert.deepEqual([sink.late, sink.ends], [[], []], name);
    }
  });

  /** Until the feed has read so many bytes: only then is it sure what it has dropped. */
  async function allRead(feed: Feed, bytes: number): Promise<void> {
    while ((feed as unknown as { stream: { bytes: number } }).stream.bytes < bytes) await new Promise(setImmediate);
  }

  function drip(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': multipart });
    const timer = setInterval(() => response.write('a'), 10);
    response.once('close', () => clearInterval(timer));
  }
});
