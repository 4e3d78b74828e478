import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Plate, Vehicle } from '../../src/detection/types.js';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { PRESETS } from '../../src/node-red/presets.js';
import { startOnnxBackend, writeOnnxHefs, type OnnxBackend } from '../support/hailort-stub/onnx-backend.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../support/hailort-stub/stub.js';
import { packageRoot } from '../support/node-red-process.js';
import { exampleFlow, onlyNode, recordFlow, type FlowNode } from './recorded-flow.js';

interface Truth {
  clip: { height: number };
  vehicles: { text: string; readable: boolean }[];
}

const samples = path.join(packageRoot, 'samples');
const truth = JSON.parse(fs.readFileSync(path.join(samples, 'truth.json'), 'utf8')) as Truth;
const readable = truth.vehicles.filter((vehicle) => vehicle.readable).map(({ text }) => text);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

/** The example's models, and which of the shipped networks the stub computes in their place. */
const standIns: Record<string, string> = {
  yolov5m_vehicles: 'plateflow-vehicle',
  tiny_yolov4_license_plates: 'plateflow-plate',
  lprnet: 'plateflow-reader',
};

type Sent = { vehicles?: Vehicle[]; plates?: Plate[]; frame?: { width: number; height: number } };

describe('The TAPPAS parity flow', () => {
  const flow = exampleFlow('09', {});

  it("has TAPPAS's number in every field that its preset names", () => {
    for (const [type, settings] of Object.entries(PRESETS.tappas)) {
      const node = onlyNode(flow, type);
      for (const [setting, value] of Object.entries(settings)) assert.equal(node[setting], value, `${type} ${setting}`);
    }
  });

  it("asks for TAPPAS's three networks, on a Hailo", () => {
    const models = flow.map((node) => node['model']).filter((model) => model !== undefined);
    assert.deepEqual(models, Object.keys(standIns));
    assert.equal(onlyNode(flow, 'alpr-hailo-device')['backend'], 'hailo');
  });
});

