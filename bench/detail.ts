/**
 * What it costs to read plates in a camera's main stream when vehicles are looked for in its sub-stream: CPU per frame beside decoding
 * everything, share of the pictures that are decoded, and how long one picture takes to come. Encodes its clips at the first run.
 * Run: npx tsx bench/detail.ts [--sizes 1080p,4k] [--seconds 27]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cpuDevice } from '../src/device/cpu/cpu-device.js';
import type { Frame } from '../src/frame/frame.js';
import { framePool } from '../src/frame/pool.js';
import { Catalogue } from '../src/models/catalogue.js';
import { plateVoting } from '../src/reading/vote.js';
import { FrameCounter } from '../src/sources/counter.js';
import { openFeed } from '../src/sources/live/open-feed.js';
import { Pipeline } from '../src/stages/pipeline.js';
import { READ_DEFAULTS } from '../src/stages/read.js';
import { TRACKER_DEFAULTS } from '../src/tracking/options.js';
import { Tracker } from '../src/tracking/tracker.js';
import { PairedClip, type PairedOptions } from '../test/support/paired-clip.js';
import { descendants } from '../test/support/processes.js';
import { startRtspServer } from '../test/support/rtsp-server/rtsp-server.js';
import { printTable, summarise } from './table.js';

const road = join(__dirname, '..', 'samples', 'road.mp4');
const FPS = 15;
const FRAMES = 400;
const small = { width: 640, height: 360 };
const h264 = (gop: number): string[] => [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-bf',
  '0',
  '-g',
  String(gop),
  '-keyint_min',
  String(gop),
  '-sc_threshold',
  '0',
  '-crf',
  '23',
];
const sizes: Record<string, { width?: number; height?: number }> = { '1080p': {}, '4k': { width: 3840, height: 2160 } };

/** CPU time of this process, of the programs that it runs and of those that it has waited for, without the RTSP server's, s. */
function runningSeconds(): number {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]!.split(' ');
  const ended = (Number(fields[13]) + Number(fields[14])) / 100;
  const running = descendants(process.pid).filter(({ name }) => name === 'ffmpeg');
  return (user + system) / 1e6 + ended + running.reduce((sum, { cpu }) => sum + cpu, 0);
}

/** CPU per frame of a camera that runs for some seconds; frames whose larger picture is looked at are chosen by their number. */
async function live(
  settings: { url: string; detailUrl?: string },
  seconds: number,
  asked?: ReadonlySet<number>,
): Promise<number> {
  const pool = framePool();
  const context = { pool, counter: new FrameCounter('gate') };
  let seen = 0;
  let counts = false;
  let frames = 0;
  const look = async (frame: Frame, number: number): Promise<void> => {
    frame.lease.retain();
    if (asked?.has(number % FRAMES)) await frame.lease.detail?.();
    frame.lease.release();
    frame.lease.onIdle(() => pool.recycle(frame));
  };
  const feed = openFeed(
    { source: 'rtsp', ...settings },
    context,
  )({
    frame: (frame) => {
      if (counts) frames++;
      void look(frame, seen++);
    },
    facts: () => undefined,
    problem: (error) => console.log(error.message),
    ended: (error) => console.log(error.message),
  });
  // Connecting and the first key frame are not counted; ffmpeg's own time counts as a whole when it has ended.
  await sleep(6000);
  const before = runningSeconds();
  counts = true;
  await sleep(seconds * 1000);
  const used = runningSeconds() - before;
  await feed.close();
  return (used * 1000) / frames;
}

