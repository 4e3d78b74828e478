import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeInitializer } from 'node-red';
import type { Frame } from '../../src/frame/frame.js';
import { FramePool } from '../../src/frame/pool.js';
import { encodePng } from '../../src/image/encode.js';
import { cameraKinds } from '../../src/node-red/camera-settings.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import type { CameraReport } from '../../src/sources/live/camera-state.js';
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';

const pool = new FramePool();
let folder: string;
let files: string[];

/** A PNG of this size, all one grey. */
async function png(width: number, height: number, grey = 90): Promise<Buffer> {
  const frame = pool.acquire({ cameraId: 'x', sequence: 0, timestamp: 0, width, height });
  frame.pixels.fill(grey);
  return encodePng(frame);
}

/** A node that keeps every frame it gets until the test lets it go, like a slow node of ours. */
function holder(RED: NodeAPI): void {
  RED.nodes.registerType('holder', function (this: Node & { held?: Frame[] }, config) {
    RED.nodes.createNode(this, config);
    const held: Frame[] = [];
    this.held = held;
    this.on('input', (msg, send, done) => {
      const { frame } = msg as AlprMessage as { frame?: Frame };
      if (frame !== undefined) {
        frame.lease.retain();
        held.push(frame);
      }
      send(msg);
      done();
    });
  });
}

function load(settings: Record<string, unknown>): Promise<Running> {
  return loadFlow(
    [cameraIn as NodeInitializer, holder as NodeInitializer],
    [
      { id: 'n', type: 'alpr-camera-in', pace: 'fast', ...settings, wires: [['out']] },
      { id: 'out', type: 'helper' },
    ],
  );
}

const sequences = (messages: AlprMessage[]): number[] =>
  messages.flatMap(({ frame }) => (frame ? [(frame as Frame).sequence] : []));

