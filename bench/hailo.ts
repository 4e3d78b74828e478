/**
 * The cascade of TAPPAS on a simulated Hailo-8: how close the flow in a real Node-RED comes to what the device alone could do, and
 * how free the event loop stays. The device is the stub of libhailort, whose networks take as long as Hailo publishes for a Hailo-8
 * (vehicles 54, plates 1386, LPRNet 303 frames/s) and which runs one frame at a time.
 * Run: npx tsx bench/hailo.ts [--seconds 30] [--video clip.mp4]
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { makeStub } from '../test/support/hailort-stub/stub.js';
import { PUBLISHED_FPS, useHailo, writeTappasNetworks } from './hailo-networks.js';
import { benchArguments, build, DemoFlow, shippedFlow } from './node-red.js';
import { printTable } from './table.js';

const FIELD = resolve(__dirname, '..', 'models', 'field');
const frameTimes = Object.fromEntries(Object.entries(PUBLISHED_FPS).map(([name, fps]) => [name, 1000 / fps]));

interface Case {
  title: string;
  vehicles: number;
  settles: boolean;
  overlay: boolean;
}

const cases: Case[] = [
  { title: '4 vehicles, all read in every frame', vehicles: 4, settles: false, overlay: false },
  { title: '4 vehicles, settled ones left alone', vehicles: 4, settles: true, overlay: false },
  { title: '1 vehicle, read in every frame', vehicles: 1, settles: false, overlay: false },
  { title: '4 vehicles in every frame, with overlay', vehicles: 4, settles: false, overlay: true },
];

async function main(): Promise<void> {
  const { video, seconds } = benchArguments(30);
  build();
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
  const rows: (string | number)[][] = [];
  for (const entry of cases) rows.push(await measure(entry, video, seconds));
  printTable(
    `1080p frames through vehicles, plates and LPRNet on the simulated device, ${seconds} s each`,
    [
      '',
      'frames/s',
      'limit of the device',
      'share',
      'ms per frame of the device',
      'loop delay p50 ms',
      'p99',
      'max',
      'CPU cores',
      'RSS MB',
    ],
    rows,
  );
  console.log(
    'Limit: frames/s if the device were never idle, from the frames that each network really ran. Share: of the time that the device was busy.',
  );
}

async function measure(entry: Case, video: string | undefined, seconds: number): Promise<(string | number)[]> {
  const stub = makeStub({ version: '4.23.0', frameTimes });
  const models = join(stub.folder, 'models');
  mkdirSync(models);
  writeTappasNetworks(models, FIELD, entry.vehicles);
  const { settles } = entry;
  const flow = await DemoFlow.start({
    video,
    pace: 'fast',
    inFlight: 6,
    settles,
    flow: cascade(stub.path, models, entry),
  });
  try {
    await flow.warmUp();
    // Of one moment: the frames before it do not count.
    await flow.report();
    const before = stub.stats();
    const started = performance.now();
    await new Promise((next) => setTimeout(next, seconds * 1000));
    const after = stub.stats();
    const wall = performance.now() - started;
    const report = await flow.report();
    const sum = (busy: Record<string, number>): number => Object.values(busy).reduce((total, ms) => total + ms, 0);
    const busy = sum(after.busyMs) - sum(before.busyMs);
    const misuse = [...after.misuse, ...after.problems];
    if (misuse.length > 0) console.error(`Expected no misuse of the library but received ${misuse.join('; ')}`);
    const share = busy / wall;
    const rate = report.read / report.seconds;
    return [
      entry.title,
      rate,
      rate / share,
      share.toFixed(3),
      (share * 1000) / rate,
      report.delay.p50,
      report.delay.p99,
      report.delay.max,
      report.cpu,
      report.rss / 2 ** 20,
    ];
  } finally {
    await flow.stop();
    stub.remove();
  }
}

/** Example flow 02 with TAPPAS's networks on the stub's device. */
function cascade(library: string, models: string, { overlay }: Case): Record<string, unknown>[] {
  const flow = shippedFlow('02');
  for (const node of flow) {
    useHailo(node, { library, models });
    if (node['type'] === 'alpr-overlay') node['d'] = !overlay;
  }
  return flow;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
