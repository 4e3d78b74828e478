import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NodeInitializer } from 'node-red';
import { FramePool } from '../../src/frame/pool.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { detection, FakeNetwork, reading } from '../support/fake-network.js';
import { FakeAccess, fakeDevices, loadFlow, settle, withRuntime } from '../support/node-red-flow.js';
import { seededRandom } from '../support/random.js';
import blurGate = require('../../nodes/blur-gate/blur-gate.js');
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import homeAssistant = require('../../nodes/home-assistant/home-assistant.js');
import hailoInfer = require('../../nodes/hailo-infer/hailo-infer.js');
import lprnetRead = require('../../nodes/lprnet-read/lprnet-read.js');
import outbox = require('../../nodes/outbox/outbox.js');
import overlay = require('../../nodes/overlay/overlay.js');
import parking = require('../../nodes/parking/parking.js');
import plateDetect = require('../../nodes/plate-detect/plate-detect.js');
import plateList = require('../../nodes/plate-list/plate-list.js');
import plateLog = require('../../nodes/plate-log/plate-log.js');
import plateOut = require('../../nodes/plate-out/plate-out.js');
import tracker = require('../../nodes/tracker/tracker.js');
import vehicleDetect = require('../../nodes/vehicle-detect/vehicle-detect.js');

const MESSAGES = 400;
const outboxFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-random-'));
const logs = mkdtempSync(join(tmpdir(), 'alpr-log-'));

const nodes: [string, unknown, Record<string, unknown>?][] = [
  ['camera-in', cameraIn],
  ['vehicle-detect', vehicleDetect],
  ['tracker', tracker],
  ['tracker', tracker, { track: 'plates' }],
  ['plate-detect', plateDetect],
  ['blur-gate', blurGate],
  ['lprnet-read', lprnetRead],
  ['hailo-infer', hailoInfer, { on: 'plates' }],
  ['overlay', overlay, { debug: true, trails: true, lastPlates: true, caption: true }],
  ['plate-out', plateOut],
  ['home-assistant', homeAssistant],
  ['outbox', outbox, { folder: outboxFolder }],
  [
    'plate-out',
    plateOut,
    {
      imagePlate: true,
      imageVehicle: true,
      imageFrame: true,
      zones: 'a: 0,0 1,0 1,1',
      line: '0,0.5 1,0.5',
      privacy: 'plain',
    },
  ],
  ['plate-out', plateOut, { imagePlate: true, shape: 'plate-recognizer', privacy: 'listed-only', listed: 'AB12CD' }],
  ['parking', parking],
  ['plate-list', plateList, { entries: [{ plate: 'AB12CD', rule: 'allow' }] }],
  ['plate-log', plateLog, { file: join(logs, 'plates.db'), thumbnails: true }],
];

