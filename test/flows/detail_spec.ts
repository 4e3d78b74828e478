import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuDevice, type CpuDevice } from '../../src/device/cpu/cpu-device.js';
import { framePool } from '../../src/frame/pool.js';
import { loadManifest } from '../../src/models/load.js';
import { plateVoting } from '../../src/reading/vote.js';
import { Pipeline } from '../../src/stages/pipeline.js';
import { READ_DEFAULTS } from '../../src/stages/read.js';
import { TRACKER_DEFAULTS } from '../../src/tracking/options.js';
import { Tracker } from '../../src/tracking/tracker.js';
import { PairedClip } from '../support/paired-clip.js';
import { packageRoot } from '../support/node-red-process.js';

interface Truth {
  clip: { fps: number };
  vehicles: { text: string; readable: boolean }[];
}

const samples = join(packageRoot, 'samples');
const truth = JSON.parse(readFileSync(join(samples, 'truth.json'), 'utf8')) as Truth;
/** Three vehicles come and go, a fourth has come. */
const FRAMES = 230;
const texts = ['LM73KXR', 'MKT4827', '51G38472', '57BKN4'];

interface Run {
  /** The frame in which each settled text settled. */
  settled: Map<string, number>;
  /** Readings of true plates. */
  right: number;
  decoded: number;
  requests: number;
}

describe('The sample at 640 × 360, with and without its larger stream', function () {
  this.timeout(240_000);
  let device: CpuDevice;
  before(() => void (device = cpuDevice({ runtime: 'auto', workers: 2 })));
  after(() => device.close());

  const model = (name: string) => loadManifest(join(packageRoot, 'models', `plateflow-${name}.json`));

  async function run(cascade: boolean, paired: boolean): Promise<Run> {
    const models = { vehicles: model('vehicle'), plates: model('plate'), text: model('reader') };
    const pipeline = await Pipeline.open(device, models, {
      vehicles: cascade ? {} : undefined,
      plates: { where: 'auto', frameEvery: 5 },
      gate: { minSharpness: 100, minWidth: 0, minHeight: 0 },
      read: READ_DEFAULTS,
    });
    const tracker = new Tracker(TRACKER_DEFAULTS, plateVoting);
    const clip = await PairedClip.open(join(samples, 'road.mp4'), truth.clip.fps, { width: 640, height: 360 });
    const settled = new Map<string, number>();
    let right = 0;
    for (let number = 0; number < FRAMES; number++) {
      const frame = (await clip.next(number, paired))!;
      const scene = await pipeline.process(frame, tracker);
      for (const { text, held, vote } of scene.plates) {
        if (held === undefined && truth.vehicles.some((vehicle) => vehicle.text === text)) right++;
        if (vote?.settled === true && !settled.has(vote.text)) settled.set(vote.text, number);
      }
      framePool().recycle(frame);
    }
    const { decoded, requests } = clip;
    await clip.close();
    await pipeline.close();
    return { settled, right, decoded, requests };
  }

  for (const [title, cascade] of [
    ['vehicles first', true],
    ['plates first', false],
  ] as const) {
    it(`reads plates sooner than from the smaller stream alone, ${title}`, async () => {
      const alone = await run(cascade, false);
      const paired = await run(cascade, true);
      assert.deepEqual([...paired.settled.keys()].sort(), [...texts].sort(), 'every vehicle that passes, nothing else');
      const waited = (found: Run): number => texts.reduce((sum, text) => sum + (found.settled.get(text) ?? FRAMES), 0);
      const told = [paired, alone].map(({ settled }) => JSON.stringify([...settled])).join(' and alone ');
      assert.ok(waited(alone) > waited(paired), told);
      assert.ok(paired.right > 1.5 * alone.right, `${paired.right} right readings beside ${alone.right}`);
      assert.equal(alone.requests, 0);
      // Vehicles that are read are left alone, and no picture is decoded twice.
      assert.ok(paired.decoded < FRAMES, `${paired.decoded} of ${FRAMES} pictures were decoded`);
    });
  }
});
