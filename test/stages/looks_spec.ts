import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { iou } from '../../src/detection/boxes.js';
import type { Box, Plate } from '../../src/detection/types.js';
import type { Network } from '../../src/device/device.js';
import { acquireDevice } from '../../src/device/shared.js';
import type { Frame } from '../../src/frame/frame.js';
import { decodeImage } from '../../src/image/decode.js';
import { Catalogue } from '../../src/models/catalogue.js';
import { detectPlates, type PlateDetectOptions } from '../../src/stages/plate-detect.js';
import { plateInCrop } from '../../src/stages/plate-in-crop.js';

const samples = resolve(__dirname, '../../samples');

interface Truth {
  frames: { picture?: string; sights: { vehicle: number; corners?: [number, number][] }[] }[];
}

/** A plate of a drawn scene, and a picture of it that it fills to 1 / `around` of the width. */
async function closeUp(name: string, vehicle: number, around: number): Promise<{ frame: Frame; plate: Box }> {
  const truth = JSON.parse(readFileSync(join(samples, 'truth.json'), 'utf8')) as Truth;
  const corners = truth.frames
    .find(({ picture }) => picture?.endsWith(name))!
    .sights.find((sight) => sight.vehicle === vehicle)!.corners!;
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x1, x2] = [Math.min(...xs), Math.max(...xs)];
  const [y1, y2] = [Math.min(...ys), Math.max(...ys)];
  const width = Math.round(around * (x2 - x1));
  const height = Math.round(0.7 * width);
  const [left, top] = [Math.round((x1 + x2 - width) / 2), Math.round((y1 + y2 - height) / 2)];
  const file = join(samples, 'pictures', name);
  const bytes = await sharp(file).extract({ left, top, width, height }).toBuffer();
  const frame = await decodeImage(bytes, { cameraId: 'close-up', sequence: 0, timestamp: 0, still: true });
  return { frame, plate: { x1: x1 - left, y1: y1 - top, x2: x2 - left, y2: y2 - top } };
}

describe('Looks at a drawn plate that fills the picture', () => {
  const device = acquireDevice({ backend: 'cpu', runtime: 'auto' });
  let network: Network;
  before(async () => {
    network = await device.device.open(new Catalogue([]).get('plateflow-plate'));
  });
  after(async () => {
    await network.close();
    await device.release();
  });

  async function plates(frame: Frame, looks: PlateDetectOptions['looks']): Promise<Plate[]> {
    return (await detectPlates(frame, undefined, network, { where: 'frame', frameEvery: 1, tracked: false, looks }))
      .plates;
  }

  for (const [name, vehicle] of [
    ['04.jpg', 1],
    ['08.jpg', 3],
  ] as const) {
    it(`finds the plate in ${name} whole with two looks, in pieces with one`, async () => {
      const { frame, plate } = await closeUp(name, vehicle, 1.25);
      const [once, twice, auto] = [await plates(frame, 'one'), await plates(frame, 'two'), await plates(frame, 'auto')];
      assert.ok(once.length !== 1 || iou(once[0]!.box, plate) < 0.7, 'one look does, and the spec shows nothing');
      assert.equal(twice.length, 1);
      assert.ok(iou(twice[0]!.box, plate) > 0.8);
      assert.deepEqual(auto, twice, 'a picture by itself gets two looks');
    });

    it(`finds the plate in ${name} cut out with a rim around it`, async () => {
      const { frame, plate } = await closeUp(name, vehicle, 1.25);
      const found = await plateInCrop(frame, network);
      assert.ok(found?.corners);
      assert.ok(iou(found.box, plate) > 0.7);
    });
  }

  it('finds no plate in a crop that shows none', async () => {
    const grey = await sharp({ create: { width: 160, height: 80, channels: 3, background: '#777' } })
      .png()
      .toBuffer();
    const frame = await decodeImage(grey, { cameraId: 'grey', sequence: 0, timestamp: 0, still: true });
    assert.equal(await plateInCrop(frame, network), undefined);
  });
});
