import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { startOnnxBackend, writeOnnxHefs, type OnnxBackend } from '../support/hailort-stub/onnx-backend.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../support/hailort-stub/stub.js';
import { packageRoot } from '../support/node-red-process.js';
import { exampleFlow, onlyNode, recordFlow, type FlowNode } from './recorded-flow.js';

interface Truth {
  vehicles: { name: string; text: string; readable: boolean }[];
}

const samples = path.join(packageRoot, 'samples');
const truth = JSON.parse(fs.readFileSync(path.join(samples, 'truth.json'), 'utf8')) as Truth;
const readable = truth.vehicles.filter((vehicle) => vehicle.readable).map(({ text }) => text);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

/**
 * The demo's plates "on Hailo": a real Node-RED, the stub of libhailort and, behind it, the shipped networks. What only a real
 * chip can show (quantised weights, its speed) is not shown here.
 */
describe('The shipped flow on a simulated Hailo-8', function () {
  this.timeout(300_000);
  let backend: OnnxBackend;
  let stub: Stub;

  before(async function () {
    skipWithoutCompiler(this);
    if (!hasFfmpeg && process.env['CI'] === undefined) {
      console.log('    skipped: the clip needs ffmpeg, which is not installed');
      this.skip();
    }
    backend = await startOnnxBackend();
    stub = makeStub({ version: '4.23.0', backend: backend.socket });
    fs.mkdirSync(models());
    // Without a suffix they take the place of the shipped models, so that the flow needs no other change than its device.
    writeOnnxHefs(models(), { suffix: '' });
  });

  after(async () => {
    await backend?.close();
    stub?.remove();
  });

  const models = (): string => path.join(stub.folder, 'models');

  function onHailo(number: string): FlowNode[] {
    const flow = exampleFlow(number, { source: 'video', path: path.join(samples, 'road.mp4') });
    const device = onlyNode(flow, 'alpr-hailo-device');
    Object.assign(device, { backend: 'hailo', hailoLibrary: stub.path, modelDirectory: models() });
    return flow;
  }

  it('reads the plates that it reads on the CPU, each once, without a wrong one', async () => {
    const flow = onHailo('02');
    const out = onlyNode(flow, 'alpr-plate-out').id;
    const { outputs, errors } = await recordFlow(
      flow,
      [{ id: out, output: 0 }],
      onlyNode(flow, 'alpr-lprnet-read').id,
      280_000,
    );
    assert.deepEqual(errors, []);
    const finals = outputs[0]!.map(({ payload }) => payload as PlateEvent).filter(({ event }) => event === 'final');
    assert.deepEqual(finals.map(({ plate }) => plate).sort(), [...readable].sort());

    const stats = stub.stats();
    assert.ok(
      Object.values(stats.frames).every((frames) => frames > 0),
      JSON.stringify(stats.frames),
    );
    assert.equal(Object.keys(stats.frames).length, 3, 'all three networks ran on the device');
    assert.deepEqual([stats.misuse, stats.problems], [[], []]);
    assert.deepEqual(
      Object.entries(stats.live).filter(([, count]) => count > 0),
      [],
      'nothing is left open when Node-RED has stopped',
    );
    assert.deepEqual(stats.mainThread, {}, "the library is never called from Node-RED's own thread");
  });
});
