import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { NodeInitializer } from 'node-red';
import helper = require('node-red-node-test-helper');
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import { decodeImage } from '../../src/image/decode.js';
import type { ModelSummary } from '../../src/node-red/device-handle.js';
import type { DeviceConfigNode } from '../../src/node-red/device-link.js';
import blurGate = require('../../nodes/blur-gate/blur-gate.js');
import hailoDevice = require('../../nodes/hailo-device/hailo-device.js');
import lprnetRead = require('../../nodes/lprnet-read/lprnet-read.js');
import overlay = require('../../nodes/overlay/overlay.js');
import plateDetect = require('../../nodes/plate-detect/plate-detect.js');
import { loadFlow, settle, withRuntime, type FlowNode } from '../support/node-red-flow.js';

const pool = new FramePool();
function frame(sequence = 0): Frame {
  const made = pool.acquire({ cameraId: 'cam', sequence, timestamp: sequence, width: 320, height: 240 });
  made.pixels.fill(120);
  return made;
}

/** Worker threads that were started since this file was loaded. */
const workers: Worker[] = [];
subscribe('worker_threads', (message) => workers.push((message as { worker: Worker }).worker));
/** An ended one has no id. */
const running = (): number => workers.filter(({ threadId }) => threadId !== -1).length;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle(20);
}

const all = [hailoDevice, blurGate, lprnetRead, overlay, plateDetect] as unknown as NodeInitializer[];

