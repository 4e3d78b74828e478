import assert from 'node:assert/strict';
import { type DeviceSettings, acquireDevice } from '../../src/device/shared';
import { ModelFolder, sharedPicture } from '../support/model-folder';
import { buildOnnxModel } from '../support/onnx';

describe('Shared devices', () => {
  const pairs: { name: string; a: DeviceSettings; b: DeviceSettings; same: boolean }[] = [
    {
      name: 'are one for equal settings',
      a: { backend: 'cpu', runtime: 'auto', workers: 1 },
      b: { backend: 'cpu', runtime: 'auto', workers: 1 },
      same: true,
    },
    {
      name: 'are one for equal settings of the Hailo, whatever their order',
      a: { backend: 'hailo', runtime: 'auto', hailo: { deviceId: '0000:01:00.0', timeoutMs: 2000 } },
      b: { backend: 'hailo', runtime: 'auto', hailo: { timeoutMs: 2000, deviceId: '0000:01:00.0' } },
      same: true,
    },
    {
      name: 'are one for the CPU whatever the settings of the Hailo',
      a: { backend: 'cpu', runtime: 'auto', hailo: { timeoutMs: 2000 } },
      b: { backend: 'cpu', runtime: 'auto' },
      same: true,
    },
    {
      name: 'are two for different settings of the Hailo',
      a: { backend: 'auto', runtime: 'auto', hailo: { timeoutMs: 2000 } },
      b: { backend: 'auto', runtime: 'auto' },
      same: false,
    },
    {
      name: 'are two for auto and the CPU',
      a: { backend: 'auto', runtime: 'auto' },
      b: { backend: 'cpu', runtime: 'auto' },
      same: false,
    },
    {
      name: 'are two for different numbers of workers',
      a: { backend: 'cpu', runtime: 'auto', workers: 1 },
      b: { backend: 'cpu', runtime: 'auto', workers: 2 },
      same: false,
    },
    {
      name: 'are two for different runtimes',
      a: { backend: 'cpu', runtime: 'native' },
      b: { backend: 'cpu', runtime: 'wasm' },
      same: false,
    },
  ];
  for (const { name, a, b, same } of pairs) {
    it(name, async () => {
      const [first, second] = [acquireDevice(a), acquireDevice(b)];
      assert.equal(first.device === second.device, same);
      await Promise.all([first.release(), second.release()]);
    });
  }

  it('close when the last hold is released and work in flight is done, and are made anew after that', async () => {
    const folder = new ModelFolder();
    const manifest = folder.add(
      'mirror',
      buildOnnxModel({
        inputs: [{ name: 'image', type: 'uint8', dims: [1, 1, 1, 3] }],
        outputs: [{ name: 'same', type: 'uint8', dims: [1, 1, 1, 3] }],
        nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['same'] }],
      }),
      {
        input: { width: 1, height: 1, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'stretch' },
        output: { decoder: 'tensors' },
      },
    );
    const settings: DeviceSettings = { backend: 'cpu', runtime: 'native', workers: 1 };
    const first = acquireDevice(settings);
    const second = acquireDevice(settings);
    const network = await first.device.open(manifest);
    await first.release();
    await first.release();
    const request = { source: sharedPicture(1, 1, [1, 2, 3]), views: [], fairKey: 'a' };
    assert.equal((await network.run(request)).results.length, 1);

    const running = network.run(request);
    const released = second.release();
    assert.equal((await running).results.length, 1);
    await released;
    await assert.rejects(network.run(request), { code: 'ALPR_WORKER' });

    const third = acquireDevice(settings);
    assert.notEqual(third.device, first.device);
    await third.release();
    folder.remove();
  });

  for (const backend of ['auto', 'hailo'] as const) {
    it(`of the back end ${backend} share the workers of the CPU, and let go of them when they close`, async () => {
      const cpu = acquireDevice({ backend: 'cpu', runtime: 'native', workers: 1 });
      const other = acquireDevice({ backend, runtime: 'native', workers: 1 });
      assert.equal(other.device.pixels, cpu.device.pixels);
      const { device } = cpu;
      await cpu.release();
      const box = { x1: 0, y1: 0, x2: 1, y2: 1 };
      const source = sharedPicture(1, 1, [1, 2, 3]);
      assert.equal((await other.device.pixels.sharpness(source, [box], 'a')).length, 1);
      await other.release();
      await assert.rejects(device.pixels.sharpness(source, [box], 'a'), { code: 'ALPR_WORKER' });
    });
  }

  it('refuse settings that no device takes, and hold nothing of them', async () => {
    const wrong: DeviceSettings = { backend: 'auto', runtime: 'native', workers: 1, hailo: { timeoutMs: 1 } };
    assert.throws(() => acquireDevice(wrong), /hailo\.timeoutMs/);
    const cpu = acquireDevice({ backend: 'cpu', runtime: 'native', workers: 1 });
    const { pixels } = cpu.device;
    await cpu.release();
    const source = sharedPicture(1, 1, [1, 2, 3]);
    await assert.rejects(pixels.sharpness(source, [{ x1: 0, y1: 0, x2: 1, y2: 1 }], 'a'), { code: 'ALPR_WORKER' });
  });

  it('refuse a back end that there is not', () => {
    assert.throws(() => acquireDevice({ backend: 'gpu' as 'cpu', runtime: 'auto' }), {
      message: 'Expected one of auto, cpu, hailo for backend but received gpu',
    });
  });
});
