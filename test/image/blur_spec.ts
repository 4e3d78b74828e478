import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corners } from '../../src/detection/types.js';
import { cpuDevice, type CpuDevice } from '../../src/device/cpu/cpu-device.js';
import type { Network } from '../../src/device/device.js';
import { framePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import { blurRegions, type BlurRegion } from '../../src/image/blur.js';
import { PLATE_MARGIN } from '../../src/overlay/concealment.js';
import { decodeImage } from '../../src/image/decode.js';
import { ImageError } from '../../src/image/errors.js';
import { loadManifest } from '../../src/models/load.js';
import { editDistance } from '../../src/reading/normalise.js';
import { seededRandom } from '../support/random.js';

const root = join(__dirname, '..', '..');

interface Truth {
  vehicles: { id: number; text: string; readable: boolean }[];
  frames: { picture?: string; sights: { vehicle: number; corners?: [number, number][] }[] }[];
}

/** Noise, in which every pixel that changes shows. */
function noise(width: number, height: number) {
  const random = seededRandom(5);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256));
  return { pixels, width, height };
}

/** Whether the pixels of a picture changed, row by row. */
function changes(before: Uint8Array, after: Uint8Array, width: number): (x: number, y: number) => boolean {
  return (x, y) =>
    [0, 1, 2].some((channel) => before[(y * width + x) * 3 + channel] !== after[(y * width + x) * 3 + channel]);
}