describe('hailo-device', () => {
  withRuntime();

  it('runs the shipped networks for several nodes and leaves no thread behind', async function () {
    this.timeout(60_000);
    const before = running();
    const nodes: FlowNode[] = [
      { id: 'dev', type: 'alpr-hailo-device', backend: 'cpu', runtime: 'auto', workers: '1', modelDirectory: '' },
      {
        id: 'n',
        type: 'alpr-plate-detect',
        device: 'dev',
        model: 'plateflow-plate',
        confidence: 0.05,
        wires: [['gate']],
      },
      { id: 'gate', type: 'alpr-blur-gate', device: 'dev', wires: [['read']] },
      { id: 'read', type: 'alpr-lprnet-read', device: 'dev', model: 'plateflow-reader', wires: [['draw']] },
      { id: 'draw', type: 'alpr-overlay', device: 'dev', wires: [['out']] },
      { id: 'out', type: 'helper' },
    ];
    const run = await loadFlow(all, nodes, ['n', 'gate', 'read', 'draw']);
    for (let n = 0; n < 3; n++) run.receive('n', { frame: frame(n) });
    const messages = await run.inbox('out').wait(3);
    for (const [index, msg] of messages.entries()) {
      assert.equal((msg.frame as Frame).sequence, index);
      assert.ok(Array.isArray(msg.plates));
      assert.deepEqual((msg.payload as Buffer).subarray(0, 2), Buffer.from([0xff, 0xd8]));
      assert.deepEqual(Object.keys(msg.timings!), ['plateDetect', 'sharpness', 'read', 'overlay']);
    }
    assert.equal(run.inbox('errors').messages.length, 0);
    assert.equal(running(), before + 1);
    const device = (run.node('dev') as DeviceConfigNode).alpr;
    assert.match(device.describe()!, /^CPU, ONNX Runtime .*\((native|wasm)\), 1 worker$/);
    await helper.clearFlows();
    await until(() => running() === before);
    for (const msg of messages) assert.equal((msg.frame as Frame).lease.holders, 0);
  });

  it('fails with the names of the models that there are when the chosen one is not among them', async () => {
    const run = await loadFlow(all, [
      { id: 'dev', type: 'alpr-hailo-device' },
      { id: 'n', type: 'alpr-plate-detect', device: 'dev', model: 'plateflow-plat', wires: [[]] },
    ]);
    run.receive('n', { frame: frame() });
    const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
    assert.match(error.message, /Expected one of the models .*plateflow-plate.* but received "plateflow-plat"/);
    assert.equal(error.code, 'ALPR_MODEL');
    assert.deepEqual(run.statuses('n').at(-1), { fill: 'red', shape: 'ring', text: 'model' });
  });

  const broken: [Record<string, unknown>, RegExp][] = [
    [{ workers: 'two' }, /Expected a whole number from 1 to 64 for workers but received "two"/],
    [{ workers: 0 }, /Expected a whole number from 1 to 64 for workers but received 0/],
    [{ runtime: 'fast' }, /Expected one of auto, native, wasm for runtime but received "fast"/],
    [
      { backend: 'hailo', hailoTimeout: 5 },
      /Expected a whole number from 100 to 60000 for hailoTimeout but received 5/,
    ],
    [{ hailoService: true }, /Expected the group's name .* for hailoGroup but received nothing/],
    [{ backend: 'gpu' }, /Expected one of auto, cpu, hailo for backend but received "gpu"/],
  ];
  for (const [settings, expected] of broken) {
    it(`tells its users that ${JSON.stringify(settings)} cannot be`, async () => {
      const run = await loadFlow(all, [
        { id: 'dev', type: 'alpr-hailo-device', ...settings },
        { id: 'n', type: 'alpr-plate-detect', device: 'dev', wires: [[]] },
      ]);
      run.receive('n', { frame: frame() });
      const error = (await run.inbox('errors').first())['error'] as { message: string; code: string };
      assert.match(error.message, expected);
      assert.equal(error.code, 'ALPR_SETTINGS');
    });
  }

  describe('what the dialogs ask', () => {
    it('lists the shipped models, with or without a device', async () => {
      await loadFlow(all, [{ id: 'dev', type: 'alpr-hailo-device' }], []);
      for (const query of ['', '?device=dev', '?device=unknown']) {
        const { body, headers } = await helper.request().get(`/hailo-alpr/models${query}`).expect(200);
        const tasks = new Map((body as ModelSummary[]).map(({ name, task, available }) => [name, [task, available]]));
        assert.deepEqual(tasks.get('plateflow-plate'), ['plates', true]);
        assert.deepEqual(tasks.get('plateflow-vehicle'), ['vehicles', true]);
        assert.deepEqual(tasks.get('plateflow-reader'), ['text', true]);
        assert.equal(headers['cache-control'], 'no-store');
      }
    });

    it("reads a deployed device's folder, and none that a browser names", async () => {
      const folder = await mkdtemp(join(tmpdir(), 'alpr-models-'));
      try {
        await loadFlow(all, [{ id: 'dev', type: 'alpr-hailo-device', modelDirectory: join(folder, 'missing') }], []);
        const named = await helper.request().get('/hailo-alpr/models?device=dev').expect(200);
        const asked = await helper
          .request()
          .get(`/hailo-alpr/models?directory=${encodeURIComponent(folder)}`)
          .expect(200);
        assert.deepEqual(named.body, asked.body);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it("shows an overlay node's latest picture, and nothing of other nodes", async function () {
      this.timeout(60_000);
      const run = await loadFlow(all, [
        { id: 'dev', type: 'alpr-hailo-device', workers: 1 },
        { id: 'n', type: 'alpr-overlay', device: 'dev', maxWidth: 160, wires: [['out']] },
        { id: 'off', type: 'alpr-overlay', device: 'dev', preview: false, wires: [['out']] },
        { id: 'out', type: 'helper' },
      ]);
      await helper.request().get('/hailo-alpr/preview/n').expect(204);
      for (const id of ['off', 'dev', 'unknown']) await helper.request().get(`/hailo-alpr/preview/${id}`).expect(404);
      run.receive('off', { frame: frame() });
      run.receive('n', { frame: frame() });
      for (const msg of await run.inbox('out').wait(2)) assert.equal(msg['contentType'], 'image/jpeg');
      const { body, headers } = await helper.request().get('/hailo-alpr/preview/n').expect(200);
      assert.equal(headers['content-type'], 'image/jpeg');
      assert.equal(headers['cache-control'], 'no-store');
      const shown = await decodeImage(body as Buffer, { cameraId: 'x', sequence: 0, timestamp: 0 });
      assert.deepEqual([shown.width, shown.height], [160, 120]);
      await helper.request().get('/hailo-alpr/preview/off').expect(404);
      await helper.clearFlows();
      await helper.request().get('/hailo-alpr/preview/n').expect(404);
    });
  });
});
