import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readViewArea } from '../../src/areas/view-area.js';
import { cpuDevice, type CpuDevice } from '../../src/device/cpu/cpu-device.js';
import type { ViewResult } from '../../src/device/device.js';
import { iou } from '../../src/detection/boxes.js';
import type { Box } from '../../src/detection/types.js';
import type { Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { decodeImage } from '../../src/image/decode.js';
import { loadManifest } from '../../src/models/load.js';
import { detectPlates, type PlateDetectOptions } from '../../src/stages/plate-detect.js';
import { detectVehicles } from '../../src/stages/vehicle-detect.js';
import { wholeFrame } from '../../src/stages/whole-frame.js';
import { detection, FakeNetwork, testFrame } from '../support/fake-network.js';

const root = join(__dirname, '..', '..');
const options: PlateDetectOptions = { where: 'frame', frameEvery: 1, tracked: false };

function focused(focus: Box): Frame {
  return Object.assign(testFrame(1000, 500), { focus });
}

describe('a look at the whole frame', () => {
  it('is one at the part that the camera is set to look at', async () => {
    const net = new FakeNetwork((): ViewResult[] => [
      { kind: 'detections', detections: [detection(110, 220, 160, 240)] },
    ]);
    const focus = { x1: 100, y1: 200, x2: 500, y2: 400 };
    const { plates } = await detectPlates(focused(focus), undefined, net, options);
    const { vehicles } = await detectVehicles(focused(focus), net);
    assert.deepEqual(
      net.requests.map(({ views }) => views),
      [[{ box: focus }], [{ box: focus }]],
    );
    assert.deepEqual([plates[0]!.box, vehicles[0]!.box], Array(2).fill({ x1: 110, y1: 220, x2: 160, y2: 240 }));
  });

  it('ends at the frame', () => {
    const reaching = focused({ x1: -50, y1: 200, x2: 500, y2: 900 });
    assert.deepEqual(wholeFrame(reaching), [{ box: { x1: 0, y1: 200, x2: 500, y2: 500 } }]);
  });

  const all: [string, Box | undefined][] = [
    ['nothing is said', undefined],
    ['the part is nearly everything', { x1: 20, y1: 10, x2: 1000, y2: 490 }],
    ['the part is empty', { x1: 100, y1: 100, x2: 100, y2: 200 }],
    ['the part lies outside', { x1: 1100, y1: 100, x2: 1200, y2: 200 }],
    ['the part is no number', { x1: NaN, y1: 0, x2: 400, y2: 400 }],
  ];
  for (const [title, focus] of all) {
    it(`is one at everything where ${title}`, () => {
      const frame = focus === undefined ? testFrame(1000, 500) : focused(focus);
      assert.deepEqual(wholeFrame(frame), []);
    });
  }

  describe('of the shipped plate network', () => {
    let device: CpuDevice;
    before(() => {
      device = cpuDevice({ runtime: 'native', workers: 1 });
    });
    after(() => device.close());

    it('finds in a region what it finds in a picture of that region, at its place in the frame', async () => {
      const network = await device.open(loadManifest(join(root, 'models', 'plateflow-plate.json')));
      const pool = framePool();
      const stamp = { cameraId: 'cam', sequence: 0, timestamp: 0 };
      const picture = readFileSync(join(root, 'samples', 'pictures', '01.jpg'));
      const frame = await decodeImage(picture, stamp, { pool });
      const { plates } = await detectPlates(frame, undefined, network, options);
      const plate = plates[0]!.box;
      const { width, height } = frame;

      // A region around a plate, in whole pixels.
      const x1 = Math.max(0, Math.floor(plate.x1 - 0.15 * width));
      const y1 = Math.max(0, Math.floor(plate.y1 - 0.15 * height));
      const x2 = Math.min(width, Math.ceil(plate.x2 + 0.1 * width));
      const y2 = Math.min(height, Math.ceil(plate.y2 + 0.1 * height));
      const corners = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]].map(([x, y]) => `${x! / width},${y! / height}`); // prettier-ignore
      const area = readViewArea(`plate: ${corners.join(' ')}`, '')!;
      const crop = pool.acquire({ ...stamp, width: x2 - x1, height: y2 - y1 });
      for (let row = y1; row < y2; row++) {
        const line = frame.pixels.subarray((row * width + x1) * 3, (row * width + x2) * 3);
        crop.pixels.set(line, (row - y1) * (x2 - x1) * 3);
      }
      area.paint(frame.pixels, width, height);
      Object.assign(frame, { focus: area.focus(width, height) });
      assert.deepEqual(frame.focus, { x1, y1, x2, y2 });

      const inRegion = (await detectPlates(frame, undefined, network, options)).plates;
      const inCrop = (await detectPlates(crop, undefined, network, options)).plates;
      assert.ok(inCrop.length > 0);
      assert.equal(inRegion.length, inCrop.length);
      for (const [index, { box, confidence }] of inRegion.entries()) {
        const same = inCrop[index]!;
        // Scaling looks a pixel beyond the region, where the crop ends and the frame goes on in grey.
        assert.ok(Math.abs(confidence - same.confidence) < 0.02, `${confidence} and ${same.confidence}`);
        for (const side of ['x1', 'y1', 'x2', 'y2'] as const) {
          const shift = side.startsWith('x') ? x1 : y1;
          assert.ok(Math.abs(box[side] - shift - same.box[side]) < 1, `${side}: ${box[side]} and ${same.box[side]}`);
        }
      }
      assert.ok(inRegion.some(({ box }) => iou(box, plate) > 0.5));
    });
  });
});
