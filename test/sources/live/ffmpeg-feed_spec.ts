import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { FramePool } from '../../../src/frame/pool.js';
import { FrameCounter } from '../../../src/sources/counter.js';
import { openFeed } from '../../../src/sources/live/open-feed.js';
import type { Feed, OpenFeed } from '../../../src/sources/live/feed.js';
import type { LiveSettings } from '../../../src/sources/live/settings.js';
import { commandLine, descendants } from '../../support/processes.js';
import { startFaultProxy, type FaultProxy } from '../../support/rtsp-server/fault-proxy.js';
import { skipWithoutRtsp, startRtspServer, type RtspServer } from '../../support/rtsp-server/rtsp-server.js';
import { TemporaryFolder } from '../clips.js';
import { TestSink } from './sink.js';

const user = 'operator';
/** What breaks addresses, scripts, shells and careless encoders. */
const password = `p@ss/w:rd #?%&'"ü\\$x`;

describe('a live feed through ffmpeg', function () {
  this.timeout(60_000);
  const folder = new TemporaryFolder();
  const known = descendants(process.pid).map(({ pid }) => pid);
  let server: RtspServer;
  let locked: RtspServer;
  let proxy: FaultProxy;
  let pool: FramePool;
  let sink: TestSink;
  let open: OpenFeed;
  let feed: Feed;

  before(async function () {
    skipWithoutRtsp(this);
    const gop = 5;
    const testsrc = { width: 320, height: 180, fps: 25 };
    server = await startRtspServer({
      streams: [
        { path: 'gate', testsrc, gop },
        { path: 'hevc', testsrc, codec: 'h265', gop },
        { path: 'tcp-only', testsrc, gop, only: 'tcp' },
        { path: 'udp-only', testsrc, gop, only: 'udp' },
        { path: 'changing', testsrc, gop },
        { path: 'wide', testsrc: { width: 1280, height: 720, fps: 25 }, gop },
      ],
    });
    locked = await startRtspServer({ streams: [{ path: 'gate', testsrc, gop }], user, password });
    proxy = await startFaultProxy({ port: server.port });
  });

  after(async () => {
    folder.remove();
    await Promise.all([server?.close(), locked?.close(), proxy?.close()]);
  });

  beforeEach(async () => {
    pool = new FramePool();
    await proxy.set({ kind: 'none' });
  });

  /** Every test ends here: nothing is left of the feed. */
  afterEach(async () => {
    if (!feed) return;
    sink.closed = true;
    await feed.close();
    assert.deepEqual(sink.late, []);
    for (const frame of sink.frames) pool.recycle(frame);
    assert.equal(pool.stats().outstanding, 0, 'every buffer is back');
    assert.deepEqual(mine(), []);
  });

  function start(settings: Partial<LiveSettings>): TestSink {
    const all = { source: 'rtsp' as const, ...settings };
    open = openFeed(all, { pool, counter: new FrameCounter('gate') });
    sink = new TestSink();
    feed = open(sink);
    return sink;
  }

  /** Processes of feeds. */
  function mine(): string[] {
    const servers = [server.pid, locked.pid];
    return descendants(process.pid)
      .filter(({ pid, parent }) => ![...known, ...servers].includes(pid) && !servers.includes(parent))
      .filter(({ name }) => name !== 'esbuild')
      .map(({ pid, name }) => `${name}: ${commandLine(pid)}`);
  }

  it('brings frames, numbered and dated in order, and says what they are', async () => {
    const began = Date.now();
    start({ url: server.url('gate') });
    await sink.until(() => sink.frames.length >= 30);
    assert.deepEqual(sink.allFacts, [{ width: 320, height: 180, fps: 25, codec: 'h264', decoder: 'software' }]);
    assert.equal(feed.description, server.url('gate'));
    for (const [i, frame] of sink.frames.entries()) {
      assert.deepEqual([frame.width, frame.height, frame.cameraId], [320, 180, 'gate']);
      const before = sink.frames[i - 1];
      if (before) assert.ok(frame.sequence > before.sequence && frame.timestamp > before.timestamp);
      assert.ok(frame.timestamp >= began && frame.timestamp <= Date.now());
      assert.equal(frame.id, `gate#${frame.sequence}`);
    }
    const looks = new Set(sink.frames.map((frame) => Buffer.from(frame.pixels).toString('latin1')));
    assert.ok(looks.size > 20, `${looks.size} different pictures: a buffer is not written while it is out`);
  });

  it('decodes H.265, over UDP too', async () => {
    start({ url: server.url('hevc'), transport: 'udp' });
    await sink.until(() => sink.frames.length >= 5);
    assert.equal(sink.allFacts[0]!.codec, 'hevc');
  });

  for (const [asked, only] of [
    ['udp', 'tcp'],
    ['tcp', 'udp'],
  ] as const) {
    it(`says what to set where the camera serves ${only} alone and ${asked} is asked for`, async () => {
      start({ url: server.url(`${only}-only`), transport: asked });
      const { message, code } = await sink.end();
      assert.equal(code, 'ALPR_SOURCE');
      const other = only.toUpperCase();
      assert.match(
        message,
        new RegExp(
          `but received 461: the camera does not send over ${asked.toUpperCase()}; set ${other} as the transport`,
        ),
      );
      await feed.close();
      start({ url: server.url(`${only}-only`), transport: only });
      await sink.until(() => sink.frames.length >= 3);
    });
  }

  it('says what to set where a firewall lets no UDP through', async () => {
    await proxy.set({ kind: 'no-udp' });
    start({ url: proxy.url(server.url('gate')), transport: 'udp', timeoutMs: 3000 });
    const { message, code } = await sink.end();
    assert.equal(proxy.counts.faulty['no-udp'], 1);
    assert.equal(code, 'ALPR_SOURCE_STALLED');
    assert.match(message, /but none came for 3 s \(do firewalls let UDP through\? set TCP as the transport\)/);
    // Through the same firewall.
    await feed.close();
    start({ url: proxy.url(server.url('gate')), transport: 'tcp', timeoutMs: 10_000 });
    await sink.until(() => sink.frames.length >= 3);
  });

  it('scales and thins out as asked', async () => {
    start({ url: server.url('wide'), maxWidth: 320, fps: 5 });
    await sink.until(() => sink.frames.length >= 6);
    assert.deepEqual([sink.frames[0]!.width, sink.frames[0]!.height], [320, 180]);
    const steps = sink.frames.slice(1).map((frame, i) => frame.timestamp - sink.frames[i]!.timestamp);
    // The first ones may come in a burst.
    assert.ok(
      steps.slice(2).every((step) => step > 100),
      `${steps.join(' ')} ms`,
    );
  });

  it('goes on with another size without a new start', async () => {
    start({ url: server.url('changing') });
    await sink.until(() => sink.frames.length >= 5);
    const [ffmpeg] = mine();
    await server.switch('changing', { testsrc: { width: 640, height: 352, fps: 25 }, gop: 5 });
    await sink.until(() => sink.frames.some(({ width }) => width === 640));
    await server.switch('changing', { testsrc: { width: 160, height: 96, fps: 25 }, gop: 5 });
    await sink.until(() => sink.frames.some(({ width }) => width === 160));
    assert.deepEqual(
      sink.allFacts.map(({ width, height }) => `${width}x${height}`),
      ['320x180', '640x352', '160x96'],
    );
    assert.equal(mine()[0], ffmpeg);
    for (const size of [320, 640, 160]) {
      const frame = sink.frames.filter(({ width }) => width === size).at(-1)!;
      assert.ok(neighbours(frame.pixels, frame.width) < 25, `${size}: rows fit together`);
    }
  });

  it('does with an ffmpeg 4.3 what that can', async () => {
    const old = folder.file(
      'old-ffmpeg',
      `#!/bin/sh\n[ "$1" = -version ] && echo "ffmpeg version 4.3.9" && exit\nexec ffmpeg "$@"\n`,
    );
    chmodSync(old, 0o755);
    await server.switch('changing', { testsrc: { width: 320, height: 180, fps: 25 }, gop: 5 });
    start({ url: server.url('changing'), ffmpeg: old });
    await sink.until(() => sink.frames.some(({ width }) => width === 320));
    await server.switch('changing', { testsrc: { width: 640, height: 352, fps: 25 }, gop: 5 });
    assert.match(
      (await sink.end()).message,
      /the camera now sends 640x352; ffmpeg 4.3.9 must be started anew for that/,
    );
    assert.ok(sink.frames.every(({ width }) => width === 320));
  });

  describe('with a login', () => {
    it('shows user and password nowhere', async () => {
      start({ url: locked.url('gate'), user, password });
      const seen = new Set<string>();
      const look = setInterval(() => {
        for (const line of mine()) seen.add(line);
      }, 10);
      try {
        await sink.until(() => sink.frames.length >= 2 || sink.ends.length > 0);
      } finally {
        clearInterval(look);
      }
      assert.deepEqual(sink.ends, []);
      assert.ok([...seen].some((line) => line.startsWith('ffmpeg: ffmpeg ')));
      for (const line of seen) {
        for (const secret of [user, password, encodeURIComponent(password)]) assert.ok(!line.includes(secret), line);
      }
      assert.equal(feed.description, locked.url('gate'));
    });

    for (const [what, login] of [
      ['a wrong password', { user, password: 'geheim&falsch' }],
      ['no login at all', {}],
    ] as const) {
      it(`says that ${what} was refused, and not which`, async () => {
        start({ url: locked.url('gate'), ...login });
        const { code, message } = await sink.end();
        assert.equal(code, 'ALPR_SOURCE_LOGIN');
        assert.match(message, /Expected frames from rtsp:\/\/127.*received 401: the camera refused user or password/);
        assert.ok(!/geheim|operator/.test(message), message);
      });
    }

    it('takes a login out of an address', async () => {
      const url = new URL(locked.url('gate'));
      [url.username, url.password] = [user, 'geheim%21'];
      start({ url: url.href });
      const { code, message } = await sink.end();
      assert.equal(code, 'ALPR_SOURCE_LOGIN');
      assert.ok(!/geheim|operator/.test(`${message} ${feed.description}`), message);
    });
  });

  it('takes a camera’s own certificate', async () => {
    const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=camera'],
      ...['-keyout', key, '-out', cert],
    ]);
    assert.equal(made.status, 0, String(made.stderr ?? made.error));
    const secure = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
      const inner = connect(Number(new URL(locked.url('gate')).port), '127.0.0.1');
      for (const side of [socket, inner]) side.on('error', () => [socket, inner].map((end) => end.destroy()));
      socket.pipe(inner).pipe(socket);
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = secure.address() as { port: number };
      start({ url: `rtsps://127.0.0.1:${port}/gate`, user, password });
      await sink.until(() => sink.frames.length >= 2 || sink.ends.length > 0);
      assert.deepEqual(sink.ends, []);
    } finally {
      await feed.close();
      secure.close();
    }
  });

  const wrong: [string, () => Partial<LiveSettings>, string, RegExp][] = [
    [
      'a path that is not there',
      () => ({ url: server.url('nowhere') }),
      'ALPR_SOURCE',
      /404: the camera has no such stream/,
    ],
    [
      'a port where nobody listens',
      () => ({ url: 'rtsp://127.0.0.1:1/x' }),
      'ALPR_SOURCE_UNREACHABLE',
      /nothing listens there/,
    ],
    [
      'an unknown host',
      () => ({ url: 'rtsp://nowhere.invalid/x' }),
      'ALPR_SOURCE_UNREACHABLE',
      /no computer of this name/,
    ],
    [
      'TLS where there is none',
      () => ({ url: server.url('gate').replace('rtsp:', 'rtsps:') }),
      'ALPR_SOURCE',
      /does not speak TLS/,
    ],
    ['no address', () => ({ url: '' }), 'ALPR_SOURCE_SETTINGS', /an address such as rtsp:.*received an empty one/],
    [
      'another kind of address',
      () => ({ url: 'http://u:geheim@h/x' }),
      'ALPR_SOURCE_SETTINGS',
      /received "http:\/\/\*\*\*@h\/x"/,
    ],
    [
      'a login that ffmpeg would cut off',
      () => ({ url: 'rtsp://h/x', user, password: 'ü'.repeat(40) }),
      'ALPR_SOURCE_SETTINGS',
      /at most 127 characters/,
    ],
    [
      'no ffmpeg',
      () => ({ url: server.url('gate'), ffmpeg: '/nowhere/ffmpeg' }),
      'ALPR_FFMPEG',
      /no such program.*apt install ffmpeg/,
    ],
    [
      'a frame that is too large',
      () => ({ url: server.url('wide'), maxMegapixels: 0.5 }),
      'ALPR_SOURCE',
      /at most 0.5 megapixels from .* but received 1280x720/,
    ],
    [
      'sound without pictures',
      () => ({ source: 'ffmpeg', arguments: '-f lavfi -i sine' }),
      'ALPR_SOURCE_SETTINGS',
      /no picture in that stream/,
    ],
    [
      'something that is no video',
      () => ({ source: 'ffmpeg', arguments: `-i ${__filename}` }),
      'ALPR_SOURCE',
      /what came is no video/,
    ],
    [
      'an unknown kind',
      () => ({ source: 'cinema' as 'rtsp' }),
      'ALPR_SOURCE_SETTINGS',
      /one of rtsp, .* but received cinema/,
    ],
  ];
  for (const [what, settings, code, message] of wrong) {
    it(`says clearly what is wrong with ${what}`, async () => {
      start(settings());
      const error = await sink.end();
      assert.match(error.message, /^Expected /);
      assert.match(error.message, message);
      assert.equal(error.code, code);
      assert.ok(!error.message.includes('geheim'));
      assert.equal(sink.ends.length, 1);
    });
  }

  it('ends with the stream, and says so', async () => {
    start({ url: proxy.url(server.url('gate')) });
    await sink.until(() => sink.frames.length >= 2);
    proxy.disconnect();
    assert.match((await sink.end()).message, /Expected frames from .* but (the stream ended|.* ended)/);
  });

  it('takes a camera that falls silent for lost', async () => {
    start({ url: proxy.url(server.url('gate')), timeoutMs: 2000 });
    await sink.until(() => sink.frames.length >= 2);
    await proxy.set({ kind: 'stall' });
    const { code, message } = await sink.end();
    assert.equal(code, 'ALPR_SOURCE_STALLED');
    assert.match(message, /none came for 2 s/);
  });

  it('goes on over damaged packets, and counts them as problems', async () => {
    start({ url: proxy.url(server.url('gate')) });
    await sink.until(() => sink.frames.length >= 5);
    await proxy.set({ kind: 'corrupt', share: 0.3 });
    await sink.until(() => sink.problems.length >= 1);
    assert.match(sink.problems[0]!.message, /Expected an undamaged picture from .* but ffmpeg says: /);
    await proxy.set({ kind: 'none' });
    const count = sink.frames.length;
    await sink.until(() => sink.frames.length > count + 30);
    assert.deepEqual(sink.ends, []);
  });

  it('lets the newest frame win while this thread is busy, and the camera never waits', async () => {
    start({ url: server.url('gate') });
    await sink.until(() => sink.frames.length >= 10);
    const before = sink.frames.at(-1)!;
    const busyUntil = performance.now() + 2000;
    while (performance.now() < busyUntil);
    const count = sink.frames.length;
    await sink.until(() => sink.frames.length >= count + 3);
    const [first, second] = sink.frames.slice(count);
    // One that was fetched before may come first; the next is the newest of then, not the oldest.
    const newest = first!.sequence - before.sequence > 5 ? first! : second!;
    assert.ok(newest.sequence - before.sequence > 20, `${newest.sequence - before.sequence} frames in 2 s`);
    assert.ok(newest.timestamp - before.timestamp > 1000);
  });

  for (const hwaccel of ['vaapi', 'v4l2m2m', 'auto'] as const) {
    it(`decodes with ${hwaccel}, or by software where there is no such hardware, and says which`, async () => {
      start({ url: server.url('gate'), hwaccel, timeoutMs: 20_000 });
      await sink.until(() => sink.frames.length >= 2 || sink.ends.length > 0);
      assert.deepEqual(sink.ends, []);
      const { decoder } = sink.allFacts[0]!;
      if (sink.problems.length > 0) {
        assert.match(sink.problems[0]!.message, new RegExp(`Expected ${hwaccel} to decode .* Software decodes it now`));
        assert.equal(decoder, 'software');
        const first = sink;
        await feed.close();
        for (const frame of first.frames) pool.recycle(frame);
        sink = new TestSink();
        feed = open(sink);
        await sink.until(() => sink.frames.length >= 1);
        assert.deepEqual(sink.problems, [], 'the next connection does not try again');
      } else if (hwaccel !== 'auto') assert.equal(decoder, hwaccel);
    });
  }

  it('with the decoder refused where an ffmpeg says so, and not blamed where software fails, too', async () => {
    const ffmpeg = folder.fakeFfmpeg(
      'refusing',
      `console.error('[error] ' + (process.argv.includes('-hwaccel') ? 'No device available' : 'Nothing at all')); process.exit(1);`,
    );
    start({ url: 'rtsp://127.0.0.1:1/x', hwaccel: 'cuda', ffmpeg });
    assert.match((await sink.end()).message, /Nothing at all/);
    assert.equal(sink.problems.length, 1);
    await feed.close();
    sink = new TestSink();
    feed = open(sink);
    await sink.end();
    assert.equal(sink.problems.length, 1, 'tried again');
  });

  describe('ends at once when closed', () => {
    it('before anything was started', async () => {
      start({ url: server.url('gate') });
      sink.closed = true;
      await feed.close();
    });

    it('while the camera accepts the connection and says nothing', async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      try {
        const connected = new Promise((resolve) => silent.once('connection', resolve));
        start({ url: `rtsp://127.0.0.1:${port}/x` });
        await connected;
        sink.closed = true;
        await Promise.all([feed.close(), feed.close()]);
        assert.deepEqual(mine(), []);
      } finally {
        for (const socket of sockets) socket.destroy();
        silent.close();
      }
    });

    it('in the middle, eight times in a row', async () => {
      for (let i = 0; i < 8; i++) {
        start({ source: 'ffmpeg', arguments: '-f lavfi -i testsrc2=s=64x48:r=100' });
        if (i % 2 === 0) await sink.until(() => sink.frames.length >= 1);
        else await sleep(i * 30);
        sink.closed = true;
        await feed.close();
        for (const frame of sink.frames.splice(0)) pool.recycle(frame);
      }
    });

    it('by force when ffmpeg does not listen', async () => {
      const deaf = join(folder.path, 'is-deaf');
      const ffmpeg = folder.fakeFfmpeg(
        'deaf',
        `process.on('SIGTERM', () => {}); require('fs').writeFileSync('${deaf}', ''); setInterval(() => {}, 1000);`,
      );
      start({ url: server.url('gate'), ffmpeg });
      while (!existsSync(deaf)) await sleep(20);
      await feed.close();
      assert.deepEqual(mine(), []);
    });
  });

  it('reads a program’s output where the input has one, and ends both', async () => {
    const rpicam = folder.fakeFfmpeg(
      'rpicam-vid',
      `const frame = Buffer.alloc(64 * 48 * 1.5, 128); process.stdout.on('error', () => process.exit());
       setInterval(() => process.stdout.write(frame), 20);`,
    );
    const path = process.env['PATH'];
    process.env['PATH'] = `${folder.path}:${path}`;
    try {
      start({ source: 'picamera', mode: '64x48@50' });
      await sink.until(() => sink.frames.length >= 3 || sink.ends.length > 0);
    } finally {
      process.env['PATH'] = path;
    }
    assert.deepEqual(sink.ends, []);
    assert.ok(mine().some((line) => line.includes(rpicam)));
    assert.ok(Math.abs(sink.frames[0]!.pixels[0]! - 130) < 8);
  });
});

/** Mean difference of vertical neighbours in the green channel: large where rows have another length than is believed. */
function neighbours(pixels: Uint8Array, width: number): number {
  let sum = 0;
  const row = width * 3;
  for (let i = 1; i < pixels.length - row; i += 3) sum += Math.abs(pixels[i]! - pixels[i + row]!);
  return sum / (pixels.length / 3);
}
