import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { PRESETS } from '../../src/node-red/presets.js';
import { plateVoting } from '../../src/reading/vote.js';
import { Tracker } from '../../src/tracking/tracker.js';
import { TRACKER_DEFAULTS } from '../../src/tracking/options.js';
import { VISIT_DEFAULTS } from '../../src/events/options.js';

const root = join(__dirname, '..', '..');

/** The defaults that a node's editor file declares. */
function declaredDefaults(type: string): Record<string, { value: unknown; validate?: unknown }> {
  const name = type.replace('alpr-', '');
  const html = readFileSync(join(root, 'nodes', name, `${name}.html`), 'utf8');
  const definitions = new Map<string, { defaults: Record<string, { value: unknown }> }>();
  const RED = {
    nodes: { registerType: (id: string, definition: never) => void definitions.set(id, definition) },
    _: String,
  };
  for (const [, script] of html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g))
    runInNewContext(script!, { RED });
  return definitions.get(type)!.defaults;
}

describe('The presets', () => {
  const types = Object.keys(PRESETS.plateflow);

  it('name the same settings of the same nodes', () => {
    const settings = Object.values(PRESETS).map((preset) =>
      Object.entries(preset).map(([type, values]) => [type, Object.keys(values).sort()]),
    );
    assert.deepEqual(settings[0], settings[1]);
  });

  for (const type of types) {
    it(`have for ${type}, as Plateflow's, the defaults of its dialog`, () => {
      const declared = declaredDefaults(type);
      for (const [setting, value] of Object.entries(PRESETS.plateflow[type]!)) {
        assert.equal(declared[setting]?.value, value, setting);
      }
    });
  }

  it("have, as Plateflow's, what tracker and visits do by themselves", () => {
    for (const [type, defaults] of [
      ['alpr-tracker', TRACKER_DEFAULTS],
      ['alpr-plate-out', VISIT_DEFAULTS],
    ] as const) {
      for (const [setting, value] of Object.entries(PRESETS.plateflow[type]!)) {
        assert.equal(value === '' ? undefined : value, defaults[setting as never], `${type} ${setting}`);
      }
    }
  });

  it("have, as TAPPAS's, the constants of its licence plate application", () => {
    const { tappas } = PRESETS;
    const of = (type: string, ...settings: string[]): unknown[] =>
      settings.map((name) => tappas[`alpr-${type}`]![name]);
    assert.deepEqual(of('vehicle-detect', 'confidence', 'iou'), [0.3, 0.45]);
    assert.deepEqual(of('plate-detect', 'confidence', 'iou'), [0.3, 0.45]);
    assert.deepEqual(of('plate-detect', 'minVehicleArea', 'minVehicleBottom'), [40_000, 0.75]);
    assert.equal(tappas['alpr-tracker']!['kalmanDistance'], 0.5);
    // TAPPAS caps 1 − IoU: 0.6, and 0.9 for new tracks.
    const overlaps = of('tracker', 'iouThreshold', 'newIouThreshold').map((overlap) => 1 - (overlap as number));
    assert.deepEqual(overlaps, [0.6, 0.9]);
    assert.deepEqual(of('tracker', 'keepTrackedFrames', 'keepNewFrames', 'keepLostFrames'), [2, 2, 2]);
    assert.deepEqual(of('blur-gate', 'minSharpness'), [100]);
    // TAPPAS wants a mean of 0.9 over seven characters: so sure are they together.
    const sure = Number((0.9 ** 7).toFixed(2));
    assert.deepEqual(of('lprnet-read', 'minConfidence', 'minLength'), [sure, 7]);
    assert.deepEqual(of('plate-out', 'minConfidence', 'minLength'), [sure, 7]);
    assert.deepEqual(of('tracker', 'settleConfidence'), [sure]);
  });

  it("let, as TAPPAS's, the first sure reading of a vehicle stand, however near it comes", () => {
    const tracker = new Tracker(PRESETS.tappas['alpr-tracker'] as object, plateVoting);
    const size = { width: 1920, height: 1080 };
    const car = (scale: number) => ({
      box: { x1: 0, y1: 0, x2: 80 * scale, y2: 60 * scale },
      label: 'car',
      confidence: 1,
    });
    tracker.update([car(1)], 0, size);
    const characters = [...'1234567'].map((text) => ({ text, confidence: 0.91 }));
    const reading = { text: '1234567', confidence: 0.91 ** 7, characters, candidates: [], lines: 1 as const };
    tracker.addReading(1, reading, { width: 60, height: 12, timestamp: 0 });
    for (let step = 1; step <= 30; step++) tracker.update([car(1.1 ** step)], 40 * step, size);
    assert.deepEqual(tracker.shouldRead(1), { read: false, reason: 'settled' });
    assert.equal(tracker.settledPlate(1)?.text, '1234567');
  });
});
