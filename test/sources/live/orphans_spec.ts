import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, processFacts } from '../../support/processes.js';
import { needFfmpeg, TemporaryFolder } from '../clips.js';

/** A process that opens a camera with the given settings and then waits. */
function keepOpen(settings: object, path = process.env['PATH']): ChildProcess {
  const program = `
    const { openFeed } = require('./src/sources/live/open-feed.ts');
    const { FrameCounter } = require('./src/sources/counter.ts');
    const { FramePool } = require('./src/frame/pool.ts');
    const pool = new FramePool();
    const ignore = () => undefined;
    openFeed(${JSON.stringify(settings)}, { pool, counter: new FrameCounter('gate') })(
      { frame: (frame) => pool.recycle(frame), facts: ignore, problem: ignore, ended: (error) => { throw error; } });
    setInterval(ignore, 1000);`;
  return spawn(process.execPath, ['-r', 'tsx/cjs', '-e', program], {
    cwd: resolve(__dirname, '../../..'),
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function isRunning(pid: number): boolean {
  const state = processFacts(pid)?.state;
  return state !== undefined && state !== 'Z';
}

describe('when the process of a camera is killed with -9', function () {
  this.timeout(60_000);
  const folder = new TemporaryFolder();
  let silent: Server;
  let connected: Promise<unknown>;
  const sockets: Socket[] = [];

  before(async function () {
    needFfmpeg(this);
    if (!existsSync('/proc/self/stat')) {
      console.log('      skipped: no /proc to look for processes in');
      this.skip();
    }
    silent = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    connected = once(silent, 'connection');
  });

  after(() => {
    for (const socket of sockets) socket.destroy();
    silent?.close();
    folder.remove();
  });

  /** Kills it and waits until everything that it had started is gone. */
  async function killAndWait(owner: ChildProcess, names: RegExp, least: number): Promise<void> {
    const mine = () => descendants(owner.pid!).filter(({ name }) => names.test(name));
    while (mine().length < least) await sleep(20);
    const pids = descendants(owner.pid!).map(({ pid }) => pid);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    // A minute of patience is no assertion about time: mocha's time-out ends it.
    while (pids.some(isRunning)) await sleep(50);
    assert.deepEqual(pids.filter(isRunning), []);
  }

  it('its ffmpeg ends, although the camera is silent and nothing is written', async () => {
    const { port } = silent.address() as { port: number };
    const owner = keepOpen({ source: 'rtsp', url: `rtsp://127.0.0.1:${port}/x`, timeoutMs: 3_600_000 });
    await connected;
    await killAndWait(owner, /^(ffmpeg|sh)$/, 2);
  });

  it('its ffmpeg and the program that feeds it end, even when they ignore being asked to', async () => {
    const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";
    const ffmpeg = folder.fakeFfmpeg('deaf-ffmpeg', deaf);
    folder.fakeFfmpeg('rpicam-vid', deaf);
    const owner = keepOpen({ source: 'picamera', ffmpeg }, `${folder.path}:${process.env['PATH']}`);
    await killAndWait(owner, /^(deaf-ffmpeg|rpicam-vid|sh)$/, 4);
    assert.ok(existsSync(join(folder.path, 'rpicam-vid')));
  });
});
