import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type CpuDevice, cpuDevice } from '../../../src/device/cpu/cpu-device';
import { loadManifest } from '../../../src/models/load';
import type { Outline } from '../../../src/overlay/drawing';
import { sharedPicture } from '../../support/model-folder';

const models = join(__dirname, '..', '..', '..', 'models');

describe('CPU device, pixel work', () => {
  let device: CpuDevice;
  before(() => {
    device = cpuDevice({ runtime: 'auto', workers: 1 });
  });
  after(() => device.close());

  // The left half is one grey, the right half stripes of one pixel.
  const striped = sharedPicture(
    200,
    60,
    Array.from({ length: 200 * 60 * 3 }, (_, i) => {
      const x = Math.floor(i / 3) % 200;
      return x < 100 ? 90 : (x % 2) * 255;
    }),
  );

  it('judges the sharpness of every box, in their order', async () => {
    const flat = { x1: 0, y1: 0, x2: 100, y2: 60 };
    const stripes = { x1: 100, y1: 0, x2: 200, y2: 60 };
    const small = { x1: 0, y1: 0, x2: 12, y2: 12 };
    const [first, second, third] = await device.pixels.sharpness(striped, [stripes, flat, small], 'camera');
    assert.ok(first! > 100, `Expected stripes to be sharp but received ${first}`);
    // One grey has no edges. The box loses 10 % on each side: 12 pixels leave 9.6, too few to judge.
    assert.equal(second, 0);
    assert.equal(third, -1);
    assert.deepEqual(await device.pixels.sharpness(striped, [], 'camera'), []);
  });

  it('draws on a copy', async () => {
    const before = new Uint8Array(striped.buffer).slice();
    const target = new SharedArrayBuffer(striped.buffer.byteLength + 100);
    await device.pixels.draw(striped, target, { shapes: [] }, 'camera');
    assert.deepEqual(new Uint8Array(target, 0, before.length), before);
    const points = [10, 10, 50, 10, 50, 40, 10, 40];
    const outline: Outline = { kind: 'outline', points, colour: [255, 0, 0], width: 3, rim: 0, dash: 0, fill: 0 };
    await device.pixels.draw(striped, target, { shapes: [outline] }, 'camera');
    const drawn = new Uint8Array(target, 0, before.length);
    const pixel = (x: number, y: number): number[] => [...drawn.subarray((y * 200 + x) * 3, (y * 200 + x) * 3 + 3)];
    assert.deepEqual(pixel(30, 10), [255, 0, 0]);
    assert.deepEqual(pixel(30, 25), [90, 90, 90]);
    assert.deepEqual(new Uint8Array(striped.buffer), before);
  });

  const refused: { name: string; call: () => Promise<unknown>; message: RegExp }[] = [
    {
      name: 'a target that is too small',
      call: () => device.pixels.draw(striped, new SharedArrayBuffer(10), { shapes: [] }, 'a'),
      message: /Expected at least 36000 bytes for target\.buffer \(200x60 RGB\) but received 10/,
    },
    {
      name: 'a box that is no number',
      call: () => device.pixels.sharpness(striped, [{ x1: 0, y1: 0, x2: Infinity, y2: 1 }], 'a'),
      message: /Expected a finite number for boxes\[0\]\.x2 but received Infinity/,
    },
    {
      name: 'a drawing that is none',
      call: () => device.pixels.draw(striped, new SharedArrayBuffer(36000), undefined, 'a'),
      message: /./,
    },
  ];
  for (const { name, call, message } of refused) {
    it(`refuses ${name}, and goes on`, async () => {
      await assert.rejects(call(), message);
      assert.deepEqual(await device.pixels.sharpness(striped, [{ x1: 0, y1: 0, x2: 100, y2: 60 }], 'a'), [0]);
    });
  }

  it('leaves the event loop free while a network runs', async () => {
    const network = await device.open(loadManifest(join(models, 'plateflow-vehicle.json')));
    const request = { source: striped, views: [], fairKey: 'camera' };
    await network.run(request);
    let turns = 0;
    let timer = setImmediate(function turn() {
      turns++;
      timer = setImmediate(turn);
    });
    const { timings } = await network.run(request);
    clearImmediate(timer);
    // Computed on this thread, the loop would turn a few times only, to deliver the result.
    assert.ok(timings.infer > 0);
    assert.ok(turns > 20, `Expected the event loop to turn while a network runs but it turned ${turns} times`);
    await network.close();
  });
});
