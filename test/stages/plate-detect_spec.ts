import assert from 'node:assert/strict';
import type { RunRequest, ViewResult } from '../../src/device/device.js';
import type { Detection, PlateVote, Vehicle } from '../../src/detection/types.js';
import { Frame } from '../../src/frame/frame.js';
import { detectPlates, type PlateDetectOptions } from '../../src/stages/plate-detect.js';
import { ownerOf } from '../../src/stages/plate-owner.js';
import { detection, FakeNetwork, testFrame } from '../support/fake-network.js';

const options: PlateDetectOptions = { where: 'auto', frameEvery: 5, tracked: true };
const vehicle = (x1: number, y1: number, x2: number, y2: number, more: Partial<Vehicle> = {}): Vehicle => ({
  box: { x1, y1, x2, y2 },
  label: 'vehicle',
  confidence: 0.8,
  ...more,
});
const settled: PlateVote = {
  text: 'AB123CD',
  confidence: 0.95,
  characters: [],
  candidates: [],
  reads: 4,
  agreeing: 4,
  settled: true,
};

/** Gives `inFrame` when asked for the whole frame, and `perCrop` for each crop. */
function network(inFrame: Detection[], perCrop: (index: number) => Detection[] = () => []): FakeNetwork {
  return new FakeNetwork((request: RunRequest): ViewResult[] =>
    request.views.length === 0
      ? [{ kind: 'detections', detections: inFrame }]
      : request.views.map((_, index) => ({ kind: 'detections', detections: perCrop(index) })),
  );
}

