import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import type { PixelWorker, RunRequest, ViewResult } from '../../src/device/device.js';
import { FramePool } from '../../src/frame/pool.js';
import { Frame } from '../../src/frame/frame.js';
import { encodePng } from '../../src/image/encode.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import blurGate = require('../../nodes/blur-gate/blur-gate.js');
import hailoInfer = require('../../nodes/hailo-infer/hailo-infer.js');
import lprnetRead = require('../../nodes/lprnet-read/lprnet-read.js');
import plateDetect = require('../../nodes/plate-detect/plate-detect.js');
import vehicleDetect = require('../../nodes/vehicle-detect/vehicle-detect.js');
import { detection, FakeNetwork, reading } from '../support/fake-network.js';
import {
  FakeAccess,
  fakeDevices,
  loadFlow,
  settle,
  withRuntime,
  type FlowNode,
  type Running,
} from '../support/node-red-flow.js';

const pool = new FramePool();
function frame(width = 64, height = 48): Frame {
  const made = pool.acquire({ cameraId: 'cam', sequence: 0, timestamp: 1000, width, height });
  made.pixels.fill(90);
  return made;
}

const at = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });

/** Loads one node on a device with this network. */
async function withNetwork(
  initializer: unknown,
  type: string,
  answer: (request: RunRequest) => ViewResult[],
  settings: Record<string, unknown> = {},
): Promise<{ run: Running; network: FakeNetwork }> {
  const network = new FakeNetwork(answer);
  fakeDevices.set('dev', new FakeAccess({ network: () => network }));
  const nodes: FlowNode[] = [
    { id: 'dev', type: 'fake-device' },
    { id: 'n', type, device: 'dev', ...settings, wires: [['out']] },
    { id: 'out', type: 'helper' },
  ];
  return { run: await loadFlow([initializer as NodeInitializer], nodes), network };
}

const found =
  (...boxes: [number, number, number, number][]) =>
  (request: RunRequest): ViewResult[] =>
    Array.from({ length: Math.max(1, request.views.length) }, () => ({
      kind: 'detections' as const,
      detections: boxes.map((box) => detection(...box)),
    }));

describe('vehicle-detect', () => {
  withRuntime();

  it('puts what the network found into msg.vehicles and msg.payload', async () => {
    const { run, network } = await withNetwork(vehicleDetect, 'alpr-vehicle-detect', found([1, 2, 30, 40]), {
      confidence: '0.35',
      iou: 0.6,
      inputSize: '640',
    });
    run.receive('n', { frame: frame(), timings: { decode: 4 } });
    const msg = await run.inbox('out').first();
    const expected = [{ box: at(1, 2, 30, 40), label: 'thing', confidence: 0.9 }];
    assert.deepEqual(msg.vehicles, expected);
    assert.deepEqual(msg.payload, expected);
    assert.deepEqual(Object.keys(msg.timings!), ['decode', 'vehicleDetect']);
    assert.deepEqual(network.requests[0]!.options, {
      confidenceThreshold: 0.35,
      iouThreshold: 0.6,
      inputSize: { width: 640, height: 640 },
    });
    assert.equal(run.statuses('n').at(-1)?.fill, 'green');
  });

  it('leaves everything to the model when nothing is set', async () => {
    const { run, network } = await withNetwork(vehicleDetect, 'alpr-vehicle-detect', found());
    run.receive('n', { frame: frame() });
    await run.inbox('out').first();
    assert.deepEqual(network.requests[0]!.options, {});
  });

  it('decodes the picture of a message that has no frame', async () => {
    const { run } = await withNetwork(vehicleDetect, 'alpr-vehicle-detect', found(), { name: 'gate camera' });
    run.receive('n', { payload: await encodePng(frame(20, 10)) });
    run.receive('n', {
      payload: `data:image/png;base64,${(await encodePng(frame(6, 4))).toString('base64')}`,
      topic: 'yard',
    });
    // Two cameras do not wait for each other.
    const messages = [...(await run.inbox('out').wait(2))].sort((a, b) => (a.topic! < b.topic! ? -1 : 1));
    const [first, second] = messages as [AlprMessage, AlprMessage];
    const byBytes = first.frame as Frame;
    assert.deepEqual(
      [byBytes.width, byBytes.height, byBytes.cameraId, first.topic],
      [20, 10, 'gate camera', 'gate camera'],
    );
    assert.deepEqual([...new Set(byBytes.pixels)], [90]);
    const byUrl = second.frame as Frame;
    assert.deepEqual([byUrl.width, byUrl.height, byUrl.cameraId, second.topic], [6, 4, 'yard', 'yard']);
    assert.deepEqual(Object.keys(first.timings!), ['decode', 'vehicleDetect']);
  });
});