/** Messages as our nodes write them, with some of their parts replaced by anything a flow may carry. */
function messages(seed: number): () => AlprMessage {
  const random = seededRandom(seed);
  const pool = new FramePool();
  const oneOf = (...values: unknown[]): unknown => values[Math.floor(random() * values.length)];
  const anything = (): unknown =>
    oneOf(null, 0, -1, 1e9, NaN, Infinity, '', 'text', '3', [], [null], {}, true, Symbol('a'), 1n, new Map(), () => 1);
  /** Now and then another value, or none. */
  const shake = <T extends object>(entry: T): T => {
    const shaken = entry as Record<string, unknown>;
    for (const field of Object.keys(shaken)) {
      const roll = random();
      if (roll < 0.04) shaken[field] = anything();
      else if (roll < 0.08) delete shaken[field];
    }
    return entry;
  };
  const box = (): object => shake({ x1: 8 + 4 * random(), y1: 8, x2: 40, y2: 20 });
  const texts = (): object[] => [shake({ text: 'A', confidence: 0.9 })];
  const lists = (): object => ({ characters: texts(), candidates: texts() });
  const vote = (): object =>
    shake({ text: 'AB12CD', confidence: 0.9, reads: 3, agreeing: 3, settled: random() < 0.5, ...lists() });
  const held = (): unknown => (random() < 0.3 ? shake({ code: 'small', reason: 'small' }) : undefined);
  const corners = (): object[] => [8, 40, 40, 8].map((x, index) => shake({ x, y: index < 2 ? 8 : 20 }));
  const vehicle = (): object =>
    shake({ box: box(), label: 'car', confidence: 0.9, trackId: oneOf(1, 2), plate: vote(), held: held() });
  const plate = (): object =>
    shake({
      ...{ box: box(), corners: corners(), confidence: 0.9, vehicle: oneOf(0, 1, 99), trackId: oneOf(1, 2, 3) },
      ...{ text: 'AB12CD', textConfidence: 0.95, sharpness: 120, held: held(), vote: vote(), reread: true, ...lists() },
    });
  const departed = (): object =>
    shake({ trackId: 1, label: 'car', box: box(), firstSeen: 1000, lastSeen: 2000, frames: 9, plate: vote() });
  const some = (make: () => object): object[] => Array.from({ length: Math.floor(random() * 3) }, make);
  let sequence = 0;
  return () => {
    const stamp = { cameraId: 'cam', sequence: sequence++, timestamp: 1000 + 40 * sequence };
    const control = random() < 0.1 ? { complete: true, reset: random() < 0.5, departed: some(departed) } : undefined;
    return shake({
      topic: 'cam',
      ...(control ?? { frame: pool.acquire({ ...stamp, width: 64, height: 48 }), departed: some(departed) }),
      vehicles: some(vehicle),
      plates: some(plate),
      tracker: 't',
      timings: { decode: 1 },
      payload: anything(),
    }) as AlprMessage;
  };
}

describe('Random messages', () => {
  withRuntime();
  after(() => fs.rmSync(outboxFolder, { recursive: true, force: true }));
  after(() => rmSync(logs, { recursive: true, force: true }));

  for (const [index, [type, initializer, settings = {}]] of nodes.entries()) {
    it(`are each answered once by ${type}, and errors say what was expected ${JSON.stringify(settings)}`, async () => {
      const network = new FakeNetwork(({ views }) =>
        Array.from({ length: Math.max(1, views.length) }, () =>
          type === 'lprnet-read'
            ? { kind: 'reading' as const, reading: reading('AB12CD') }
            : { kind: 'detections' as const, detections: [detection(8, 8, 40, 20)] },
        ),
      );
      const pixels = {
        sharpness: async (_: unknown, boxes: unknown[]) => boxes.map(() => 150),
        // What a worker is told must be able to cross to it.
        draw: async (...[, , drawing]: unknown[]) => void structuredClone(drawing),
      };
      fakeDevices.set('dev', new FakeAccess({ network: () => network, pixels }));
      const run = await loadFlow(
        [initializer as NodeInitializer],
        [
          { id: 'dev', type: 'fake-device' },
          { id: 'n', type: `alpr-${type}`, device: 'dev', model: 'any', ...settings, wires: [['out'], []] },
          { id: 'out', type: 'helper' },
        ],
      );
      const answered = (): number => run.inbox('completed').messages.length + run.inbox('errors').messages.length;
      const next = messages(1 + index);
      for (let sent = 1; sent <= MESSAGES; sent++) {
        run.receive('n', next());
        // Below what a node lets wait.
        while (sent - answered() > 40) await settle(1);
      }
      while (answered() < MESSAGES) await settle(5);
      await settle(30);
      assert.equal(answered(), MESSAGES);
      for (const msg of run.inbox('errors').messages) {
        const { message, code } = msg['error'] as { message: string; code?: string };
        assert.match(message, /Expected .+ but received /, message);
        assert.match(String(code), /^ALPR_/, message);
      }
    });
  }
});