describe('detectPlates', () => {
  it('looks at the whole frame when the flow has no vehicles', async () => {
    const net = network([detection(10, 20, 60, 40)]);
    const { plates, vehicles } = await detectPlates(testFrame(1000, 500, 3), undefined, net, options);
    assert.equal(net.requests.length, 1);
    assert.deepEqual(net.requests[0]!.views, []);
    assert.equal(vehicles, undefined);
    assert.deepEqual(plates, [{ box: { x1: 10, y1: 20, x2: 60, y2: 40 }, confidence: 0.9 }]);
  });

  it('looks inside unread vehicles only, and spends nothing on settled ones', async () => {
    const net = network([], () => [detection(500, 300, 560, 320)]);
    const vehicles = [
      vehicle(0, 0, 200, 200, { trackId: 1, plate: settled }),
      vehicle(400, 100, 700, 350, { trackId: 2 }),
    ];
    const { plates } = await detectPlates(testFrame(1000, 500, 3), vehicles, net, options);
    assert.equal(net.requests.length, 1);
    assert.deepEqual(
      net.requests[0]!.views.map((view) => 'box' in view && view.box),
      [{ x1: 400, y1: 100, x2: 700, y2: 350 }],
    );
    assert.equal(plates.length, 1);
    assert.equal(plates[0]!.vehicle, 1);
    assert.equal(plates[0]!.trackId, 2);
  });

  it('runs nothing at all when every vehicle is settled', async () => {
    const net = network([detection(1, 1, 2, 2)]);
    await detectPlates(testFrame(1000, 500, 3), [vehicle(0, 0, 9, 9, { plate: settled })], net, options);
    assert.equal(net.requests.length, 0);
  });

  it('looks again at a settled vehicle that is worth it', async () => {
    const net = network([]);
    const again = vehicle(0, 0, 200, 200, { plate: settled, reread: true });
    await detectPlates(testFrame(1000, 500, 3), [again], net, options);
    assert.equal(net.requests.length, 1);
  });

  const wholeFrame: [string, Partial<PlateDetectOptions>, number, boolean][] = [
    ['auto, tracked, on a multiple of frameEvery', {}, 10, true],
    ['auto, tracked, between', {}, 11, false],
    ['auto, a single picture', { tracked: false }, 11, true],
    ['frame', { where: 'frame' }, 11, true],
    ['vehicles', { where: 'vehicles', tracked: false }, 10, false],
  ];
  for (const [title, change, sequence, expected] of wholeFrame) {
    it(`${expected ? 'adds' : 'leaves out'} the whole frame: ${title}`, async () => {
      const net = network([]);
      await detectPlates(testFrame(1000, 500, sequence), [vehicle(0, 0, 9, 9)], net, { ...options, ...change });
      assert.equal(
        net.requests.some(({ views }) => views.length === 0),
        expected,
      );
    });
  }

  const looks: [string, Partial<PlateDetectOptions>, boolean, number][] = [
    ['auto, a picture by itself', { tracked: false }, true, 2],
    ['auto, a frame of a stream', { tracked: false }, false, 1],
    ['auto, a picture that a tracker follows', { where: 'frame' }, true, 1],
    ['one', { tracked: false, looks: 'one' }, true, 1],
    ['two', { where: 'frame', looks: 'two' }, false, 2],
  ];
  for (const [title, change, still, expected] of looks) {
    it(`looks ${expected === 1 ? 'once' : 'twice'} at the whole frame: ${title}`, async () => {
      const net = network([]);
      const stream = testFrame(1000, 500, 3);
      const frame = still ? new Frame({ ...stream.toJSON(), still }, stream.lease) : stream;
      await detectPlates(frame, undefined, net, { ...options, ...change });
      assert.equal(net.requests.length, expected);
    });
  }

  it('looks at half the size the second time, and asks both looks for doubtful finds', async () => {
    const net = new FakeNetwork(() => [{ kind: 'detections', detections: [] }], { multipleOf: 32 });
    await detectPlates(testFrame(), undefined, net, { ...options, looks: 'two', confidence: 0.6 });
    assert.deepEqual(
      net.requests.map(({ options: run }) => run?.inputSize),
      [undefined, { width: 320, height: 320 }],
    );
    for (const { options: run } of net.requests) assert.ok(Math.abs(run!.confidenceThreshold! - 0.4) < 1e-9);
  });

  it('shows a network of one size the frame with a margin instead', async () => {
    const net = new FakeNetwork(() => [{ kind: 'detections', detections: [] }]);
    await detectPlates(testFrame(1000, 500), undefined, net, { ...options, looks: 'two' });
    assert.deepEqual(
      net.requests.map(({ views, options: run }) => [views, run?.inputSize]),
      [
        [[], undefined],
        [[{ box: { x1: -500, y1: -250, x2: 1500, y2: 750 } }], undefined],
      ],
    );
  });

  it('counts a plate that the crop and the whole frame both show once, with the surer find', async () => {
    const net = network([detection(500, 300, 560, 320, 0.5)], () => [detection(501, 301, 561, 321, 0.8)]);
    const { plates } = await detectPlates(testFrame(), [vehicle(400, 100, 700, 350)], net, {
      ...options,
      tracked: false,
    });
    assert.deepEqual(
      plates.map((plate) => plate.confidence),
      [0.8],
    );
  });

  it('keeps one plate per vehicle and says why the other is held back', async () => {
    const net = network([], () => [detection(500, 300, 560, 320, 0.9), detection(420, 300, 450, 320, 0.6)]);
    const { plates } = await detectPlates(testFrame(1000, 500, 1), [vehicle(400, 100, 700, 350)], net, options);
    assert.equal(plates[0]!.held, undefined);
    assert.equal(plates[1]!.held?.code, 'plate-confidence');
    assert.equal(plates[1]!.held?.reason, 'second on vehicle 0.60 < 0.90');
  });

  it('says which vehicles were looked at in vain', async () => {
    const { vehicles } = await detectPlates(testFrame(1000, 500, 1), [vehicle(0, 0, 99, 99)], network([]), options);
    assert.deepEqual(vehicles![0]!.held, { code: 'no-plate', reason: 'no plate found' });
  });

  it('holds small and far vehicles back with the numbers, without changing the list it was given', async () => {
    const given = [vehicle(0, 0, 100, 100), vehicle(0, 0, 300, 200), vehicle(0, 100, 300, 450)];
    const copy = structuredClone(given);
    const net = network([]);
    const rules = { ...options, minVehicleArea: 40_000, minVehicleBottom: 0.75 };
    const { vehicles } = await detectPlates(testFrame(1000, 500, 1), given, net, rules);
    assert.equal(vehicles![0]!.held?.reason, 'vehicle 10000 < 40000 px²');
    assert.equal(vehicles![1]!.held?.reason, 'bottom 0.40 < 0.75');
    assert.equal(net.requests[0]!.views.length, 1);
    assert.deepEqual(given, copy);
  });

  const edges: [string, [number, number, number, number]][] = [
    ['left', [0, 100, 200, 300]],
    ['top', [100, 0, 300, 200]],
    ['right', [800, 100, 1000, 300]],
    ['bottom', [100, 300, 300, 500]],
  ];
  for (const [edge, box] of edges) {
    it(`leaves out a vehicle that the ${edge} edge cuts off, where only whole ones are wanted`, async () => {
      const net = network([]);
      const whole = { ...options, wholeVehicles: true };
      const given = [vehicle(...box), vehicle(1, 1, 999, 499)];
      const { vehicles } = await detectPlates(testFrame(1000, 500, 1), given, net, whole);
      assert.deepEqual(vehicles![0]!.held, { code: 'position', reason: 'cut off by the edge' });
      assert.equal(net.requests[0]!.views.length, 1, 'the whole one is looked at');
      const all = network([]);
      await detectPlates(testFrame(1000, 500, 1), given, all, options);
      assert.equal(all.requests[0]!.views.length, 2, 'both without the rule');
    });
  }

  it('names the model when it gives no boxes', async () => {
    const net = new FakeNetwork(() => [{ kind: 'tensors', tensors: {} }]);
    await assert.rejects(detectPlates(testFrame(), undefined, net, options), /'fake' gives tensors/);
  });
});

describe('ownerOf', () => {
  const cases: [string, Vehicle[], number][] = [
    ['the only vehicle around it', [vehicle(0, 0, 100, 100)], 0],
    ['no vehicle: none is around it', [vehicle(200, 0, 300, 100)], -1],
    ['the vehicle in whose middle it sits, not the one behind', [vehicle(40, 0, 400, 200), vehicle(0, 0, 100, 100)], 1],
    ['a vehicle whose box ends just above the plate', [vehicle(0, 0, 100, 85)], 0],
  ];
  for (const [title, vehicles, expected] of cases) {
    it(`gives a plate to ${title}`, () => {
      assert.equal(ownerOf({ x1: 40, y1: 85, x2: 60, y2: 95 }, vehicles), expected);
    });
  }
});
