import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { FramePool } from '../../../../src/frame/pool.js';
import { FrameCounter } from '../../../../src/sources/counter.js';
import type { Feed } from '../../../../src/sources/live/feed.js';
import { openFeed } from '../../../../src/sources/live/open-feed.js';
import type { LiveSettings } from '../../../../src/sources/live/settings.js';
import { descendants } from '../../../support/processes.js';
import { TestSink } from '../sink.js';

/** Two halves, red and blue, as large and as often as asked: what came out of line would show. */
const program = `
const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
const size = argument('--width') + 'x' + argument('--height');
const picture = 'color=red:s=' + size + ':r=' + argument('--framerate') + ',drawbox=x=iw/2:w=iw/2:color=blue:t=fill';
const ffmpeg = require('node:child_process').spawn('ffmpeg',
  ['-v', 'error', '-f', 'lavfi', '-i', picture, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'],
  { stdio: ['ignore', 'inherit', 'ignore'] });
process.on('SIGTERM', () => ffmpeg.kill('SIGKILL'));
ffmpeg.on('exit', () => process.exit());
`;

function skipElsewhere(context: Mocha.Context): void {
  if (process.platform === 'linux') return;
  console.log('      Skipped: Video4Linux is Linux’s');
  context.skip();
}

describe('feeds of cameras at this machine', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'inputs-'));
  const path = process.env['PATH'];
  const known = new Set(descendants(process.pid).map(({ pid }) => pid));
  let pool: FramePool;
  let sink: TestSink;
  let feed: Feed;

  before(function () {
    const hasFfmpeg = (path ?? '').split(delimiter).some((entry) => existsSync(join(entry, 'ffmpeg')));
    if (hasFfmpeg) return;
    if (process.env['CI'] !== undefined) throw new Error('Expected ffmpeg but found none');
    console.log('      Skipped: ffmpeg is not installed');
    this.skip();
  });
  after(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true, force: true });
  });

  function start(settings: LiveSettings): void {
    pool = new FramePool();
    sink = new TestSink();
    feed = openFeed(settings, { pool, counter: new FrameCounter('gate') })(sink);
  }

  afterEach(async () => {
    await feed.close();
    for (const frame of sink.frames) pool.recycle(frame);
    const left = descendants(process.pid).filter(({ pid, name }) => !known.has(pid) && /ffmpeg|node|rpicam/.test(name));
    assert.deepEqual(left, []);
  });

  it('bring what own arguments give', async () => {
    start({ source: 'ffmpeg', arguments: `-f lavfi -i "color=red:s=64x48:r=20, drawbox=w=32:color=blue:t=fill"` });
    await sink.until(() => sink.frames.length >= 3);
    const { width, height, pixels } = sink.frames[2]!;
    assert.deepEqual([width, height], [64, 48]);
    assert.ok(pixels[2]! > 200 && pixels[63 * 3]! > 200, 'blue on the left, red on the right');
  });

  it('bring a Raspberry Pi camera’s raw pictures in the size that was asked for', async () => {
    writeFileSync(join(folder, 'rpicam-vid'), `#!${process.execPath}\n${program}`, { mode: 0o755 });
    process.env['PATH'] = `${folder}${delimiter}${path}`;
    start({ source: 'picamera', mode: '200x102@20' });
    await sink.until(() => sink.frames.length >= 3);
    process.env['PATH'] = path;
    const { width, height, pixels } = sink.frames[2]!;
    // 200 would have padding; see picamera.ts.
    assert.deepEqual([width, height], [192, 102]);
    const last = (height - 1) * width * 3;
    for (const line of [0, last]) {
      assert.ok(pixels[line]! > 200 && pixels[line + 2]! < 60, 'red on the left');
      assert.ok(pixels[line + (width - 1) * 3]! < 60 && pixels[line + (width - 1) * 3 + 2]! > 200, 'blue on the right');
    }
  });

  it('say what the Raspberry Pi’s program complains of', async () => {
    const script = '#!/bin/sh\necho "ERROR: *** no cameras available ***" >&2\nexit 255\n';
    writeFileSync(join(folder, 'rpicam-vid'), script, { mode: 0o755 });
    process.env['PATH'] = `${folder}${delimiter}${path}`;
    start({ source: 'picamera' });
    const { message } = await sink.end();
    process.env['PATH'] = path;
    assert.match(message, /Raspberry Pi camera 0 .*no cameras available/);
  });

  it('say that a device is no camera, and try it again', async function () {
    skipElsewhere(this);
    start({ source: 'usb', device: '/dev/null' });
    const { message, code } = await sink.end();
    assert.match(message, /USB camera \/dev\/null but it is no camera/);
    assert.equal(code, 'ALPR_SOURCE');
  });

  it('say that a camera is not there, and try it again', async function () {
    skipElsewhere(this);
    start({ source: 'usb', device: '/dev/video987' });
    const { message, code } = await sink.end();
    assert.match(message, /USB camera at \/dev\/video987 but there is no such device/);
    assert.equal(code, 'ALPR_SOURCE');
  });

  const complaints: [string, RegExp][] = [
    ['[video4linux2,v4l2 @ 0x5] [error] ioctl(VIDIOC_STREAMON): Device or resource busy', /another program has it/],
    ['[video4linux2,v4l2 @ 0x5] [error] ioctl(VIDIOC_DQBUF): No such device', /it was unplugged/],
  ];
  for (const [complaint, expected] of complaints) {
    it(`explain "${complaint.slice(complaint.lastIndexOf(':') + 2)}" of a USB camera, and try it again`, async function () {
      skipElsewhere(this);
      const ffmpeg = join(folder, 'ffmpeg');
      const script = `#!/bin/sh\n[ "$1" = -version ] && echo 'ffmpeg version 6.1' && exit\necho '${complaint}' >&2\nexit 1\n`;
      writeFileSync(ffmpeg, script, { mode: 0o755 });
      start({ source: 'usb', device: '/dev/null', ffmpeg });
      const { message, code } = await sink.end();
      assert.match(message, expected);
      assert.equal(code, 'ALPR_SOURCE');
    });
  }
});