/** Numbers of the frames in which the cascade asks for the larger picture. */
async function askedFor(options: PairedOptions): Promise<{ asked: number[]; decoded: number; settled: string[] }> {
  const catalogue = new Catalogue([]);
  const device = cpuDevice({ runtime: 'auto', workers: 2 });
  const pipeline = await Pipeline.open(
    device,
    {
      vehicles: catalogue.get('plateflow-vehicle'),
      plates: catalogue.get('plateflow-plate'),
      text: catalogue.get('plateflow-reader'),
    },
    {
      vehicles: {},
      plates: { where: 'auto', frameEvery: 5 },
      gate: { minSharpness: 100, minWidth: 0, minHeight: 0 },
      read: READ_DEFAULTS,
    },
  );
  const tracker = new Tracker(TRACKER_DEFAULTS, plateVoting);
  const clip = await PairedClip.open(road, FPS, options);
  const asked: number[] = [];
  const settled = new Set<string>();
  for (let number = 0; number < FRAMES; number++) {
    const frame = (await clip.next(number))!;
    const before = clip.requests;
    const { plates } = await pipeline.process(frame, tracker);
    if (clip.requests > before) asked.push(number);
    for (const { vote } of plates) if (vote?.settled === true) settled.add(vote.text);
    framePool().recycle(frame);
  }
  const { decoded } = clip;
  await clip.close();
  await pipeline.close();
  await device.close();
  return { asked, decoded, settled: [...settled] };
}

/** ms until a picture is there: from a decoder that must be started, and from one that runs. */
async function latencies(options: PairedOptions): Promise<{ cold: number[]; warm: number[] }> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let run = 0; run < 12; run++) {
    const clip = await PairedClip.open(road, FPS, options);
    // Spread evenly over the group: from its key frame to its last picture.
    const first = 100 + Math.round((run / 11) * ((options.gop ?? 50) - 1));
    for (let number = 0; number < first + 20; number++) {
      const frame = (await clip.next(number)) as Frame;
      if (number >= first) await frame.lease.detail!();
      framePool().recycle(frame);
    }
    cold.push(clip.latencies[0]!);
    warm.push(...clip.latencies.slice(1));
    await clip.close();
  }
  return { cold, warm };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { sizes: { type: 'string', default: '1080p,4k' }, seconds: { type: 'string', default: '27' } },
  });
  const chosen = values.sizes.split(',');
  const seconds = Number(values.seconds);
  const costs: (string | number)[][] = [];
  const waits: (string | number)[][] = [];
  const base: PairedOptions = { ...small, gop: 50, encoding: h264(50) };
  const { asked, decoded, settled } = await askedFor(base);
  console.log(
    `The cascade asks for the larger picture in ${asked.length} of ${FRAMES} frames, ${decoded} are decoded for that; it settles ${settled.join(', ')}`,
  );
  for (const name of chosen) {
    const size = sizes[name]!;
    const server = await startRtspServer({
      streams: [
        { path: 'main', file: road, gop: 50, ...size },
        { path: 'sub', file: road, ...small },
      ],
    });
    const [url, detailUrl] = [server.url('sub'), server.url('main')];
    costs.push([
      name,
      await live({ url: detailUrl }, seconds),
      await live({ url }, seconds),
      await live({ url, detailUrl }, seconds),
      await live({ url, detailUrl }, seconds, new Set(asked)),
      await live({ url, detailUrl }, seconds, new Set(asked.filter((number) => number % 5 === 0))),
    ]);
    await server.close();
    for (const gop of [25, 50]) {
      const scale = size.width === undefined ? [] : ['-vf', `scale=${size.width}:${size.height}`];
      const { cold, warm } = await latencies({ ...small, gop, encoding: [...scale, ...h264(gop)] });
      const [first, next] = [summarise(cold), summarise(warm)];
      waits.push([`${name}, key frame every ${gop} frames`, first.median, first.max, next.median, next.p95]);
    }
  }
  printTable(
    'CPU, ms per frame at 15 frames a second: a core has 66.7',
    ['main stream', 'all of it decoded', 'sub alone', 'sub, main received', 'as the cascade asks', 'a fifth of that'],
    costs,
  );
  printTable('ms until a picture is there', ['main stream', 'first, median', 'max', 'next, median', 'p95'], waits);
}

void main();