describe('plate-detect', () => {
  withRuntime();

  it('looks inside the vehicles and says which vehicle a plate is on', async () => {
    const { run, network } = await withNetwork(plateDetect, 'alpr-plate-detect', found([20, 30, 40, 36]), {
      where: 'vehicles',
    });
    const vehicles = [
      { box: at(50, 0, 64, 20), label: 'car', confidence: 0.9 },
      { box: at(10, 10, 50, 40), label: 'car', confidence: 0.8 },
    ];
    run.receive('n', { frame: frame(), vehicles });
    const msg = await run.inbox('out').first();
    assert.deepEqual(msg.plates, [{ box: at(20, 30, 40, 36), confidence: 0.9, vehicle: 1 }]);
    assert.deepEqual(msg.payload, msg.plates);
    assert.equal(network.requests[0]!.views.length, 2);
    assert.equal(msg.vehicles![0]!.held?.code, 'no-plate');
    assert.equal(msg.vehicles![1]!.held, undefined);
  });

  it('looks at the whole frame when the flow has no vehicles, and at settled vehicles no more', async () => {
    const { run, network } = await withNetwork(plateDetect, 'alpr-plate-detect', found([20, 30, 40, 36]), {
      where: 'auto',
    });
    run.receive('n', { frame: frame() });
    const vote = { text: 'AB', confidence: 1, characters: [], candidates: [], reads: 3, agreeing: 3, settled: true };
    const settled = [{ box: at(10, 10, 50, 40), label: 'car', confidence: 0.8, trackId: 4, plate: vote }];
    run.receive('n', {
      frame: pool.acquire({ cameraId: 'cam', sequence: 3, timestamp: 1, width: 64, height: 48 }),
      vehicles: settled,
      tracker: 't',
    });
    const [first, second] = (await run.inbox('out').wait(2)) as [AlprMessage, AlprMessage];
    assert.equal(first.plates!.length, 1);
    assert.equal(first.vehicles, undefined);
    // Sequence 3 is not a fifth frame, so a tracked camera's whole frame is not looked at either.
    assert.deepEqual(second.plates, []);
    assert.equal(network.requests.length, 1);
  });
});

describe('lprnet-read', () => {
  withRuntime();
  const texts = (request: RunRequest): ViewResult[] =>
    request.views.map((_, index) => ({ kind: 'reading', reading: reading(`PLATE${index}`) }));

  it('reads what is neither held back nor settled', async () => {
    const { run } = await withNetwork(lprnetRead, 'alpr-lprnet-read', texts);
    const held = { code: 'blurred' as const, reason: 'blurred 63 < 100' };
    const plates = [
      { box: at(0, 0, 20, 5), confidence: 0.9 },
      { box: at(0, 10, 20, 15), confidence: 0.9, held },
      { box: at(0, 20, 20, 25), confidence: 0.9 },
    ];
    run.receive('n', { frame: frame(), plates });
    const msg = await run.inbox('out').first();
    assert.deepEqual(
      msg.plates!.map(({ text }) => text),
      ['PLATE0', undefined, 'PLATE1'],
    );
    assert.deepEqual(msg.plates![1]!.held, held);
    assert.deepEqual(msg.payload, msg.plates);
    // A list of its own: a user may sort it.
    assert.notEqual(msg.payload, msg.plates);
  });

  it('takes a picture that comes alone for the plate itself', async () => {
    const { run, network } = await withNetwork(lprnetRead, 'alpr-lprnet-read', texts);
    run.receive('n', { payload: await encodePng(frame(100, 22)) });
    const msg = await run.inbox('out').first();
    assert.deepEqual(
      msg.plates!.map(({ box, text }) => [box, text]),
      [[at(0, 0, 100, 22), 'PLATE0']],
    );
    assert.deepEqual(network.requests[0]!.views, [{ box: at(0, 0, 100, 22), margin: 0 }]);
  });

  it('says that plates are missing when a frame comes without', async () => {
    const { run } = await withNetwork(lprnetRead, 'alpr-lprnet-read', texts);
    run.receive('n', { frame: frame() });
    const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
    assert.match(error.message, /Expected a list of plates \(from plate-detect\) for msg.plates but received nothing$/);
    assert.equal(error.code, 'ALPR_NO_PLATES');
  });

  it('says so when the chosen model finds boxes instead of text', async () => {
    const { run } = await withNetwork(lprnetRead, 'alpr-lprnet-read', found([0, 0, 1, 1]));
    run.receive('n', { frame: frame(), plates: [{ box: at(0, 0, 20, 5), confidence: 1 }] });
    const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
    assert.match(error.message, /Expected a model that gives text but 'fake' gives detections$/);
    assert.equal(error.code, 'ALPR_MODEL_TASK');
  });
});

