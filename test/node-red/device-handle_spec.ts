import assert from 'node:assert/strict';
import type { Device } from '../../src/device/device.js';
import { DeviceHandle, type DeviceProvider } from '../../src/node-red/device-handle.js';
import { shortDevice } from '../../src/node-red/device-link.js';
import { FakeNetwork } from '../support/fake-network.js';

/** A provider that counts what is open. */
function provider(failures = 0) {
  const state = { acquired: 0, released: 0, networksClosed: 0 };
  let left = failures;
  const network = new FakeNetwork(() => []);
  network.close = async () => void (state.networksClosed += 1);
  const device = {
    kind: 'cpu',
    describe: () => 'CPU, ONNX Runtime 1.30.0 (wasm), 1 worker',
    open: async () => network,
    pixels: {},
    close: async () => undefined,
  } as unknown as Device;
  const made: DeviceProvider = {
    acquire: async () => {
      if (left-- > 0) throw new Error('no library');
      state.acquired += 1;
      return { device, release: async () => void (state.released += 1) };
    },
    manifest: async () => network.manifest,
    models: async () => [],
  };
  return { made, state };
}

describe('DeviceHandle', () => {
  it('opens nothing until somebody needs it, and the device once for all', async () => {
    const { made, state } = provider();
    const handle = new DeviceHandle(made);
    assert.equal(handle.describe(), undefined);
    assert.equal(state.acquired, 0);
    const [first, second, pixels] = await Promise.all([handle.open('a'), handle.open('b'), handle.openPixels()]);
    assert.equal(state.acquired, 1);
    assert.equal(handle.describe(), 'CPU, ONNX Runtime 1.30.0 (wasm), 1 worker');
    await Promise.all([first.close(), second.close(), pixels.close()]);
    assert.equal(state.released, 0);
    await handle.close();
    assert.equal(state.released, 1);
  });

  it('waits with closing for its users, who close at the same time', async () => {
    const { made, state } = provider();
    const handle = new DeviceHandle(made);
    const network = await handle.open('a');
    let closed = false;
    const closing = handle.close().then(() => (closed = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual([closed, state.released], [false, 0]);
    await network.close();
    await closing;
    assert.deepEqual([closed, state.released, state.networksClosed], [true, 1, 1]);
  });

  it('does not wait for ever', async () => {
    const { made, state } = provider();
    const handle = new DeviceHandle(made);
    await handle.open('a');
    await handle.close(20);
    assert.equal(state.released, 1);
  });

  it('counts a network once however often it is closed', async () => {
    const { made, state } = provider();
    const handle = new DeviceHandle(made);
    const [first, second] = [await handle.open('a'), await handle.open('a')];
    await first.close();
    await first.close();
    assert.equal(state.networksClosed, 1);
    let closed = false;
    const closing = handle.close().then(() => (closed = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(closed, false);
    await second.close();
    await closing;
  });

  it('opens nothing new once it is being closed', async () => {
    const { made, state } = provider();
    const handle = new DeviceHandle(made);
    await handle.close();
    await assert.rejects(handle.open('a'), { code: 'ALPR_CLOSED' });
    await assert.rejects(handle.openPixels(), { code: 'ALPR_CLOSED' });
    assert.deepEqual([state.acquired, state.released], [0, 0]);
  });

  it('tries again after a failure, and closes at once when nothing was opened', async () => {
    const { made, state } = provider(1);
    const handle = new DeviceHandle(made);
    await assert.rejects(handle.open('a'), { message: 'no library' });
    const network = await handle.open('a');
    await network.close();
    await handle.close();
    assert.deepEqual([state.acquired, state.released], [1, 1]);
  });
});

describe('shortDevice', () => {
  const cpu = 'CPU, ONNX Runtime 1.30.0 (native), 2 workers';
  const hailo = 'Hailo-8L 0000:01:00.0, HailoRT 4.23.0';
  const withHailo: [string, string][] = [
    [`${hailo}, 49 °C`, 'Hailo-8L'],
    [`${hailo}, 49 °C; ${cpu}`, 'Hailo-8L or CPU'],
    [`${hailo}, lost: Expected an answer but received none`, 'Hailo-8L lost'],
    [`${hailo}, lost: gone; ${cpu}`, 'Hailo-8L lost'],
    ['Hailo (no network opened yet)', 'Hailo'],
    [`${cpu}; no Hailo: HailoRT is not installed`, 'CPU, no Hailo'],
  ];
  for (const [given, expected] of withHailo) {
    it(`shortens ${given} to ${expected}`, () => assert.equal(shortDevice(given), expected));
  }

  const cases: [string | undefined, string][] = [
    ['CPU, ONNX Runtime 1.30.0 (native), 2 workers', 'native · 2 workers'],
    ['CPU, ONNX Runtime 1.30.0 (wasm), 1 worker', 'wasm · 1 worker'],
    ['CPU, ONNX Runtime (not loaded yet), 2 workers', '2 workers'],
    ['Hailo-8L', 'Hailo-8L'],
    [undefined, 'ready'],
  ];
  for (const [given, expected] of cases) {
    it(`shortens ${given ?? 'nothing'} to ${expected}`, () => assert.equal(shortDevice(given), expected));
  }
});
