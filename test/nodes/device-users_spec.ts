import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import helper = require('node-red-node-test-helper');
import type { Network, PixelWorker, RunRequest, RunResponse, ViewResult } from '../../src/device/device.js';
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import blurGate = require('../../nodes/blur-gate/blur-gate.js');
import hailoInfer = require('../../nodes/hailo-infer/hailo-infer.js');
import lprnetRead = require('../../nodes/lprnet-read/lprnet-read.js');
import overlay = require('../../nodes/overlay/overlay.js');
import plateDetect = require('../../nodes/plate-detect/plate-detect.js');
import vehicleDetect = require('../../nodes/vehicle-detect/vehicle-detect.js');
import { detection, FakeNetwork, reading } from '../support/fake-network.js';
import { FakeAccess, fakeDevices, loadFlow, settle, withRuntime, type FlowNode } from '../support/node-red-flow.js';

const pool = new FramePool();
function frame(sequence: number): Frame {
  return pool.acquire({ cameraId: 'cam', sequence, timestamp: 1000 + sequence, width: 64, height: 48 });
}
const plates = [{ box: { x1: 8, y1: 8, x2: 40, y2: 20 }, confidence: 0.9 }];

/** What a node's fake network or pixel worker answers. */
type Answer = (request: RunRequest) => ViewResult[];
const detections: Answer = (request) =>
  Array.from({ length: Math.max(1, request.views.length) }, () => ({
    kind: 'detections',
    detections: [detection(8, 8, 40, 20)],
  }));
const readings: Answer = (request) => request.views.map(() => ({ kind: 'reading', reading: reading('AB123CD') }));

const users: {
  name: string;
  initializer: unknown;
  settings?: Record<string, unknown>;
  answer?: Answer;
  usesPixels?: boolean;
  /** A setting that cannot be, and what is said about it. */
  broken: { settings: Record<string, unknown>; message: string };
  /** Takes a picture in msg.payload. */
  takesPictures: boolean;
}[] = [
  {
    name: 'vehicle-detect',
    initializer: vehicleDetect,
    answer: detections,
    broken: {
      settings: { confidence: 'high' },
      message: 'Expected a number from 0 to 1 for confidence but received "high"',
    },
    takesPictures: true,
  },
  {
    name: 'plate-detect',
    initializer: plateDetect,
    answer: detections,
    broken: {
      settings: { where: 'below' },
      message: 'Expected one of auto, vehicles, frame for where but received "below"',
    },
    takesPictures: true,
  },
  {
    name: 'lprnet-read',
    initializer: lprnetRead,
    answer: readings,
    broken: {
      settings: { candidates: 0 },
      message: 'Expected a whole number from 1 to 20 for candidates but received 0',
    },
    takesPictures: true,
  },
  {
    name: 'hailo-infer',
    initializer: hailoInfer,
    settings: { model: 'any' },
    answer: detections,
    broken: { settings: { model: '' }, message: 'Expected the name of a model for model but received nothing' },
    takesPictures: true,
  },
  {
    name: 'blur-gate',
    initializer: blurGate,
    usesPixels: true,
    broken: {
      settings: { minSharpness: -1 },
      message: 'Expected a number of at least 0 for minSharpness but received -1',
    },
    takesPictures: false,
  },
  {
    name: 'overlay',
    initializer: overlay,
    usesPixels: true,
    broken: {
      settings: { quality: 101 },
      message: 'Expected a whole number from 1 to 100 for quality but received 101',
    },
    takesPictures: true,
  },
];

/** Answers each call when the test says so. */
class Gate {
  private readonly waiting: (() => void)[] = [];
  closed = false;

