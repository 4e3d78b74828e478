import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corners } from '../../src/detection/types.js';
import { cpuDevice, type CpuDevice } from '../../src/device/cpu/cpu-device.js';
import type { Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { loadManifest } from '../../src/models/load.js';
import { OverlayMemory } from '../../src/overlay/memory.js';
import { plateVoting } from '../../src/reading/vote.js';
import { openSource } from '../../src/sources/open.js';
import { Pipeline } from '../../src/stages/pipeline.js';
import { READ_DEFAULTS } from '../../src/stages/read.js';
import { TRACKER_DEFAULTS } from '../../src/tracking/options.js';
import { Tracker } from '../../src/tracking/tracker.js';
import { packageRoot } from '../support/node-red-process.js';

interface Truth {
  vehicles: { id: number; text: string }[];
  frames: { frame: number; sights: { vehicle: number; corners?: [number, number][] }[] }[];
}

const truth = JSON.parse(readFileSync(join(packageRoot, 'samples', 'truth.json'), 'utf8')) as Truth;
/** Three vehicles come and go; one of them waits at the line. */
const FRAMES = 190;
const friend = 'MKT4827';
const clip = join(packageRoot, 'samples', 'road.mp4');

/** The cascade leaves out plates that are settled, and detectors miss some: strangers must stay hidden all the same. */
describe('Blur of strangers along the sample video', function () {
  this.timeout(240_000);
  let device: CpuDevice;
  before(() => void (device = cpuDevice({ runtime: 'auto', workers: 2 })));
  after(() => device.close());

  const model = (name: string) => loadManifest(join(packageRoot, 'models', `plateflow-${name}.json`));

  /** What the reader reads at the true place of each plate. */
  async function readAt(pipeline: Pipeline, frame: Frame, quads: Corners[]): Promise<string[]> {
    const views = quads.map((corners) => ({ corners, margin: 0.08 }));
    const { results } = await pipeline.reader.run({ source: frame, views, fairKey: 'truth' });
    return results.map((result) => (result.kind === 'reading' ? result.reading.text : ''));
  }

  for (const [flow, cascade] of [
    ['vehicles first', true],
    ['plates first', false],
  ] as const) {
    it(`leaves no stranger's plate to be read, and the friend's readable, ${flow}`, async () => {
      const models = { vehicles: model('vehicle'), plates: model('plate'), text: model('reader') };
      const pipeline = await Pipeline.open(device, models, {
        vehicles: cascade ? {} : undefined,
        plates: { where: 'auto', frameEvery: 15 },
        gate: { minSharpness: 0, minWidth: 0, minHeight: 0 },
        read: READ_DEFAULTS,
      });
      const tracker = new Tracker(TRACKER_DEFAULTS, plateVoting);
      const isReadable = (text: string): boolean => text === friend;
      const conceal = { who: 'strangers', windscreens: false, isReadable } as const;
      const memory = new OverlayMemory({ trails: false, lastPlates: false, conceal });
      const source = await openSource({ source: 'video', path: clip }, { pool: framePool(), camera: 'gate' });
      const leaks: string[] = [];
      const counts = { strangers: 0, friend: 0, friendHidden: 0 };
      for (let n = 0; n < FRAMES; n++) {
        const frame = (await source.next())!;
        const { cameraId, timestamp, width, height } = frame;
        const scene = await pipeline.process(frame, tracker);
        const { hidden } = memory.see({
          ...{ cameraId, timestamp, width, height, tracker: 'tracker' },
          ...{ vehicles: scene.vehicles ?? [], plates: scene.plates, departed: scene.departed },
        });
        const sights = truth.frames.find((one) => one.frame === n)?.sights ?? [];
        const seen = sights.filter(({ corners }) => corners !== undefined);
        if (seen.length > 0) {
          const quads = seen.map(({ corners }) => corners!.map(([x, y]) => ({ x, y })) as Corners);
          const canvas = framePool().acquire(frame.toJSON());
          await device.pixels.draw(frame, canvas.buffer, { hidden: hidden!.regions, shapes: [] }, 'draw');
          const [before, after] = [await readAt(pipeline, frame, quads), await readAt(pipeline, canvas, quads)];
          framePool().recycle(canvas);
          for (const [index, { vehicle }] of seen.entries()) {
            const { text } = truth.vehicles.find(({ id }) => id === vehicle)!;
            if (before[index] !== text) continue;
            if (text === friend) counts[after[index] === text ? 'friend' : 'friendHidden']++;
            else {
              counts.strangers++;
              if (after[index] === text) leaks.push(`${text} in frame ${n}`);
            }
          }
        }
        framePool().recycle(frame);
      }
      await source.close();
      await pipeline.close();
      assert.deepEqual(leaks, []);
      assert.ok(counts.strangers >= 30, 'plates that could be read without blur');
      assert.ok(counts.friend >= 15 && counts.friend > 5 * counts.friendHidden, JSON.stringify(counts));
    });
  }
});
