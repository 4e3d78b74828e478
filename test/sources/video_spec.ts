import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import { FramePool } from '../../src/frame/pool.js';
import { FrameCounter } from '../../src/sources/counter.js';
import { findFfmpeg } from '../../src/sources/ffmpeg.js';
import { SourceError } from '../../src/sources/source.js';
import { openVideo, videoArguments, type VideoOptions } from '../../src/sources/video.js';
import { childrenOf, isRunning, needFfmpeg, pixelOf, readAll, TemporaryFolder } from './clips.js';

const lossless = ['-c:v', 'ffv1', '-pix_fmt', 'bgr0'];

describe('video source', () => {
  const folder = new TemporaryFolder();
  const pool = new FramePool();
  const open = (path: string, more: Partial<VideoOptions> = {}) =>
    openVideo(path, { counter: new FrameCounter('cam'), pool, ...more });

  before(function () {
    needFfmpeg(this);
  });
  after(() => folder.remove());

  it('gives every frame with the colours it was recorded with', async () => {
    // Red in the left half, and a green that grows by 10 a frame in the right one.
    const colours = "geq=r='if(lt(X,10),200,0)':g='if(lt(X,10),0,10*N)':b=7";
    const path = folder.clip('colours.mkv', `color=black:s=20x10:r=10:d=1.2,format=gbrp,${colours}`, ...lossless);
    const frames = await readAll(await open(path));
    assert.equal(frames.length, 12);
    frames.forEach((frame, i) => {
      assert.deepEqual([frame.width, frame.height, frame.sequence, frame.cameraId], [20, 10, i, 'cam']);
      assert.deepEqual(pixelOf(frame, 0, 0), [200, 0, 7]);
      assert.deepEqual(pixelOf(frame, 9, 9), [200, 0, 7]);
      assert.deepEqual(pixelOf(frame, 10, 0), [0, 10 * i, 7]);
      assert.deepEqual(pixelOf(frame, 19, 9), [0, 10 * i, 7]);
    });
  });

  it("dates frames by the file's clock from the start of the run", async () => {
    const path = folder.clip('clock.mkv', 'testsrc=s=32x18:r=8:d=1', ...lossless);
    const before = Date.now();
    const frames = await readAll(await open(path));
    const offsets = frames.map((frame) => frame.timestamp - frames[0]!.timestamp);
    assert.deepEqual(offsets, [0, 125, 250, 375, 500, 625, 750, 875]);
    assert.ok(frames[0]!.timestamp >= before && frames[0]!.timestamp <= Date.now());
  });

  it('keeps the uneven times of a variable frame rate, and doubles no frame', async () => {
    // Frames 0, 1, 2 and 9 of ten a second.
    const path = folder.clip(
      'uneven.mkv',
      "testsrc=s=32x18:r=10:d=1,select='lte(n,2)+eq(n,9)'",
      ...(await findFfmpeg()).passthrough,
      ...lossless,
    );
    const frames = await readAll(await open(path));
    assert.deepEqual(
      frames.map((frame) => Math.round(frame.timestamp - frames[0]!.timestamp)),
      [0, 100, 200, 900],
    );
  });

  const limits: [number, number, number[]][] = [
    [10, 5, [0, 200, 400, 600, 800]],
    [10, 3, [0, 400, 700]],
    [10, 25, [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]],
    [10, 0.5, [0]],
  ];
  for (const [rate, fps, expected] of limits) {
    it(`takes at most ${fps} of ${rate} frames a second`, async () => {
      const path = folder.clip('limit.mkv', `testsrc=s=32x18:r=${rate}:d=1`, ...lossless);
      const frames = await readAll(await open(path, { fps }));
      assert.deepEqual(
        frames.map((frame) => Math.round(frame.timestamp - frames[0]!.timestamp)),
        expected,
      );
    });
  }

  for (const size of ['1x1', '2x1', '33x17', '1921x3']) {
    it(`reads pictures of ${size}`, async () => {
      const path = folder.clip(`size-${size}.mkv`, `color=0x204060:s=${size}:r=5:d=0.6,format=gbrp`, ...lossless);
      const frames = await readAll(await open(path));
      assert.equal(frames.length, 3);
      for (const frame of frames) {
        assert.equal(`${frame.width}x${frame.height}`, size);
        assert.ok(frame.pixels.every((value, i) => value === [0x20, 0x40, 0x60][i % 3]));
      }
    });
  }

  it('turns a video upright that was recorded on its side', async function () {
    // Red on top; the file says: turn by 90 degrees.
    folder.clip(
      'flat.mp4',
      "color=black:s=64x32:r=5:d=0.6,format=gbrp,geq=r='if(lt(Y,16),255,0)':g=0:b=0",
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv444p',
      '-qp',
      '0',
    );
    const turned = resolve(folder.path, 'turned.mp4');
    const copy = [
      '-nostdin',
      '-loglevel',
      'error',
      '-i',
      resolve(folder.path, 'flat.mp4'),
      '-c',
      'copy',
      '-metadata:s:v:0',
      'rotate=90',
      '-y',
      turned,
    ];
    execFileSync('ffmpeg', copy);
    const [frame] = await readAll(await open(turned));
    if (frame!.width === 64) {
      console.log('      skipped: this ffmpeg does not write the rotation mark');
      this.skip();
    }
    assert.deepEqual([frame!.width, frame!.height], [32, 64]);
    const [left, right] = [pixelOf(frame!, 4, 32)[0]!, pixelOf(frame!, 27, 32)[0]!];
    assert.ok(Math.abs(left - right) > 200, 'what was on top is on one side now');
  });

  it('follows a size that changes in the middle of the file', async () => {
    const one = folder.clip('one.ts', 'color=red:s=64x48:r=5:d=1', '-c:v', 'mpeg2video');
    const two = folder.clip('two.ts', 'color=blue:s=96x32:r=5:d=1', '-c:v', 'mpeg2video');
    const three = folder.clip('three.ts', 'color=lime:s=128x64:r=5:d=1', '-c:v', 'mpeg2video');
    const both = folder.file('both.ts', Buffer.concat([one, two, three].map((path) => readFileSync(path))));
    const looks = new Set(
      (await readAll(await open(both))).map((frame) => {
        const corners = [pixelOf(frame, 0, 0), pixelOf(frame, frame.width - 1, frame.height - 1)];
        return `${frame.width}x${frame.height} ${corners.map((rgb) => 'rgb'[rgb.indexOf(Math.max(...rgb))]).join('')}`;
      }),
    );
    assert.deepEqual([...looks], ['64x48 rr', '96x32 bb', '128x64 gg']);
  });

  it('scales wider frames down and leaves the others as they are', async () => {
    const wide = folder.clip('wide.mkv', 'color=red:s=128x54:r=5:d=0.4', ...lossless);
    for (const [maxWidth, size] of [
      [64, '64x27'],
      [200, '128x54'],
    ] as const) {
      const frames = await readAll(await open(wide, { maxWidth }));
      assert.deepEqual(
        frames.map((frame) => `${frame.width}x${frame.height}`),
        [size, size],
      );
    }
  });

  for (const hwaccel of ['auto', 'vaapi', 'cuda', 'v4l2m2m'] as const) {
    it(`brings every frame with ${hwaccel}, by software where there is no such hardware`, async () => {
      const problems: Error[] = [];
      const path = folder.clip('hw.mp4', 'testsrc=s=64x48:r=5:d=1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p');
      const frames = await readAll(await open(path, { hwaccel, onProblem: (error) => problems.push(error) }));
      assert.deepEqual(
        frames.map((frame) => frame.sequence),
        [0, 1, 2, 3, 4],
      );
      for (const { message } of problems) {
        assert.match(
          message,
          new RegExp(`^Expected ${hwaccel} to decode .*hw.mp4 but ffmpeg ended .*Software decodes it now`),
        );
      }
    });
  }

  const bad: [string, () => string, RegExp][] = [
    [
      'a missing file',
      () => resolve(folder.path, 'nowhere.mp4'),
      /Expected a video file for .*nowhere\.mp4 but received no such file/,
    ],
    ['an empty path', () => '', /Expected the path of a video but received an empty one/],
    ['a folder', () => folder.path, /but received a folder/],
    ['an empty file', () => folder.file('empty.mp4'), /but received an empty file \(0 bytes\)/],
    [
      'text',
      () => folder.file('text.mp4', 'This is not a film.\n'.repeat(50)),
      /Expected a video for .*text\.mp4 but ffmpeg ended with code \d+: .+/,
    ],
    [
      'sound only',
      () => folder.clip('sound.wav', 'sine=d=0.2'),
      /Expected a video for .*sound\.wav but ffmpeg ended with code \d+: .+/,
    ],
  ];
  for (const [name, make, expected] of bad) {
    it(`says clearly what is wrong with ${name}`, async () => {
      await assert.rejects(
        async () => readAll(await open(make())),
        (error) => error instanceof SourceError && expected.test(error.message) && error.code === 'ALPR_SOURCE',
      );
    });
  }

  it('gives the frames of a file that breaks off', async () => {
    const whole = folder.clip('whole.ts', 'testsrc2=s=160x90:r=10:d=3', '-c:v', 'mpeg2video');
    const bytes = readFileSync(whole);
    const source = await open(folder.file('half.ts', bytes.subarray(0, bytes.length / 2)));
    let count = 0;
    try {
      while (await source.next()) count++;
    } catch (error) {
      assert.ok(error instanceof SourceError);
    }
    assert.ok(count >= 5 && count < 30, `${count} frames`);
    assert.equal(await source.next(), null, 'the end comes after the error');
  });

  it('does not follow a playlist into the net', async () => {
    const list = folder.file('list.m3u8', '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n');
    await assert.rejects(async () => readAll(await open(list)), SourceError);
  });

  for (const [name, path] of [
    ['is not there', '/nowhere/ffmpeg'],
    ['is something else', process.execPath],
  ]) {
    it(`says how to get ffmpeg when it ${name}`, async () => {
      const clip = folder.clip('small.mkv', 'testsrc=s=32x18:r=5:d=1', ...lossless);
      await assert.rejects(
        open(clip, { ffmpeg: path }),
        (error) =>
          error instanceof SourceError &&
          error.code === 'ALPR_FFMPEG' &&
          /apt install ffmpeg.*apk add.*brew.*winget/.test(error.message),
      );
    });
  }

  it('knows which option passes frames through in each version of ffmpeg', async () => {
    for (const [version, option] of [
      ['4.4.2-0ubuntu0.22.04.1', '-vsync'],
      ['5.0.1', '-vsync'],
      ['5.1.6-0+deb12u1', '-fps_mode'],
      ['n7.1', '-fps_mode'],
      ['N-118000-gdeadbeef', '-fps_mode'],
    ]) {
      const path = folder.file(`old-${version}`, `#!/bin/sh\necho "ffmpeg version ${version} Copyright"\n`);
      chmodSync(path, 0o755);
      const found = await findFfmpeg(path);
      assert.equal(found.version, version);
      assert.ok(videoArguments('a', found).includes(option!), version);
    }
  });

  it('waits while nobody asks for frames, and holds no more than two', async () => {
    const path = folder.clip('long.mkv', 'testsrc=s=320x180:r=25:d=8', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p');
    const mine = new FramePool();
    const source = await open(path, { pool: mine });
    const first = await source.next();
    await sleep(300);
    const held = mine.stats().allocated;
    await sleep(300);
    assert.equal(mine.stats().allocated, held, 'goes on although nobody asks');
    assert.ok(held <= 3, `${held} frames made, one of them taken`);
    assert.equal(first!.sequence, 0);
    assert.equal((await readAll(source)).length, 199, 'and loses none');
  });

  for (const size of ['16x16', '320x240']) {
    it(`loses no frame of ${size} when ffmpeg has ended long before they are fetched`, async () => {
      const path = folder.clip(
        `late-${size}.mkv`,
        `color=black:s=${size}:r=10:d=1,format=gbrp,geq=r='20*N':g=0:b=0`,
        ...lossless,
      );
      const source = await open(path);
      const first = await source.next();
      await sleep(700);
      const frames = [first!, ...(await readAll(source))];
      assert.deepEqual(
        frames.map((frame) => [frame.sequence, pixelOf(frame, 0, 0)[0], pixelOf(frame, 15, 15)[0]]),
        Array.from({ length: 10 }, (_, i) => [i, 20 * i, 20 * i]),
      );
    });
  }

  it('keeps memory flat over a long video', async function () {
    this.timeout(60_000);
    const path = folder.clip(
      'very-long.mkv',
      'color=gray:s=320x180:r=25:d=80',
      '-c:v',
      'mjpeg',
      '-pix_fmt',
      'yuvj420p',
      '-q:v',
      '31',
    );
    const mine = new FramePool();
    const source = await open(path, { pool: mine });
    let count = 0;
    for (let frame = await source.next(); frame; frame = await source.next()) {
      mine.recycle(frame);
      count++;
    }
    assert.equal(count, 2000);
    assert.ok(mine.stats().allocated <= 4, `${mine.stats().allocated} buffers for 2000 frames`);
    assert.equal(mine.stats().outstanding, 0);
  });

  it('estimates how many frames will come', async () => {
    const path = folder.clip('estimate.mkv', 'testsrc=s=32x18:r=10:d=2', ...lossless);
    const source = await open(path, { fps: 5 });
    await source.next();
    assert.equal(source.expectedFrames, 10);
    await source.close();
  });

  describe('ends its ffmpeg', () => {
    const newChildren = (known: number[]) => childrenOf(process.pid).filter((pid) => !known.includes(pid));
    let endless: string;
    before(() => {
      endless = folder.clip('endless.mkv', 'testsrc=s=320x180:r=25:d=20', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p');
    });

    it('when closed at the beginning, in the middle, twice and after the end', async () => {
      const known = childrenOf(process.pid);
      const fresh = await open(endless);
      await fresh.close();
      assert.equal(await fresh.next(), null);
      const source = await open(endless);
      await source.next();
      assert.equal(newChildren(known).length, 2, 'ffmpeg and its guard');
      await Promise.all([source.close(), source.close()]);
      assert.deepEqual(newChildren(known), []);
      assert.equal(await source.next(), null);
      await source.close();
      const mine = new FramePool();
      const short = await open(folder.clip('s.mkv', 'testsrc=s=32x18:r=5:d=1', ...lossless), { pool: mine });
      await readAll(short);
      await short.close();
      assert.deepEqual(newChildren(known), []);
    });

    it('and resolves a pending next() with null', async () => {
      const hanging = folder.fakeFfmpeg('hanging', 'setInterval(() => {}, 1000);');
      const source = await open(endless, { ffmpeg: hanging });
      const pending = source.next();
      await assert.rejects(source.next(), /one next\(\) at a time/);
      await sleep(100);
      await source.close();
      assert.equal(await pending, null);
    });

    it('by force when it does not listen', async () => {
      const known = childrenOf(process.pid);
      const deaf = folder.fakeFfmpeg(
        'deaf',
        "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.error('[error] started');",
      );
      const source = await open(endless, { ffmpeg: deaf });
      const pending = source.next();
      // ffmpeg and its guard; on a busy machine that takes a while.
      while (newChildren(known).length < 2) await sleep(20);
      await sleep(400);
      await source.close();
      assert.equal(await pending, null);
      assert.deepEqual(newChildren(known), []);
    });

    it('when it has stopped sending, and says so', async () => {
      const known = childrenOf(process.pid);
      const hanging = folder.fakeFfmpeg(
        'stalled',
        "console.error('[error] camera gone'); setInterval(() => {}, 1000);",
      );
      const source = await open(endless, { ffmpeg: hanging, stallTimeoutMs: 3000 });
      await assert.rejects(
        source.next(),
        (error) =>
          error instanceof SourceError &&
          error.code === 'ALPR_SOURCE_STALLED' &&
          /sent nothing for 3 s: camera gone/.test(error.message),
      );
      await source.close();
      assert.deepEqual(newChildren(known), []);
    });

    it('but does not call it stalled while nobody asks', async () => {
      const source = await open(endless, { stallTimeoutMs: 1500 });
      await source.next();
      await sleep(2500);
      assert.ok(await source.next());
      assert.ok(await source.next());
      await source.close();
    });

    it('when this process is killed', async () => {
      const program = `
        const { openVideo } = require('./src/sources/video.ts');
        const { FrameCounter } = require('./src/sources/counter.ts');
        const { FramePool } = require('./src/frame/pool.ts');
        openVideo(${JSON.stringify(endless)}, { counter: new FrameCounter('a'), pool: new FramePool() })
          .then((source) => source.next()).then(() => { console.log('reading'); setInterval(() => {}, 1000); });`;
      const child = spawn(process.execPath, ['-r', 'tsx/cjs', '-e', program], {
        cwd: resolve(__dirname, '../..'),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      const children = childrenOf(child.pid!).filter(isRunning);
      assert.ok(children.length >= 2, 'ffmpeg and its guard run');
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (let i = 0; i < 300 && children.some(isRunning); i++) await sleep(100);
      assert.deepEqual(children.filter(isRunning), []);
    });
  });
});