describe('Blurring', () => {
  const areas: [string, BlurRegion, [number, number, number, number]][] = [
    ['a box', { box: { x1: 20, y1: 10, x2: 60, y2: 24 } }, [20, 10, 60, 24]],
    ['a box between pixels, to the next ones', { box: { x1: 20.5, y1: 10.2, x2: 59.1, y2: 23.01 } }, [20, 10, 60, 24]],
    ['a box and its margin', { box: { x1: 30, y1: 20, x2: 50, y2: 28 }, margin: 0.25 }, [25, 18, 55, 30]],
    ['what lies in the picture of a box over its corner', { box: { x1: -30, y1: -9, x2: 12, y2: 8 } }, [0, 0, 12, 8]],
    ['all', { box: { x1: -1e9, y1: -1e9, x2: 1e9, y2: 1e9 } }, [0, 0, 90, 50]],
    ['a single pixel', { box: { x1: 7, y1: 7, x2: 8, y2: 8 } }, [7, 7, 8, 8]],
    ['a column', { box: { x1: 7, y1: 2, x2: 8, y2: 49 } }, [7, 2, 8, 49]],
    [
      'the upright box around corners',
      {
        corners: [
          { x: 22, y: 10 },
          { x: 58, y: 12 },
          { x: 60, y: 24 },
          { x: 20, y: 21 },
        ],
      },
      [20, 10, 60, 24],
    ],
  ];
  for (const [name, region, [x1, y1, x2, y2]] of areas) {
    it(`changes ${name}, and no pixel outside`, () => {
      const picture = noise(90, 50);
      const before = picture.pixels.slice();
      blurRegions(picture, [region]);
      const changed = changes(before, picture.pixels, 90);
      let inside = 0;
      for (let y = 0; y < 50; y++) {
        for (let x = 0; x < 90; x++) {
          const isInside = x >= x1 && x < x2 && y >= y1 && y < y2;
          if (!isInside) assert.equal(changed(x, y), false, `${x},${y}`);
          else if (changed(x, y)) inside++;
        }
      }
      // Chance leaves a few pixels of noise as they were.
      assert.ok(inside >= 0.97 * (x2 - x1) * (y2 - y1), `${inside} pixels changed`);
    });
  }

  it('leaves the picture alone where the region lies beside it', () => {
    const picture = noise(40, 30);
    const before = picture.pixels.slice();
    blurRegions(picture, [{ box: { x1: 40, y1: 0, x2: 60, y2: 30 } }, { box: { x1: -9, y1: -9, x2: 0, y2: 0 } }]);
    blurRegions(picture, []);
    assert.deepEqual(picture.pixels, before);
  });

  it('leaves six colours, of 16 steps each, blended into each other', () => {
    const picture = noise(160, 60);
    const area = { x1: 5, y1: 6, x2: 155, y2: 54 };
    blurRegions(picture, [{ box: area }]);
    const at = (x: number, y: number) => picture.pixels[(y * 160 + x) * 3]!;
    // The outer quarter of a row lies beyond the first cell's centre and is one colour, a whole step.
    for (const y of [6, 53]) assert.equal(at(5, y) % 16, 8);
    for (let y = area.y1; y < area.y2; y++) {
      for (let x = area.x1; x < area.x2; x++) {
        // Cells are 50 × 24 pixels: from one to the next, 255 levels at most.
        if (x + 1 < area.x2) assert.ok(Math.abs(at(x + 1, y) - at(x, y)) <= Math.ceil(255 / 50) + 1);
        if (y + 1 < area.y2) assert.ok(Math.abs(at(x, y + 1) - at(x, y)) <= Math.ceil(255 / 24) + 1);
      }
    }
  });

  it('makes the same of pictures that differ in the place of their ink only', () => {
    const plate = (bars: number[]) => {
      const picture = { pixels: new Uint8Array(120 * 24 * 3).fill(210), width: 120, height: 24 };
      // Upright bars two pixels wide, as many in each third.
      for (const x of bars) {
        for (let y = 4; y < 20; y++) picture.pixels.fill(20, (y * 120 + x) * 3, (y * 120 + x + 2) * 3);
      }
      blurRegions(picture, [{ box: { x1: 0, y1: 0, x2: 120, y2: 24 } }]);
      return picture.pixels;
    };
    assert.deepEqual(plate([4, 10, 16, 50, 60, 70, 90, 100, 110]), plate([6, 20, 30, 44, 52, 76, 84, 92, 100]));
  });

  for (const value of [NaN, Infinity, -Infinity]) {
    it(`refuses ${value} for a coordinate before it has touched anything`, () => {
      const picture = noise(40, 30);
      const before = picture.pixels.slice();
      const regions: BlurRegion[] = [
        { box: { x1: 1, y1: 1, x2: 20, y2: 20 } },
        { box: { x1: 1, y1: value, x2: 20, y2: 20 } },
      ];
      assert.throws(
        () => blurRegions(picture, regions),
        (error: ImageError) =>
          error.code === 'ALPR_IMAGE_ARGUMENT' &&
          /Expected finite numbers for the region to blur 2/.test(error.message),
      );
      assert.deepEqual(picture.pixels, before);
    });
  }

  describe('of plates that our reader reads', function () {
    this.timeout(120_000);
    let device: CpuDevice;
    let reader: Network;
    before(async () => {
      device = cpuDevice({ runtime: 'auto', workers: 1 });
      reader = await device.open(loadManifest(join(root, 'models', 'plateflow-reader.json')));
    });
    after(async () => {
      await reader.close();
      await device.close();
    });

    async function texts(frame: Frame, corners: Corners[], margin: number): Promise<string[][]> {
      const views = corners.map((quad) => ({ corners: quad, margin }));
      const { results } = await reader.run({ source: frame, views, fairKey: 'test' });
      return results.map((result) => {
        assert.ok(result.kind === 'reading');
        return [result.reading.text, ...result.reading.candidates.map(({ text }) => text)];
      });
    }

    it('leaves nothing that it could read, in any of the sample pictures', async () => {
      const truth = JSON.parse(readFileSync(join(root, 'samples', 'truth.json'), 'utf8')) as Truth;
      let read = 0;
      for (const { picture, sights } of truth.frames) {
        if (picture === undefined) continue;
        const file = readFileSync(join(root, 'samples', 'pictures', picture));
        const frame = await decodeImage(file, { cameraId: 'cam', sequence: 0, timestamp: 0 });
        const plates = sights.flatMap(({ vehicle, corners }) => {
          const known = truth.vehicles.find(({ id }) => id === vehicle);
          return corners === undefined || known === undefined
            ? []
            : [{ text: known.text, corners: corners.map(([x, y]) => ({ x, y })) as Corners }];
        });
        const quads = plates.map(({ corners }) => corners);
        const sharp = await texts(frame, quads, 0.08);
        blurRegions(
          frame,
          quads.map((corners) => ({ corners, margin: PLATE_MARGIN })),
        );
        for (const margin of [0, 0.08, 0.25]) {
          const blurred = await texts(frame, quads, margin);
          for (const [index, { text }] of plates.entries()) {
            if (sharp[index]![0] === text) read++;
            const nearest = Math.min(...blurred[index]!.map((candidate) => editDistance(candidate, text)));
            assert.ok(nearest >= text.length - 2, `${picture}: ${text} as ${blurred[index]!.join(', ')}`);
          }
        }
        framePool().recycle(frame);
      }
      assert.ok(read >= 3 * 8, `only ${read} readings of sharp plates: the test says little`);
    });
  });
});
