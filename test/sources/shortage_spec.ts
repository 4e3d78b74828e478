import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import workerThreads = require('node:worker_threads');
import { FramePool } from '../../src/frame/pool.js';
import { FrameCounter } from '../../src/sources/counter.js';
import { LiveCamera } from '../../src/sources/live/camera.js';
import type { CameraReport } from '../../src/sources/live/camera-state.js';
import { openFfmpegFeed } from '../../src/sources/live/ffmpeg-feed.js';
import { customInput } from '../../src/sources/live/ffmpeg-inputs/custom.js';
import { shortageOf } from '../../src/sources/shortage.js';
import { openVideo } from '../../src/sources/video.js';
import { needFfmpeg, TemporaryFolder } from './clips.js';

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('what a computer runs out of', () => {
  it('is told from other trouble', () => {
    assert.match(shortageOf(coded('EMFILE'))!, /^Node-RED may open no more files .*ulimit -n.*LimitNOFILE/);
    assert.match(shortageOf(coded('ENFILE'))!, /can open no more files/);
    assert.match(shortageOf(coded('EAGAIN'))!, /starts no more programs and threads .*ulimit -u.*TasksMax/);
    assert.match(shortageOf(coded('ENOMEM'))!, /too little memory/);
    const thread = (why: string) => coded('ERR_WORKER_INIT_FAILED', `Worker initialization failure: ${why}`);
    assert.match(shortageOf(thread('EAGAIN'))!, /no more programs and threads/);
    assert.match(shortageOf(thread('ENOMEM'))!, /too little memory/);
    assert.match(shortageOf(coded('ERR_WORKER_OUT_OF_MEMORY'))!, /too little memory/);
    for (const code of ['ENOENT', 'EACCES', 'EPERM', 'toString'])
      assert.equal(shortageOf(coded(code)), undefined, code);
    assert.equal(shortageOf(new Error('EMFILE')), undefined);
  });
});

