import type { Device, RunResponse } from '../src/device/device.js';
import { acquireDevice } from '../src/device/shared.js';
import { framePool } from '../src/frame/pool.js';
import { encodeJpeg } from '../src/image/encode.js';
import { Catalogue } from '../src/models/catalogue.js';
import { composeDrawing } from '../src/overlay/compose.js';
import { plateVoting } from '../src/reading/vote.js';
import { openSource, type SourceSettings } from '../src/sources/open.js';
import { Pipeline } from '../src/stages/pipeline.js';
import { READ_DEFAULTS } from '../src/stages/read.js';
import { TRACKER_DEFAULTS } from '../src/tracking/options.js';
import { Tracker } from '../src/tracking/tracker.js';

/** Readings that no track ever reaches: nothing settles, every plate is looked for and read in every frame. */
export const NEVER_SETTLES = 1_000_000;

/** ms per frame, one list entry per frame. */
export interface StageTimes {
  device: string;
  size: string;
  /** By stage: all of it, and what of it was the network. */
  stages: Map<string, { total: number[]; network: number[]; calls: number }>;
  frame: number[];
  /** ms of the network per plate crop, and per vehicle detection. */
  perCrop: number[];
  perVehicleDetection: number[];
}

type Meter = (task: string, timings: RunResponse['timings'], views: number) => void;

/** Runs the cascade on one frame after another, nothing at the same time, and takes the time of everything. */
export async function measureStages(source: SourceSettings, frames: number, settles: boolean): Promise<StageTimes> {
  const shared = acquireDevice({ backend: 'cpu', runtime: 'auto' });
  let network: Record<string, number> = {};
  const result: StageTimes = {
    device: '',
    size: '',
    stages: new Map(),
    frame: [],
    perCrop: [],
    perVehicleDetection: [],
  };
  let warm = false;
  const metered = meter(shared.device, (task, timings, views) => {
    network[task] = (network[task] ?? 0) + timings.infer;
    if (!warm) return;
    if (task === 'text') result.perCrop.push(timings.infer / Math.max(1, views));
    if (task === 'vehicles') result.perVehicleDetection.push(timings.infer);
  });
  const catalogue = new Catalogue([]);
  const models = {
    vehicles: catalogue.get('plateflow-vehicle'),
    plates: catalogue.get('plateflow-plate'),
    text: catalogue.get('plateflow-reader'),
  };
  const pipeline = await Pipeline.open(metered, models, {
    vehicles: {},
    plates: { where: 'auto', frameEvery: 5, minVehicleArea: 0, minVehicleBottom: 0 },
    gate: { minSharpness: 100, minWidth: 0, minHeight: 0 },
    read: READ_DEFAULTS,
  });
  const tracker = new Tracker(
    { ...TRACKER_DEFAULTS, settleReads: settles ? TRACKER_DEFAULTS.settleReads : NEVER_SETTLES },
    plateVoting,
  );
  const input = await openSource({ ...source, loop: true }, { pool: framePool(), camera: 'bench' });
  const warmUp = Math.min(10, frames);
  try {
    for (let i = 0; i < frames + warmUp; i++) {
      warm = i >= warmUp;
      network = {};
      const started = performance.now();
      const frame = await input.next();
      if (!frame) break;
      const decoded = performance.now();
      const scene = await pipeline.process(frame, tracker);
      const processed = performance.now();
      const canvas = framePool().acquire({ ...frame.toJSON() });
      const drawing = composeDrawing(frame, scene.vehicles, scene.plates, everything);
      await shared.device.pixels.draw(frame, canvas.buffer, drawing, 'bench');
      const drawn = performance.now();
      await encodeJpeg(canvas, { quality: 80, maxWidth: 960 });
      const encoded = performance.now();
      framePool().recycle(canvas);
      if (!warm) continue;
      const { timings } = scene;
      const known = Object.values(timings).reduce((sum, ms) => sum + ms, 0);
      note(result, 'wait for the next frame (ffmpeg decodes)', decoded - started, 0);
      note(result, 'vehicle-detect', timings['vehicleDetect'] ?? 0, network['vehicles'] ?? 0);
      note(result, 'plate-detect', timings['plateDetect'] ?? 0, network['plates'] ?? 0);
      note(result, 'blur-gate', timings['sharpness'] ?? 0, 0);
      note(result, 'lprnet-read', timings['read'] ?? 0, network['text'] ?? 0);
      note(result, 'tracker and the rest of the cascade', processed - decoded - known, 0);
      note(result, 'overlay: draw', drawn - processed, 0);
      note(result, 'overlay: JPEG, 960 wide', encoded - drawn, 0);
      result.frame.push(encoded - started);
      result.size = `${frame.width}x${frame.height}`;
    }
    result.device = shared.device.describe();
  } finally {
    await input.close();
    await pipeline.close();
    await shared.release();
  }
  return result;
}

const everything = { showVehicles: true, showPlates: true, showText: true, debug: true, outputWidth: 960 };

function note(result: StageTimes, stage: string, total: number, network: number): void {
  const times = result.stages.get(stage) ?? { total: [], network: [], calls: 0 };
  times.total.push(total);
  times.network.push(network);
  if (total > 0.1) times.calls++;
  result.stages.set(stage, times);
}

/** The same device; every run of a network is reported. */
function meter(device: Device, report: Meter): Device {
  return {
    kind: device.kind,
    pixels: device.pixels,
    describe: () => device.describe(),
    close: () => device.close(),
    async open(manifest) {
      const network = await device.open(manifest);
      return {
        manifest: network.manifest,
        close: () => network.close(),
        async run(request) {
          const response = await network.run(request);
          report(manifest.task, response.timings, request.views.length);
          return response;
        },
      };
    },
  };
}
