import assert from 'node:assert/strict';
import type { PixelSource, PixelWorker, RunRequest, ViewResult } from '../../src/device/device.js';
import type { Box, Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import { takePictures } from '../../src/events/pictures.js';
import type { Pictures } from '../../src/events/views.js';
import { lookCloser, prepareDetail } from '../../src/frame/detail.js';
import type { Frame } from '../../src/frame/frame.js';
import { FramePool } from '../../src/frame/pool.js';
import { gatePlates } from '../../src/stages/blur-gate.js';
import { detectPlates } from '../../src/stages/plate-detect.js';
import { readPlates } from '../../src/stages/read.js';
import { detection, FakeNetwork, reading } from '../support/fake-network.js';

const pool = new FramePool();
const header = { cameraId: 'gate', sequence: 3, timestamp: 1000 };
const settled: PlateVote = {
  ...{ text: 'AB123CD', confidence: 0.95, characters: [], candidates: [] },
  ...{ reads: 4, agreeing: 4, settled: true },
};

/** A frame of 640 × 360 whose larger picture is 1920 wide and 1440 high: pixels of other shapes, as some cameras have. */
class Pair {
  readonly large = pool.acquire({ ...header, width: 1920, height: 1440 });
  readonly frame = pool.acquire({ ...header, width: 640, height: 360 });
  asked = 0;

  constructor(answer: () => Promise<Frame | undefined> = () => Promise.resolve(this.large)) {
    this.frame.lease.detail = () => {
      this.asked++;
      return answer();
    };
  }
}

const box = (x1: number, y1: number, x2: number, y2: number): Box => ({ x1, y1, x2, y2 });
const vehicle = (where: Box, more: Partial<Vehicle> = {}): Vehicle => ({
  box: where,
  label: 'car',
  confidence: 0.8,
  ...more,
});
const detections = (...found: ReturnType<typeof detection>[]): ViewResult => ({
  kind: 'detections',
  detections: found,
});

function pixels(values: number[]): PixelWorker & { asked: { source: PixelSource; boxes: Box[] }[] } {
  const asked: { source: PixelSource; boxes: Box[] }[] = [];
  return {
    asked,
    sharpness: (source, boxes) => {
      asked.push({ source, boxes });
      return Promise.resolve(values);
    },
    draw: () => Promise.resolve(),
  };
}

describe('Stages with a larger picture of the same moment', () => {
  const options = { where: 'vehicles', frameEvery: 5, tracked: true } as const;

  it('plate-detect looks for plates there, and tells them in pixels of the frame', async () => {
    const { frame, large, asked } = new Pair();
    assert.equal(asked, 0);
    const network = new FakeNetwork(() => [
      detections({
        ...detection(300, 400, 420, 440),
        corners: [
          { x: 300, y: 400 },
          { x: 420, y: 404 },
          { x: 420, y: 440 },
          { x: 303, y: 436 },
        ],
      }),
    ]);
    const { plates } = await detectPlates(frame, [vehicle(box(60, 50, 200, 150))], network, options);
    assert.equal(network.requests[0]!.source, large);
    assert.deepEqual(network.requests[0]!.views, [{ box: box(180, 200, 600, 600), margin: 0.06 }]);
    const [plate] = plates;
    assert.deepEqual(plate!.box, box(100, 100, 140, 110));
    assert.deepEqual(plate!.corners![1], { x: 140, y: 101 });
    assert.equal(plate!.vehicle, 0);
    assert.equal(large.lease.holders, 0);
  });

  it('plate-detect looks at the whole frame as it is', async () => {
    const pair = new Pair();
    const network = new FakeNetwork(() => [detections()]);
    await detectPlates(pair.frame, undefined, network, { ...options, where: 'frame' });
    assert.equal(network.requests[0]!.source, pair.frame);
    assert.equal(pair.asked, 0);
  });

  it('blur-gate measures sharpness and size there', async () => {
    const { frame, large } = new Pair();
    const worker = pixels([150, 150]);
    const plates: Plate[] = [
      { box: box(10, 10, 30, 20), confidence: 0.9 },
      { box: box(50, 50, 60, 55), confidence: 0.9 },
    ];
    const gated = await gatePlates(frame, plates, worker, { minSharpness: 100, minWidth: 50, minHeight: 0 });
    assert.equal(worker.asked[0]!.source, large);
    assert.deepEqual(worker.asked[0]!.boxes, [box(30, 40, 90, 80), box(150, 200, 180, 220)]);
    assert.equal(gated.plates[0]!.held, undefined);
    assert.equal(gated.plates[0]!.sharpness, 150);
    assert.equal(gated.plates[1]!.held?.reason, 'small 30 < 50 px wide');
    assert.deepEqual(gated.plates[1]!.box, plates[1]!.box);
  });

  it('lprnet-read reads there', async () => {
    const { frame, large } = new Pair();
    const network = new FakeNetwork((request: RunRequest) =>
      request.views.map(() => ({ kind: 'reading', reading: reading('AB123CD') })),
    );
    const corners: Plate['corners'] = [
      { x: 10, y: 10 },
      { x: 30, y: 11 },
      { x: 30, y: 20 },
      { x: 10, y: 19 },
    ];
    const plates: Plate[] = [
      { box: box(10, 10, 30, 20), confidence: 0.9 },
      { box: box(10, 10, 30, 20), corners, confidence: 0.9 },
    ];
    const read = await readPlates(frame, plates, network, {
      minConfidence: 0.5,
      minLength: 3,
      secondLook: 'never',
      candidates: 1,
    });
    assert.equal(network.requests[0]!.source, large);
    assert.deepEqual(network.requests[0]!.views[0], { box: box(30, 40, 90, 80), margin: 0 });
    assert.deepEqual('corners' in network.requests[0]!.views[1]! && network.requests[0]!.views[1].corners[1], {
      x: 90,
      y: 44,
    });
    assert.deepEqual(
      read.plates.map((plate) => [plate.text, plate.box, plate.corners]),
      plates.map((plate) => ['AB123CD', plate.box, plate.corners]),
    );
  });

  it('nobody asks for it where every track is settled, or nothing is there', async () => {
    const pair = new Pair();
    const network = new FakeNetwork(() => {
      throw new Error('nothing to do');
    });
    await detectPlates(pair.frame, [vehicle(box(0, 0, 99, 99), { plate: settled })], network, options);
    const plates: Plate[] = [{ box: box(10, 10, 30, 20), confidence: 0.9, vote: settled }];
    await gatePlates(pair.frame, plates, pixels([]), { minSharpness: 100, minWidth: 0, minHeight: 0 });
    await readPlates(pair.frame, plates, network, {
      minConfidence: 0.5,
      minLength: 3,
      secondLook: 'never',
      candidates: 1,
    });
    await readPlates(pair.frame, [], network, { minConfidence: 0.5, minLength: 3, secondLook: 'never', candidates: 1 });
    assert.equal(pair.asked, 0);
  });

  it('the frame itself does where there is none, or where that fails', async () => {
    for (const answer of [() => Promise.resolve(undefined), () => Promise.reject(new Error('gone'))]) {
      const { frame } = new Pair(answer);
      const network = new FakeNetwork(() => [detections(detection(100, 100, 140, 110))]);
      const { plates } = await detectPlates(frame, [vehicle(box(60, 50, 200, 150))], network, options);
      assert.equal(network.requests[0]!.source, frame);
      assert.deepEqual(plates[0]!.box, box(100, 100, 140, 110));
    }
  });

  it('holds the picture for as long as it is looked at, also when that fails', async () => {
    const { frame, large } = new Pair();
    const looking = lookCloser(frame, true, async () => {
      assert.equal(large.lease.holders, 1);
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('broken');
    });
    await assert.rejects(looking, /broken/);
    assert.equal(large.lease.holders, 0);
  });

  it('what must not be seen is painted over before anybody sees it, once', async () => {
    const { frame, large } = new Pair();
    large.pixels.fill(200);
    let painted = 0;
    prepareDetail(frame, (detail) => {
      painted++;
      detail.pixels.fill(0);
    });
    const [first] = await Promise.all([frame.lease.detail!(), frame.lease.detail!()]);
    assert.equal(first, large);
    assert.equal(first.pixels[0], 0);
    await frame.lease.detail!();
    assert.ok(painted <= 2);
    const broken = new Pair();
    prepareDetail(broken.frame, () => {
      throw new Error('no mask');
    });
    await lookCloser(broken.frame, true, async (sight) => assert.equal(sight.frame, broken.frame));
  });

  it("plate-out's pictures of plate and vehicle come from there; what they show is told in pixels of the frame", async () => {
    const { frame, large } = new Pair();
    const encoded: { source: Frame; area: Box }[] = [];
    let stored: Pictures | undefined;
    const request = {
      plate: box(100, 100, 140, 110),
      vehicle: box(60, 50, 200, 150),
      store: (pictures: Pictures) => void (stored = pictures),
    };
    const settings = { plate: true, vehicle: true, frame: true, quality: 80, maxWidth: undefined };
    const encode = (source: Frame, { area }: { area: Box }): Promise<Uint8Array> => {
      encoded.push({ source, area });
      return Promise.resolve(new Uint8Array(1));
    };
    await takePictures(frame, [request], settings, encode, assert.fail);
    assert.deepEqual(
      encoded.map(({ source }) => source),
      [large, large, frame],
    );
    // 15 % around the plate, 3 % around the vehicle.
    assert.deepEqual(encoded[0]!.area, box(282, 394, 438, 446));
    assert.deepEqual(stored!.imageViews.plateBox, request.plate);
    const { area, width, height } = stored!.imageViews.plate!;
    assert.deepEqual(area, box(94, 98.5, 146, 111.5));
    assert.deepEqual([width, height], [156, 52]);
    assert.deepEqual(stored!.imageViews.frame, { area: box(0, 0, 640, 360), width: 640, height: 360 });
    assert.deepEqual([large.lease.holders, frame.lease.holders], [0, 0]);
  });
});
