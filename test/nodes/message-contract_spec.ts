import assert from 'node:assert/strict';
import type { NodeAPI, NodeInitializer } from 'node-red';
import { Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { encodePng } from '../../src/image/encode.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import plateDetect = require('../../nodes/plate-detect/plate-detect.js');
import { detection, FakeNetwork } from '../support/fake-network.js';
import { FakeAccess, fakeDevices, loadFlow, settle, withRuntime } from '../support/node-red-flow.js';

const debugNode = require('@node-red/nodes/core/common/21-debug.js') as NodeInitializer;

/** What the editor's debug sidebar would get. */
const debugged: { msg: string }[] = [];
function listenToDebug(RED: NodeAPI): void {
  const take = ({ topic, data }: { topic: string; data: { id?: string; msg: string } }): void => {
    // Warnings of the runtime come without a node.
    if (topic === 'debug' && data.id === 'dbg') debugged.push(data);
  };
  RED.events.removeAllListeners('comms');
  RED.events.on('comms', take);
}

const width = 1280;
const height = 720;

describe('the message behind a fork', () => {
  withRuntime();
  let picture: Buffer;

  before(async () => {
    const frame = framePool().acquire({ cameraId: 'x', sequence: 0, timestamp: 0, width, height });
    frame.pixels.fill(120);
    picture = await encodePng(frame);
    framePool().recycle(frame);
  });

  const load = () => {
    debugged.length = 0;
    const network = new FakeNetwork(() => [{ kind: 'detections', detections: [detection(10, 10, 60, 30)] }]);
    fakeDevices.set('dev', new FakeAccess({ network: () => network }));
    return loadFlow(
      [cameraIn as NodeInitializer, plateDetect as NodeInitializer, debugNode, listenToDebug as NodeInitializer],
      [
        { id: 'dev', type: 'fake-device' },
        { id: 'n', type: 'alpr-camera-in', source: 'message', camera: 'cam', wires: [['plates']] },
        { id: 'plates', type: 'alpr-plate-detect', device: 'dev', wires: [['first', 'second', 'third', 'dbg']] },
        { id: 'first', type: 'helper' },
        { id: 'second', type: 'helper' },
        { id: 'third', type: 'helper' },
        { id: 'dbg', type: 'debug', complete: 'true', targetType: 'full', active: true, tosidebar: true },
      ],
    );
  };

  it('carries the same pixels in every branch, and copies none of them', async () => {
    const run = await load();
    const before = framePool().stats();
    run.receive('n', { payload: picture });
    const frames: Frame[] = [];
    for (const id of ['first', 'second', 'third']) frames.push((await run.inbox(id).first()).frame as Frame);
    for (const frame of frames) {
      assert.ok(frame instanceof Frame);
      assert.equal(frame.buffer, frames[0]!.buffer);
      assert.equal(frame.lease, frames[0]!.lease);
      assert.deepEqual([frame.width, frame.height, frame.pixels.length], [width, height, width * height * 3]);
      assert.deepEqual([frame.pixels[0], frame.pixels[width * height * 3 - 1]], [120, 120]);
    }
    assert.equal(new Set(frames).size, 3);
    const after = framePool().stats();
    assert.equal(after.allocated + after.reused - before.allocated - before.reused, 1);
  });

  it('does not show one branch what another did to the message', async () => {
    const run = await load();
    run.receive('n', { payload: picture, mine: { list: [1] } });
    const messages: AlprMessage[] = [];
    for (const id of ['first', 'second', 'third']) messages.push(await run.inbox(id).first());
    for (const [index, msg] of messages.entries()) {
      msg.plates![0]!.text = `branch ${index}`;
      msg.plates![0]!.box.x1 = index;
      msg.timings![`branch ${index}`] = 1;
      (msg['mine'] as { list: number[] }).list.push(index);
      msg.plates!.push(msg.plates![0]!);
      (msg.payload as unknown[]).length = 0;
    }
    for (const [index, msg] of messages.entries()) {
      const [plate] = msg.plates!;
      assert.deepEqual([plate!.text, plate!.box.x1], [`branch ${index}`, index]);
      assert.deepEqual((msg['mine'] as { list: number[] }).list, [1, index]);
      assert.equal(Object.keys(msg.timings!).filter((stage) => stage.startsWith('branch')).length, 1);
    }
  });

  it('stays small in a debug node that shows the whole message', async () => {
    const run = await load();
    run.receive('n', { payload: picture });
    await run.inbox('first').first();
    await settle(100);
    assert.equal(debugged.length, 1);
    const shown = JSON.parse(debugged[0]!.msg) as { frame: Record<string, unknown>; plates: unknown };
    assert.equal(shown.frame['width'], width);
    assert.equal(shown.frame['cameraId'], 'cam');
    assert.equal(shown.frame['pixels'], undefined);
    // 2.7 MB of pixels; a page of text at most.
    assert.ok(debugged[0]!.msg.length < 4000, `${debugged[0]!.msg.length} characters`);
  });

  it('lets the frame go in every branch when all have sent', async () => {
    const run = await load();
    run.receive('n', { payload: picture });
    const { lease } = (await run.inbox('first').first()).frame as Frame;
    await settle();
    assert.equal(lease.holders, 0);
    await new Promise<void>((resolve) => lease.onIdle(resolve));
  });
});
