/**
 * The demo's cascade on this machine: milliseconds per stage, frames per second of the whole flow in a real Node-RED, and
 * how free its event loop stays.
 * Run: npx tsx bench/flow.ts [--seconds 30] [--video clip.mp4]
 */
import { availableParallelism, cpus } from 'node:os';
import { benchArguments, build, DemoFlow, type Report } from './node-red.js';
import { measureStages, type StageTimes } from './stages.js';
import { printTable, summarise } from './table.js';

const FRAMES = 120;

async function main(): Promise<void> {
  const { video, seconds } = benchArguments(30);
  build();
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
  const source = video === undefined ? ({ source: 'sample' } as const) : ({ source: 'video', path: video } as const);
  for (const settles of [true, false]) printStages(await measureStages(source, FRAMES, settles), settles);

  const rows: (string | number)[][] = [];
  for (const settles of [true, false]) {
    const report = await runFlow(video, seconds, settles);
    rows.push([
      settles ? 'settled vehicles are left alone' : 'nothing settles',
      report.drawn / report.seconds,
      report.latency,
      report.delay.p50,
      report.delay.p99,
      report.delay.max,
      report.cpu,
      report.rss / 2 ** 20,
      String(report.events),
    ]);
  }
  printTable(
    `Whole demo flow in Node-RED, as fast as it goes, ${seconds} s each`,
    [
      '',
      'frames/s',
      'ms per frame in the flow',
      'loop delay p50 ms',
      'p99',
      'max',
      'CPU cores',
      'RSS MB',
      'plate events',
    ],
    rows,
  );
  console.log(
    'Event loop delay: perf_hooks.monitorEventLoopDelay inside the Node-RED process, sampled every 10 ms, those 10 ms taken off.',
  );
}

function printStages(times: StageTimes, settles: boolean): void {
  const rows: (string | number)[][] = [];
  let networks = 0;
  for (const [name, { total, network, calls }] of times.stages) {
    const all = summarise(total);
    const inside = summarise(network);
    networks += inside.mean;
    rows.push([name, all.mean, all.median, all.p95, inside.mean, all.mean - inside.mean, `${calls}/${total.length}`]);
  }
  const frame = summarise(times.frame);
  rows.push(['whole frame', frame.mean, frame.median, frame.p95, networks, frame.mean - networks, '']);
  printTable(
    `ms per frame of ${times.size}, one after the other, ${settles ? 'settled vehicles are left alone' : 'nothing settles'} (${times.device})`,
    ['stage', 'mean', 'median', 'p95', 'network', 'not network', 'frames with it'],
    rows,
  );
  const crop = summarise(times.perCrop);
  const detection = summarise(times.perVehicleDetection);
  const share = detection.median === 0 ? NaN : crop.median / detection.median;
  console.log(
    `Reading one plate ${crop.median.toFixed(2)} ms (${crop.count} calls), one vehicle detection ` +
      `${detection.median.toFixed(2)} ms: 1/${(1 / share).toFixed(1)}`,
  );
}

async function runFlow(video: string | undefined, seconds: number, settles: boolean): Promise<Report> {
  const flow = await DemoFlow.start({ video, pace: 'fast', inFlight: 3, settles });
  try {
    await flow.warmUp();
    await new Promise((next) => setTimeout(next, seconds * 1000));
    return await flow.report();
  } finally {
    await flow.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