describe('camera-in', () => {
  withRuntime();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpr-camera-in-'));
    files = [];
    for (let n = 0; n < 6; n++) {
      // Names that only people sort right.
      const file = join(folder, `picture ${n * 5}.png`);
      await writeFile(file, await png(16 + n, 8, 40 + n));
      files.push(file);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  describe('with pictures in messages', () => {
    it('decodes Buffers, base64, data URLs and paths, and keeps the rest of the message', async () => {
      const run = await load({ camera: 'gate' });
      const bytes = await png(20, 10, 77);
      const payloads = [bytes, bytes.toString('base64'), `data:image/png;base64,${bytes.toString('base64')}`, files[0]];
      for (const payload of payloads) run.receive('n', { payload, topic: 'ignored', mine: { a: 1 } });
      const messages = await run.inbox('out').wait(4);
      assert.deepEqual(sequences(messages), [0, 1, 2, 3]);
      for (const msg of messages) {
        const { cameraId, timestamp } = msg.frame as Frame;
        assert.deepEqual([msg.topic, cameraId, msg['mine']], ['gate', 'gate', { a: 1 }]);
        assert.ok(Math.abs(timestamp - Date.now()) < 60_000);
        assert.equal(typeof msg.timings!['decode'], 'number');
      }
      const { width, height, pixels } = messages[1]!.frame as Frame;
      assert.deepEqual([width, height, pixels[0], pixels[20 * 10 * 3 - 1]], [20, 10, 77, 77]);
      await run.inbox('completed').wait(4);
    });

    const cameras: [string, Record<string, unknown>, AlprMessage, string][] = [
      ['its own camera id', { camera: 'gate', name: 'N' }, { topic: 't' }, 'gate'],
      ["the message's topic", { name: 'N' }, { topic: 't' }, 't'],
      ['its name', { name: 'N' }, {}, 'N'],
      ['its id', {}, {}, 'n'],
    ];
    for (const [title, settings, msg, expected] of cameras) {
      it(`names the camera by ${title}`, async () => {
        const run = await load(settings);
        run.receive('n', { ...msg, payload: await png(4, 4) });
        const received = await run.inbox('out').first();
        assert.deepEqual([(received.frame as Frame).cameraId, received.topic], [expected, expected]);
      });
    }

    const bad: [string, () => unknown, RegExp][] = [
      ['text', () => 'hello world', /Expected a picture .* but received text of 11 characters/],
      ['a path of nothing', () => join(folder, 'none.png'), /file that is not there: "none.png"/],
      ['an empty Buffer', () => Buffer.alloc(0), /Expected a picture .* but received 0 bytes/],
      ['a truncated picture', async () => (await png(200, 200)).subarray(0, 60), /Expected a (whole|picture)/],
      ['too large a picture', () => png(200, 100), /Expected at most 0.01 megapixels .* but received 200 × 100/],
      ['nothing', () => undefined, /Expected a picture .* but received undefined/],
    ];
    for (const [title, make, expected] of bad) {
      it(`fails on ${title} and works on`, async () => {
        const run = await load({ maxMegapixels: 0.01 });
        run.receive('n', { payload: await make() });
        const error = (await run.inbox('errors').first())['error'] as { message: string };
        assert.match(error.message, expected);
        assert.equal(run.statuses('n').at(-1)?.fill, 'red');
        run.receive('n', { payload: await png(4, 4) });
        await run.inbox('out').wait(1);
        await settle();
        assert.deepEqual([run.inbox('errors').messages.length, run.inbox('completed').messages.length], [1, 1]);
      });
    }
  });

  describe('with a source of its own', () => {
    it('starts by itself, sends every picture in order, and then says that it is complete', async () => {
      const run = await load({ source: 'folder', path: folder, camera: 'yard' });
      const messages = await run.inbox('out').wait(7);
      assert.deepEqual(sequences(messages), [0, 1, 2, 3, 4, 5]);
      assert.deepEqual(
        messages.slice(0, 6).map(({ frame }) => (frame as Frame).width),
        [16, 17, 18, 19, 20, 21],
      );
      assert.deepEqual(
        messages.map(({ topic }) => topic),
        Array(7).fill('yard'),
      );
      const end = messages[6]!;
      assert.deepEqual([end.complete, end.frame], [true, undefined]);
      await settle(1100);
      assert.equal(run.inbox('out').messages.length, 7);
      assert.deepEqual(run.statuses('n').at(-1), { fill: 'grey', shape: 'ring', text: 'ended · 6 sent' });
    });

    it('keeps at most so many frames in the flow', async () => {
      const run = await loadFlow(
        [cameraIn as NodeInitializer, holder as NodeInitializer],
        [
          {
            id: 'n',
            type: 'alpr-camera-in',
            source: 'folder',
            path: folder,
            pace: 'fast',
            inFlight: 2,
            wires: [['h']],
          },
          { id: 'h', type: 'holder', wires: [['out']] },
          { id: 'out', type: 'helper' },
        ],
      );
      await run.inbox('out').wait(2);
      await settle(150);
      assert.equal(run.inbox('out').messages.length, 2);
      const { held } = run.node('h') as Node & { held: Frame[] };
      held[0]!.lease.release();
      await run.inbox('out').wait(3);
      await settle(100);
      assert.equal(run.inbox('out').messages.length, 3);
      for (let released = 1; released < 6; released++) {
        while (held.length <= released) await settle(10);
        held[released]!.lease.release();
      }
      const messages = await run.inbox('out').wait(7);
      assert.deepEqual(sequences(messages), [0, 1, 2, 3, 4, 5]);
    });

    it('waits for a message when it does not start by itself, and takes the file from the message', async () => {
      const run = await load({ source: 'picture', path: files[0], autostart: false });
      await settle(200);
      assert.equal(run.inbox('out').messages.length, 0);
      run.receive('n', {});
      run.receive('n', { filename: files[3] });
      run.receive('n', { payload: 'go' });
      const messages = await run.inbox('out').wait(6);
      const frames = messages.flatMap(({ frame }) => (frame ? [frame as Frame] : []));
      assert.deepEqual(
        frames.map(({ width }) => width),
        [16, 19, 16],
      );
      assert.deepEqual(
        frames.map(({ sequence }) => sequence),
        [0, 1, 2],
      );
      assert.deepEqual(
        messages.map(({ complete }) => complete === true),
        [false, true, false, true, false, true],
      );
      await run.inbox('completed').wait(3);
    });

    it('loops without an end in between, until it is stopped', async () => {
      const run = await load({ source: 'folder', path: folder, loop: true });
      const messages = await run.inbox('out').wait(15);
      assert.ok(messages.every(({ frame }) => frame !== undefined));
      run.receive('n', { payload: 'stop' });
      await run.inbox('completed').wait(1);
      await settle(100);
      const all = run.inbox('out').messages;
      assert.equal(all.filter(({ complete }) => complete === true).length, 1);
      assert.equal(all.at(-1)!.complete, true);
      assert.deepEqual(sequences(all), [...Array(all.length - 1).keys()]);
      const timestamps = all.flatMap(({ frame }) => (frame ? [(frame as Frame).timestamp] : []));
      assert.ok(timestamps.every((time, index) => index === 0 || time > timestamps[index - 1]!));
    });

    it('watches a folder: it runs before the first file comes, and after it', async () => {
      const watched = await mkdtemp(join(tmpdir(), 'alpr-watched-'));
      try {
        const run = await load({ source: 'watch', path: watched, camera: 'nvr', autostart: false });
        run.receive('n', { payload: 'start' });
        await run.inbox('completed').wait(1);
        while (run.statuses('n').at(-1)?.text !== 'waiting') await settle(20);
        await writeFile(join(watched, '1.png'), await png(30, 20));
        const { frame, topic } = await run.inbox('out').first();
        assert.deepEqual([(frame as Frame).width, topic], [30, 'nvr']);
        run.receive('n', { payload: 'stop' });
        assert.equal((await run.inbox('out').wait(2))[1]!.complete, true);
      } finally {
        await rm(watched, { recursive: true, force: true });
      }
    });

    it('reports what it does on its second output', async () => {
      const run = await loadFlow(
        [cameraIn as NodeInitializer],
        [
          ...[{ id: 'n', type: 'alpr-camera-in', source: 'folder', path: folder, pace: 'fast', camera: 'yard' }].map(
            (node) => ({ ...node, autostart: false, wires: [['out'], ['reports']] }),
          ),
          { id: 'out', type: 'helper' },
          { id: 'reports', type: 'helper' },
        ],
      );
      run.receive('n', { payload: 'start' });
      run.receive('n', { filename: join(folder, 'none') });
      const reports = (await run.inbox('reports').wait(5)).map(({ payload }) => payload as unknown as CameraReport);
      assert.deepEqual(
        reports.map(({ state }) => state),
        ['connecting', 'live', 'stopped', 'connecting', 'failed'],
      );
      assert.deepEqual([reports[1]!.camera, reports[4]!.code], ['yard', 'ALPR_SOURCE']);
      assert.match(reports[4]!.reason!, /Expected a folder/);
    });

    it('takes one frame of a file on request', async () => {
      const run = await load({ source: 'folder', path: folder, autostart: false });
      run.receive('n', { payload: 'snapshot' });
      run.receive('n', { payload: 'snapshot', filename: join(folder, 'none') });
      await run.inbox('errors').wait(1);
      await run.inbox('completed').wait(1);
      assert.deepEqual(sequences(run.inbox('out').messages), [0]);
      assert.equal(run.inbox('out').messages[0]!.complete, undefined);
    });

    it('masks files, too, and holds back what does not move', async () => {
      const still = await mkdtemp(join(tmpdir(), 'alpr-still-'));
      try {
        for (let n = 0; n < 5; n++) await writeFile(join(still, `${n}.png`), await png(32, 16, 90));
        const run = await load({
          ...{ source: 'folder', path: still, fps: 1, masks: 'sky: 0,0 1,0 1,0.5 0,0.5' },
          ...{ motion: true, motionHold: 0, idleInterval: 0 },
        });
        const messages = await run.inbox('out').wait(2);
        assert.deepEqual(sequences(messages), [0]);
        assert.equal(messages[1]!.complete, true);
        const { pixels } = messages[0]!.frame as Frame;
        assert.deepEqual([pixels[0], pixels.at(-1)], [114, 90]);
      } finally {
        await rm(still, { recursive: true, force: true });
      }
    });

    const gone: [string, () => Record<string, unknown>, RegExp][] = [
      [
        'a folder that is not there',
        () => ({ source: 'folder', path: join(folder, 'none') }),
        /Expected a folder .* but received/,
      ],
      ['no path', () => ({ source: 'picture', path: '' }), /Expected the path of a picture but received an empty one/],
      ['a file for a folder', () => ({ source: 'folder', path: files[0] }), /Expected a folder .* but received a file/],
    ];
    for (const [title, settings, expected] of gone) {
      it(`is red with ${title}, and tries again only when told`, async () => {
        const run = await load(settings());
        const first = await run.inbox('errors').first();
        assert.match((first['error'] as { message: string }).message, expected);
        assert.equal(run.statuses('n').at(-1)?.fill, 'red');
        await settle(200);
        assert.equal(run.inbox('errors').messages.length, 1);
        run.receive('n', { mine: 1 });
        const [, second] = await run.inbox('errors').wait(2);
        assert.equal(second!['mine'], 1);
        run.receive('n', { filename: settings()['source'] === 'folder' ? folder : files[0] });
        await run.inbox('out').wait(1);
        await settle();
        assert.equal(run.inbox('errors').messages.length, 2);
      });
    }

    it('goes on behind a picture that cannot be read, and says which it was', async () => {
      const mixed = await mkdtemp(join(tmpdir(), 'alpr-mixed-'));
      try {
        await writeFile(join(mixed, '1.png'), await png(4, 4));
        await writeFile(join(mixed, '2.png'), 'no picture');
        await writeFile(join(mixed, '3.png'), await png(6, 4));
        const run = await load({ source: 'folder', path: mixed });
        const messages = await run.inbox('out').wait(3);
        assert.deepEqual(
          messages.flatMap(({ frame }) => (frame ? [(frame as Frame).width] : [])),
          [4, 6],
        );
        const error = (await run.inbox('errors').first())['error'] as { message: string };
        assert.match(error.message, /2\.png/);
      } finally {
        await rm(mixed, { recursive: true, force: true });
      }
    });

    const settings: [Record<string, unknown>, string][] = [
      [{ source: 'radio' }, `Expected one of ${cameraKinds.join(', ')} for source but received "radio"`],
      [{ inFlight: 0 }, 'Expected a whole number from 1 to 64 for inFlight but received 0'],
      [{ fps: 'many' }, 'Expected a number from 0.001 to 1000 for fps but received "many"'],
    ];
    for (const [change, message] of settings) {
      it(`does not start with ${JSON.stringify(change)}`, async () => {
        const run = await load({ source: 'folder', path: folder, ...change });
        run.receive('n', {});
        const error = (await run.inbox('errors').first())['error'] as { message: string };
        assert.equal(error.message, `SettingsError: ${message}`);
        await settle(200);
        assert.equal(run.inbox('out').messages.length, 0);
      });
    }

    it('stops with the flow, in the middle of a run', async () => {
      const run = await load({ source: 'folder', path: folder, loop: true });
      await run.inbox('out').wait(3);
      await run.node('n').close(true);
      await settle();
      const count = run.inbox('out').messages.length;
      await settle(150);
      assert.equal(run.inbox('out').messages.length, count);
      assert.equal(
        run.inbox('out').messages.some(({ complete }) => complete === true),
        false,
      );
    });
  });
});