  async pass(): Promise<void> {
    if (this.closed) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Lets the calls that wait through, the last first. */
  openBackwards(): void {
    this.closed = false;
    for (const resolve of this.waiting.splice(0).reverse()) resolve();
  }
}

function fakeAccess(answer: Answer | undefined, gate: Gate): FakeAccess {
  const network = new FakeNetwork(answer ?? (() => []));
  const gated: Network = {
    manifest: network.manifest,
    run: async (request): Promise<RunResponse> => {
      await gate.pass();
      return network.run(request);
    },
    close: async () => undefined,
  };
  const pixels: PixelWorker = {
    sharpness: async (_source, boxes) => {
      await gate.pass();
      return boxes.map(() => 150);
    },
    draw: () => gate.pass(),
  };
  return new FakeAccess({ network: () => gated, pixels });
}

for (const user of users) {
  describe(`${user.name} and its device`, () => {
    withRuntime();
    const gate = new Gate();
    let access: FakeAccess;

    beforeEach(() => {
      gate.closed = false;
      access = fakeAccess(user.answer, gate);
      fakeDevices.set('dev', access);
    });

    const flow = (change: Record<string, unknown> = {}, device: Record<string, unknown> = {}): FlowNode[] => [
      { id: 'dev', type: 'fake-device', ...device },
      { id: 'n', type: `alpr-${user.name}`, device: 'dev', ...user.settings, ...change, wires: [['out']] },
      { id: 'out', type: 'helper' },
    ];
    const load = (nodes: FlowNode[]) => loadFlow([user.initializer as NodeInitializer], nodes);
    const message = (sequence: number): AlprMessage => ({
      topic: 'cam',
      frame: frame(sequence),
      plates: structuredClone(plates),
      keep: { me: sequence },
    });

    it('works, and keeps what else is in the message', async () => {
      const run = await load(flow());
      const sent = message(7);
      run.receive('n', sent);
      const received = await run.inbox('out').first();
      assert.equal(received.frame, sent.frame);
      assert.equal(received.topic, 'cam');
      assert.deepEqual(received['keep'], { me: 7 });
      assert.equal(Object.values(received.timings!).length, 1);
      await run.inbox('completed').wait(1);
      assert.equal(run.inbox('errors').messages.length, 0);
    });

    it('sends frames in order and control messages between them, whatever the device finishes first', async () => {
      gate.closed = true;
      const run = await load(flow());
      for (let n = 0; n < 3; n++) run.receive('n', message(n));
      const departed = [{ trackId: 1 }];
      run.receive('n', { topic: 'cam', departed: departed as never, payload: 'untouched' });
      run.receive('n', { topic: 'cam', complete: true });
      await settle();
      assert.equal(run.inbox('out').messages.length, 0);
      gate.openBackwards();
      const received = await run.inbox('out').wait(5);
      assert.deepEqual(
        received.slice(0, 3).map((msg) => (msg.frame as Frame).sequence),
        [0, 1, 2],
      );
      assert.equal(received[3]!.payload, 'untouched');
      assert.deepEqual(received[3]!.departed, departed);
      assert.equal(received[4]!.complete, true);
      await settle();
      assert.equal(run.inbox('completed').messages.length, 5);
    });

    const missing: [string, FlowNode[], RegExp][] = [
      ['none was chosen', flow({ device: '' }), /but received none$/],
      ['it was deleted', flow({ device: 'gone' }), /but received one that is disabled or deleted$/],
      ['it is disabled', flow({}, { d: true }), /but received one that is disabled or deleted$/],
      ['it is another node', flow({ device: 'out' }), /but received a node of type helper$/],
    ];
    for (const [title, nodes, expected] of missing) {
      it(`is red and fails its messages when ${title}`, async () => {
        const run = await load(nodes);
        run.receive('n', message(0));
        const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
        assert.match(error.message, expected);
        assert.equal(error.code, 'ALPR_NO_DEVICE');
        assert.deepEqual(run.statuses('n').at(-1), { fill: 'red', shape: 'ring', text: 'no device' });
        assert.equal(run.inbox('errors').messages.length, 1);
        await settle();
        assert.equal(run.inbox('completed').messages.length, 0);
      });
    }

    it('is red and fails its messages when a setting cannot be', async () => {
      const run = await load(flow(user.broken.settings));
      const taken = message(0);
      run.receive('n', taken);
      const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
      assert.equal(error.message, `SettingsError: ${user.broken.message}`);
      assert.equal(error.code, 'ALPR_SETTINGS');
      assert.equal((taken.frame as Frame).lease.holders, 0);
      await settle();
      assert.equal(access.opened, 0);
    });

    it('tries to open again with the next message after a failure', async () => {
      let failures = 2;
      const good = fakeAccess(user.answer, gate);
      const open = good.open.bind(good);
      const openPixels = good.openPixels.bind(good);
      const fail = (): void => {
        if (failures-- > 0) throw Object.assign(new Error('no library'), { code: 'ALPR_RUNTIME' });
      };
      good.open = async () => (fail(), open());
      good.openPixels = async () => (fail(), openPixels());
      fakeDevices.set('dev', good);
      const run = await load(flow());
      await settle();
      // The node looked for its device when the flow started: that was the first failure.
      assert.deepEqual(run.statuses('n').at(-1), { fill: 'red', shape: 'ring', text: 'runtime' });
      run.receive('n', message(0));
      const error = (await run.inbox('errors').first())['error'] as { message: string };
      assert.equal(error.message, 'Error: no library');
      run.receive('n', message(1));
      const received = await run.inbox('out').first();
      assert.equal((received.frame as Frame).sequence, 1);
    });

    const nothings: [string, AlprMessage][] = [
      ['nothing', {}],
      ['text', { payload: 'hello' }],
      ['a number', { payload: 42 }],
      ['an object', { payload: { a: 1 } }],
      ['a frame that went through JSON', { frame: { id: 'cam#1', width: 64, height: 48 } }],
    ];
    for (const [title, msg] of nothings) {
      it(`says what it expected when it gets ${title}, and works on`, async () => {
        const run = await load(flow());
        run.receive('n', msg);
        const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
        assert.match(error.message, /Expected a (picture|frame).* but received /);
        assert.match(error.code, /^ALPR_(IMAGE_INPUT|NO_FRAME)$/);
        run.receive('n', message(1));
        await run.inbox('out').wait(1);
        await settle();
        assert.deepEqual([run.inbox('errors').messages.length, run.inbox('completed').messages.length], [1, 1]);
      });
    }

    if (user.takesPictures) {
      it('says what is wrong with a picture that is none', async () => {
        const run = await load(flow());
        run.receive('n', { payload: Buffer.from('this is text, no picture') });
        const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
        assert.match(error.message, /^ImageError: Expected a picture \(.*\) but received 24 bytes of text$/);
        assert.equal(error.code, 'ALPR_IMAGE_DECODE');
      });
    }

    it('gives back what it opened when it is closed, after what runs has ended', async () => {
      gate.closed = true;
      const run = await load(flow());
      const taken = [message(0), message(1)];
      for (const msg of taken) run.receive('n', msg);
      await settle();
      assert.equal(access.open_, 1);
      assert.deepEqual(
        taken.map((msg) => (msg.frame as Frame).lease.holders),
        [1, 1],
      );
      const closed = run.node('n').close(true);
      await settle();
      assert.equal(access.open_, 1);
      gate.openBackwards();
      await closed;
      assert.equal(access.open_, 0);
      assert.deepEqual(
        taken.map((msg) => (msg.frame as Frame).lease.holders),
        [0, 0],
      );
      await settle();
      assert.equal(run.inbox('out').messages.length, 0);
    });

    it('opens anew after a redeploy and holds nothing of before', async () => {
      const run = await load(flow());
      run.receive('n', message(0));
      await run.inbox('out').wait(1);
      assert.equal(access.open_, 1);
      const again = flow().map((node) => ({ z: 'tab', ...node }));
      await helper.setFlows([{ id: 'tab', type: 'tab' }, ...again] as never, 'full');
      helper.getNode('n').receive(message(1));
      await settle();
      assert.deepEqual([access.opened, access.open_], [2, 1]);
      await helper.clearFlows();
      assert.equal(access.open_, 0);
    });
  });
}