/** Inside a real Node-RED, on the stub of libhailort; the shipped networks stand in for Hailo's, which are not at hand. */
describe('The TAPPAS parity flow on a simulated Hailo-8', function () {
  this.timeout(300_000);
  let backend: OnnxBackend | undefined;
  let stub: Stub | undefined;
  let frames: Sent[] = [];
  let events: PlateEvent[] = [];
  let misses: PlateMiss[] = [];
  let errors: string[] = [];

  before(async function () {
    skipWithoutCompiler(this);
    if (!hasFfmpeg && process.env['CI'] === undefined) {
      console.log('    skipped: the clip needs ffmpeg, which is not installed');
      this.skip();
    }
    backend = await startOnnxBackend();
    stub = makeStub({ version: '4.23.0', backend: backend.socket });
    const flow = onStub(stub);
    const out = onlyNode(flow, 'alpr-plate-out').id;
    const read = onlyNode(flow, 'alpr-lprnet-read').id;
    const record = [
      { id: read, output: 0 },
      { id: out, output: 0 },
      { id: out, output: 1 },
    ];
    const recording = await recordFlow(flow, record, read, 280_000);
    frames = recording.outputs[0]!.filter(({ frame }) => frame !== undefined) as Sent[];
    events = recording.outputs[1]!.map(({ payload }) => payload as PlateEvent);
    misses = recording.outputs[2]!.map(({ payload }) => payload as PlateMiss);
    errors = recording.errors;
  });

  after(async () => {
    await backend?.close();
    stub?.remove();
  });

  /** The example as it ships, with the library and models of the test and the clip played once. */
  function onStub({ path: hailoLibrary, folder }: Stub): FlowNode[] {
    const modelDirectory = path.join(folder, 'models');
    writeOnnxHefs(modelDirectory, { suffix: '' });
    for (const [name, shipped] of Object.entries(standIns)) {
      const file = path.join(modelDirectory, `${shipped}.json`);
      const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
      fs.rmSync(file);
      fs.writeFileSync(path.join(modelDirectory, `${name}.json`), JSON.stringify({ ...manifest, name }));
    }
    const flow = exampleFlow('09', { source: 'video', path: path.join(samples, 'road.mp4') });
    Object.assign(onlyNode(flow, 'alpr-hailo-device'), { hailoLibrary, modelDirectory });
    return flow;
  }

  it('runs to the end of the clip without an error, all three networks on the device', () => {
    assert.deepEqual(errors, []);
    assert.equal(frames.length, 420);
    const stats = stub!.stats();
    assert.deepEqual(Object.keys(stats.frames).sort(), Object.values(standIns).sort());
    assert.equal(stats.frames['plateflow-vehicle'], 420, 'vehicles are looked for in every frame');
    assert.deepEqual([stats.misuse, stats.problems, stats.mainThread], [[], [], {}]);
    assert.deepEqual(
      Object.entries(stats.live).filter(([, count]) => count > 0),
      [],
    );
  });

  it('tells the plates of 7 characters and more, the first time they are read surely', () => {
    const finals = events.filter(({ event }) => event === 'final');
    const expected = readable.filter((text) => text.length >= 7);
    assert.deepEqual(finals.map(({ plate }) => plate).sort(), [...expected].sort());
    for (const { plate, confidence } of finals) assert.ok(confidence >= 0.48, `${plate} ${confidence}`);
  });

  it('never tells a plate of six characters, as TAPPAS cannot, and says that it is its length', () => {
    const [short, ...more] = readable.filter((text) => text.length < 7);
    assert.deepEqual(more, []);
    assert.ok(!events.some(({ plate }) => plate === short));
    assert.ok(misses.some(({ code, limit }) => code === 'length' && limit === 7));
  });

  it('looks for plates only in vehicles that are large, low and whole enough', () => {
    const limits: Record<string, number> = { small: 40_000, position: 0.75 };
    const reasons = new Set<string>();
    for (const { vehicles = [], plates = [], frame } of frames) {
      for (const [index, { box, held }] of vehicles.entries()) {
        const area = (box.x2 - box.x1) * (box.y2 - box.y1);
        const whole = box.x1 > 0 && box.y1 > 0 && box.x2 < frame!.width && box.y2 < frame!.height;
        const near = area >= 40_000 && box.y2 / frame!.height >= 0.75 && whole;
        if (near) continue;
        assert.ok(held !== undefined, JSON.stringify(box));
        if (held.limit !== undefined) assert.equal(held.limit, limits[held.code]);
        reasons.add(held.limit === undefined ? held.reason : held.code);
        // Another vehicle's crop may show it; it is not read.
        const shown = plates.filter(({ vehicle }) => vehicle === index);
        assert.ok(shown.every((plate) => plate.held !== undefined && plate.textConfidence === undefined));
      }
    }
    assert.deepEqual([...reasons].sort(), ['cut off by the edge', 'position', 'small']);
  });

  it('reads only what is sharp, and a vehicle no more once it was read surely', () => {
    const settled = new Set<number>();
    let read = 0;
    for (const { plates = [], vehicles = [] } of frames) {
      for (const { trackId, plate } of vehicles) if (plate?.settled === true) settled.add(trackId!);
      for (const { trackId, sharpness, textConfidence, held } of plates) {
        if (textConfidence === undefined) continue;
        read++;
        assert.ok(!settled.has(trackId!), `track ${trackId} was read after it was settled`);
        assert.ok(sharpness! >= 100, `sharpness ${sharpness}`);
        assert.ok(held !== undefined || textConfidence >= 0.48);
      }
    }
    assert.ok(settled.size >= 5, `${settled.size} vehicles were read`);
    assert.equal(read, stub!.stats().frames['plateflow-reader'], 'one look per plate');
  });
});
