/**
 * What one camera frame of 1080p costs the host beside its decoding: from ffmpeg's pipe into a frame of the pool, and from there into the
 * input of a network. Side by side with ffmpeg writing the same frames to /dev/null. CPU time, since a camera sends when it will.
 * Run: npx tsx bench/camera.ts [--frames 150] [--rounds 3] [--video samples/road.mp4]
 */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import type { Frame } from '../src/frame/frame.js';
import { framePool } from '../src/frame/pool.js';
import { fillTensor } from '../src/image/tensor.js';
import type { ModelInput } from '../src/models/manifest.js';
import { FrameCounter } from '../src/sources/counter.js';
import { openFeed } from '../src/sources/live/open-feed.js';
import { descendants } from '../test/support/processes.js';
import { printTable, summarise } from './table.js';

const run = promisify(execFile);
/** Of the shipped vehicle network, as its manifest has it. */
const input: ModelInput = { width: 416, height: 416, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'letterbox' };
const tensor = new Uint8Array(input.width * input.height * 3);

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '150' },
    rounds: { type: 'string', default: '3' },
    video: { type: 'string', default: 'samples/road.mp4' },
  },
});
const frames = Number(values.frames);
/** The same for all: a camera's pace, endless. */
const source = ['-re', '-stream_loop', '-1', '-i', values.video];

/** CPU of ffmpeg alone, ms per frame. `output` says what becomes of the frames. */
async function floor(...output: string[]): Promise<number> {
  const common = ['-nostdin', '-hide_banner', '-thread_type', 'slice', '-benchmark', ...source];
  const { stderr } = await run('ffmpeg', [...common, '-frames:v', String(frames), ...output]);
  const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr)!;
  return ((Number(user) + Number(system)) * 1000) / frames;
}

interface Cost {
  host: number;
  ffmpeg: number;
  prepare: number;
  /** Arrival of a frame's first byte until it is here, ms. */
  way: number;
  dropped: number;
}

/** The same frames as a camera of ours, all costs in ms per frame. */
async function camera(): Promise<Cost> {
  const pool = framePool();
  let arrived = 0;
  let first = -1;
  let last = 0;
  let prepare = 0;
  const ways: number[] = [];
  let started = process.cpuUsage();
  let ffmpegBefore = 0;
  const ffmpegCpu = (): number => descendants(process.pid).find(({ name }) => name === 'ffmpeg')?.cpu ?? 0;
  const take = (frame: Frame, done: () => void): void => {
    if (first < 0) {
      first = frame.sequence;
      started = process.cpuUsage();
      ffmpegBefore = ffmpegCpu();
    } else arrived++;
    last = frame.sequence;
    ways.push(Date.now() - frame.timestamp);
    const before = performance.now();
    fillTensor(frame, undefined, input, input, tensor, 0);
    prepare += performance.now() - before;
    pool.recycle(frame);
    if (arrived === frames) done();
  };
  const settings = { source: 'ffmpeg' as const, arguments: source.join(' ') };
  let feed: { close(): Promise<void> } | undefined;
  await new Promise<void>((resolve, reject) => {
    feed = openFeed(settings, { pool, counter: new FrameCounter('bench') })({
      frame: (frame) => take(frame, resolve),
      facts: () => undefined,
      problem: (error) => console.log(error.message),
      ended: reject,
    });
  });
  const { user, system } = process.cpuUsage(started);
  const ffmpeg = ((ffmpegCpu() - ffmpegBefore) * 1000) / arrived;
  await feed!.close();
  const host = (user + system) / 1000 / arrived - prepare / arrived;
  return { host, ffmpeg, prepare: prepare / arrived, way: summarise(ways).median, dropped: last - first - arrived };
}

async function main(): Promise<void> {
  console.log(`${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}, ${values.video}`);
  const decode: number[] = [];
  const discard: number[] = [];
  const ours: Cost[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    decode.push(await floor('-f', 'null', '-'));
    discard.push(await floor('-pix_fmt', 'rgb24', '-f', 'rawvideo', '-y', '/dev/null'));
    ours.push(await camera());
  }
  const median = (list: number[]): number => summarise(list).median;
  const of = (key: keyof Cost): number => median(ours.map((cost) => cost[key]));
  const [decodes, discards] = [median(decode), median(discard)];
  printTable(
    `CPU ms per frame, median of ${values.rounds} rounds of ${frames} frames in turns`,
    ['step', 'ms', 'of it more than the floor'],
    [
      ['ffmpeg decodes, and nothing else (-f null)', decodes, ''],
      ['ffmpeg -f rawvideo to /dev/null (the floor)', discards, ''],
      ['ffmpeg as a camera: the same into our pipe', of('ffmpeg'), of('ffmpeg') - discards],
      ['Node.js: pipe → frame in the pool', of('host'), of('host')],
      ['frame → input of the vehicle network, 416 × 416', of('prepare'), of('prepare')],
    ],
  );
  const host = of('host') + of('prepare');
  console.log(
    `Host, camera → network input: ${host.toFixed(1)} ms per frame, ${(host + of('ffmpeg') - discards).toFixed(1)} ms with what ffmpeg's writing costs.`,
  );
  console.log(`First byte from ffmpeg → frame at hand: median ${of('way').toFixed(1)} ms. Dropped: ${of('dropped')}.`);
}

void main();