describe('a process that may open no more files', function () {
  this.timeout(60_000);

  /** Tries everything that starts programs without a file to be opened, then gives the files back. Prints what was said. */
  const program = `
    const fs = require('node:fs');
    const { findFfmpeg } = require('./src/sources/ffmpeg.ts');
    const { PipeReader } = require('./src/sources/pipe-reader.ts');
    const { Receiver } = require('./src/sources/live/detail/receiver.ts');
    const { Decoder } = require('./src/sources/live/detail/decoder.ts');
    const said = {};
    const say = (name, text) => void (said[name] ??= []).push(text);
    const reader = (name, more) => new Promise((done) => new PipeReader(
      { program: 'ffmpeg', arguments: ['-version'], maxMegapixels: 1, stallTimeoutMs: 60000, ...more },
      { begin: () => undefined, complete: () => undefined },
      (message) => message.kind === 'failed' && say(name, message.failure + ': ' + message.what),
      done));
    const once = (start) => new Promise(start);
    const open = [];
    (async () => {
      // tsx reads a file of its own with the first import.
      await import('node:os');
      try { for (;;) open.push(fs.openSync('/dev/null')); } catch (error) { if (error.code !== 'EMFILE') throw error; }
      await findFfmpeg('ffmpeg').catch(({ code, message }) => say('find', code + ': ' + message));
      await reader('read', {});
      await reader('fed', { stdin: 'x' });
      await reader('produced', { producer: { program: 'cat', arguments: [] } });
      await once((done) => new Decoder({
        program: 'ffmpeg', first: { codec: 'h264', data: new Uint8Array(8) }, passthrough: [], inputOptions: [],
        ended: (message, ran) => (say('decode', ran + ': ' + message), done()) }));
      await once((done) => {
        const receiver = new Receiver(
          { program: 'ffmpeg', arguments: ['-i', '/nowhere/a.ts'], secrets: [], description: 'it', timeoutMs: 60000 },
          { unit: () => undefined, live: () => undefined, lost: ({ code, message }) => {
            say('receive', code + ': ' + message);
            for (const file of open.splice(0)) fs.closeSync(file);
            if (said.receive.length === 2) void receiver.close().then(done);
          } },
          () => performance.now(), () => 0);
      });
      fs.writeSync(1, JSON.stringify(said));
    })();`;

  it('says so wherever a program is to be started, tries again, and lives', function () {
    needFfmpeg(this);
    if (process.platform === 'win32') {
      console.log('      skipped: Windows has no limit of open files');
      this.skip();
    }
    const line = ['-c', 'ulimit -n 100 && exec "$0" -r tsx/cjs -e "$1"', process.execPath, program];
    const { stdout, stderr, status } = spawnSync('/bin/sh', line, {
      cwd: resolve(__dirname, '../..'),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const said = JSON.parse(stdout) as Record<string, string[]>;
    const files =
      'Node-RED may open no more files (EMFILE; the limit is "ulimit -n", of a systemd service LimitNOFILE)';
    const notStarted = `ffmpeg could not be started: ${files}`;
    assert.deepEqual(said['find'], [`ALPR_SOURCE: Expected ffmpeg to start but ${files}`]);
    for (const name of ['read', 'fed']) assert.deepEqual(said[name], [`shortage: ${notStarted}`], name);
    assert.equal(said['produced']?.length, 1);
    assert.match(said['produced'][0]!, /^shortage: (ffmpeg|cat) could not be started: Node-RED may open no more files/);
    assert.deepEqual(said['decode'], [`false: Expected pictures of the main stream but ${notStarted}`]);
    assert.equal(said['receive']?.[0], `ALPR_SOURCE: Expected pictures of the main stream from it but ${notStarted}`);
    assert.match(said['receive'][1]!, /No such file|no such file/, 'the second attempt has run');
  });
});

describe('a computer that gives no thread', function () {
  this.timeout(60_000);
  const { Worker } = workerThreads;
  const folder = new TemporaryFolder();
  /** Threads that were asked for. */
  let asked = 0;
  /** Those of them that are refused, counted from 1. */
  let refused: number[];

  before(function () {
    needFfmpeg(this);
  });
  after(() => folder.remove());
  beforeEach(() => {
    asked = 0;
    workerThreads.Worker = class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        if (refused.includes(++asked)) {
          throw coded('ERR_WORKER_INIT_FAILED', 'Worker initialization failure: EAGAIN');
        }
        super(...given);
      }
    };
  });
  afterEach(() => void (workerThreads.Worker = Worker));

  /** An ffmpeg whose hardware decodes nothing, so that a second thread is wanted. */
  const noHardware = (): string =>
    folder.fakeFfmpeg(
      'no-hardware',
      `if (process.argv.includes('-hwaccel')) { console.error('[error] no such device'); process.exit(1); }
       const { status } = require('node:child_process').spawnSync('ffmpeg', process.argv.slice(2), { stdio: 'inherit' });
       process.exit(status);`,
    );

  it('costs a camera one attempt and not Node-RED: it says so and tries again', async () => {
    // The first connection gets none, the second none for software after the hardware failed.
    refused = [1, 3];
    const pool = new FramePool();
    const settings = {
      source: 'ffmpeg',
      arguments: '-re -f lavfi -i testsrc=size=64x48:rate=25',
      hwaccel: 'vaapi',
      ffmpeg: noHardware(),
    } as const;
    const reports: CameraReport[] = [];
    let sent: () => void;
    const frame = new Promise<void>((done) => (sent = done));
    const camera = new LiveCamera({
      camera: 'gate',
      open: openFfmpegFeed(settings, { pool, counter: new FrameCounter('gate') }, customInput),
      pool,
      inFlight: 1,
      timeoutMs: 30_000,
      send: () => sent(),
      report: (report) => reports.push(report),
      random: () => 0,
    });
    camera.start();
    await frame;
    await camera.close();
    const lost = reports.filter(({ state }) => state === 'lost');
    // Told once: state and code stay the same at the second attempt.
    assert.equal(lost.length, 1);
    assert.equal(lost[0]!.code, 'ALPR_SOURCE');
    assert.match(
      lost[0]!.reason!,
      /^Expected a thread to read ffmpeg but this computer starts no more programs and threads/,
    );
    assert.equal(lost[0]!.retryInMs, 0);
    assert.deepEqual(
      reports.map(({ state }) => state),
      ['connecting', 'lost', 'live'],
    );
    assert.equal(asked, 4);
  });

  it('is the end of a video that wants another thread for software, and says so', async () => {
    refused = [2];
    const pool = new FramePool();
    const path = folder.clip('a.mkv', 'testsrc=s=64x48:r=5:d=1', '-c:v', 'mpeg2video');
    const source = await openVideo(path, {
      ...{ pool, counter: new FrameCounter('gate') },
      ...{ hwaccel: 'vaapi', ffmpeg: noHardware() },
    });
    await assert.rejects(source.next(), {
      message: /^Expected a thread to read ffmpeg but this computer starts no more/,
    });
    assert.equal(await source.next(), null);
    await source.close();
  });
});