describe('hailo-infer', () => {
  withRuntime();
  const tensors = (): ViewResult[] => [{ kind: 'tensors', tensors: { out: { dims: [2], data: [1, 2] } } }];

  it('gives one result for the frame', async () => {
    const { run } = await withNetwork(hailoInfer, 'alpr-hailo-infer', tensors, { model: 'm' });
    run.receive('n', { frame: frame() });
    const msg = await run.inbox('out').first();
    assert.deepEqual(msg.payload, { out: { dims: [2], data: [1, 2] } });
  });

  it('gives a list with one result per box, in any property', async () => {
    const { run } = await withNetwork(
      hailoInfer,
      'alpr-hailo-infer',
      (request) => request.views.map(() => tensors()[0]!),
      {
        model: 'm',
        on: 'vehicles',
        property: 'result.tensors',
      },
    );
    const vehicle = { box: at(0, 0, 10, 10), label: 'car', confidence: 1 };
    run.receive('n', { frame: frame(), vehicles: [vehicle, vehicle], payload: 'mine' });
    run.receive('n', { frame: frame(), vehicles: [] });
    const [two, none] = (await run.inbox('out').wait(2)) as [AlprMessage, AlprMessage];
    const out = { out: { dims: [2], data: [1, 2] } };
    assert.deepEqual(two['result'], { tensors: [out, out] });
    assert.equal(two.payload, 'mine');
    assert.deepEqual(none['result'], { tensors: [] });
  });
});

describe('blur-gate', () => {
  withRuntime();

  it('holds back the blurred and the small, with the reason, and says so in its status', async () => {
    const pixels: PixelWorker = {
      sharpness: async (_source, boxes) => boxes.map(({ x1 }) => (x1 === 0 ? 63.7 : 250)),
      draw: async () => assert.fail('draw'),
    };
    fakeDevices.set('dev', new FakeAccess({ pixels }));
    const run = await loadFlow(
      [blurGate as NodeInitializer],
      [
        { id: 'dev', type: 'fake-device' },
        {
          id: 'n',
          type: 'alpr-blur-gate',
          device: 'dev',
          minSharpness: '100',
          minWidth: 20,
          minHeight: '',
          wires: [['out']],
        },
        { id: 'out', type: 'helper' },
      ],
    );
    const plates = [
      { box: at(0, 0, 40, 10), confidence: 1 },
      { box: at(5, 0, 15, 10), confidence: 1 },
      { box: at(5, 0, 45, 10), confidence: 1 },
    ];
    run.receive('n', { frame: frame(), plates });
    const msg = await run.inbox('out').first();
    assert.deepEqual(
      msg.plates!.map(({ sharpness, held }) => [sharpness, held?.reason]),
      [
        [63.7, 'blurred 63 < 100'],
        [250, 'small 10 < 20 px wide'],
        [250, undefined],
      ],
    );
    await settle(1100);
    assert.match(run.statuses('n').at(-1)!.text!, /^held 2: (blurred|small)$/);
  });
});
