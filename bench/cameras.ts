/**
 * Many cameras in one real Node-RED: 1, 2, 4 and 8 RTSP cameras (GStreamer's server on loopback plays the shipped clip) into one
 * cascade. Frames per camera, time from a frame's arrival to the event, memory, and CPU of Node-RED, of the ffmpegs and of the
 * server, each for itself. What a frame costs the host is in camera.ts.
 * Run: npx tsx bench/cameras.ts [--seconds 20] [--only idle] [--cameras 1,4]
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { CameraReport } from '../src/sources/live/camera-state.js';
import { makeStub } from '../test/support/hailort-stub/stub.js';
import { descendants, processFacts } from '../test/support/processes.js';
import { startRtspServer } from '../test/support/rtsp-server/rtsp-server.js';
import { cameraFlow, cameraStreams, type CameraCase } from './camera-cases.js';
import { PUBLISHED_FPS, writeTappasNetworks } from './hailo-networks.js';
import { build, DemoFlow } from './node-red.js';
import { printTable } from './table.js';

const LARGE = { width: 1920, height: 1080, fps: 15 };
const SMALL = { width: 640, height: 360, fps: 5 };
const COUNTS = [1, 2, 4, 8];
const START_MS = 90_000;

interface Group {
  title: string;
  size: typeof LARGE;
  counts: number[];
  idle?: boolean;
  hailo?: boolean;
}

const groups: Group[] = [
  { title: 'small: sub-streams, 640x360 at 5 frames/s', size: SMALL, counts: COUNTS },
  { title: 'large: 1920x1080 at 15 frames/s', size: LARGE, counts: COUNTS },
  { title: 'idle small: nothing moves, motion gate on', size: SMALL, counts: [1, 4, 8], idle: true },
  { title: 'idle large: nothing moves, motion gate on', size: LARGE, counts: [1, 4, 8], idle: true },
  { title: 'hailo: 640x360 at 5 frames/s on the simulated Hailo-8', size: SMALL, counts: [4, 8], hailo: true },
];

/** One frame that went through the cascade; ms. */
interface Passed {
  camera: string;
  /** From its arrival until camera-in sent it. */
  waited: number;
  /** From there to plate-out. */
  inFlow: number;
  /** Networks computing for it. */
  network: number;
  /** From its arrival to the provisional event that it brought. */
  event?: number;
}

interface Answer {
  seconds: number;
  cameras: Record<string, { sent: number; report?: CameraReport }>;
  passed: Passed[];
  delay: { p99: number };
  cpu: number;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { seconds: text, only: text, cameras: text } });
  const wanted = values.cameras?.split(',').map(Number);
  const seconds = Number(values.seconds ?? 20);
  if (!(seconds > 0)) throw new RangeError(`Expected a number above 0 for --seconds but received ${values.seconds}`);
  build();
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
  for (const group of groups.filter(({ title }) => title.startsWith(values.only ?? ''))) {
    const rows: (string | number)[][] = [];
    const counts = group.counts.filter((count) => wanted?.includes(count) ?? true);
    for (const cameras of counts) rows.push(await measureOn(group, cameras, seconds));
    printTable(`${group.title}, ${seconds} s each`, header, rows);
  }
  console.log(legend);
}

const header = [
  'cameras',
  'in /s',
  'sent /s',
  'dropped /s',
  'held /s',
  'to event p50 ms',
  'p99',
  'events',
  'to plate-out p50',
  'p99',
  'networks p50',
  'periods beyond p50',
  'p99',
  'loop p99 ms',
  'CPU Node-RED',
  'ffmpeg',
  'server',
  'RSS Node-RED MB',
  'ffmpeg',
];

const legend = `in, sent, dropped, held: mean per camera. To event: from a frame's arrival in Node-RED to the provisional event; to plate-out: the same
way for every frame. Networks: computing for that frame. Periods beyond: (to plate-out − networks) / time from frame to frame.
CPU: cores of all cameras together; divide by their number.`;

async function measureOn(group: Group, cameras: number, seconds: number): Promise<(string | number)[]> {
  const entry: CameraCase = { title: group.title, cameras, ...group.size, idle: group.idle === true };
  if (group.hailo !== true) return measure(entry, seconds);
  const frameTimes = Object.fromEntries(Object.entries(PUBLISHED_FPS).map(([name, fps]) => [name, 1000 / fps]));
  const stub = makeStub({ version: '4.23.0', frameTimes });
  try {
    const models = join(stub.folder, 'models');
    mkdirSync(models);
    writeTappasNetworks(models, resolve(__dirname, '..', 'models', 'field'), 1);
    return await measure({ ...entry, hailo: { library: stub.path, models } }, seconds);
  } finally {
    stub.remove();
  }
}

async function measure(entry: CameraCase, seconds: number): Promise<(string | number)[]> {
  const server = await startRtspServer({ streams: cameraStreams(entry) });
  const flow = await DemoFlow.start({
    ...{ video: undefined, pace: 'recorded', inFlight: 3, settles: true, preload: 'watch-cameras.cjs' },
    flow: cameraFlow(entry, (path) => server.url(path)),
  }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const ask = (what: 'report' | 'start' | 'stop'): Promise<Answer> => flow.ask<Answer>({ do: what });
  try {
    const settled = entry.idle === true ? ['live', 'still'] : ['live'];
    await until(ask, entry.cameras, settled);
    // Models are loaded and pools are filled by now; the cameras begin anew.
    await pause(3000);
    await ask('stop');
    await until(ask, entry.cameras, ['stopped']);
    await ask('start');
    const live = await until(ask, entry.cameras, settled);
    await pause(entry.idle === true ? 8000 : 1000);
    await ask('report');
    const started = usage(flow.pid, server.pid);
    await pause(seconds * 1000);
    const answer = await ask('report');
    const ended = usage(flow.pid, server.pid);
    await ask('stop');
    const after = await until(ask, entry.cameras, ['stopped']);
    return row(entry, answer, counted(live, after), spent(started, ended));
  } finally {
    await flow.stop();
    await server.close();
  }
}

/** Reports until all cameras are in one of the states. */
async function until(ask: (what: 'report') => Promise<Answer>, cameras: number, states: string[]): Promise<Answer> {
  for (const end = Date.now() + START_MS; ; await pause(300)) {
    const answer = await ask('report');
    const there = Object.values(answer.cameras).filter(({ report }) => states.includes(report?.state ?? ''));
    if (there.length === cameras) return answer;
    const seen = Object.entries(answer.cameras).map(([id, { report }]) => `${id} ${report?.state}`);
    if (Date.now() > end)
      throw new Error(`Expected ${cameras} cameras ${states.join(' or ')} but received ${seen.join()}`);
  }
}

interface Usage {
  at: number;
  /** CPU seconds and RSS in bytes. */
  red: { cpu: number; rss: number };
  helpers: { cpu: number; rss: number };
  server: { cpu: number; rss: number };
}

function usage(red: number, server: number): Usage {
  const helpers = descendants(red);
  const sum = (key: 'cpu' | 'rss'): number => helpers.reduce((total, facts) => total + facts[key], 0);
  return {
    at: performance.now(),
    red: processFacts(red)!,
    helpers: { cpu: sum('cpu'), rss: sum('rss') },
    server: processFacts(server)!,
  };
}

function spent(before: Usage, after: Usage): { cores: number[]; rss: number[] } {
  const seconds = (after.at - before.at) / 1000;
  const cores = (['red', 'helpers', 'server'] as const).map((who) => (after[who].cpu - before[who].cpu) / seconds);
  return { cores, rss: [after.red.rss / 2 ** 20, after.helpers.rss / 2 ** 20] };
}

/** Frames per second and camera, from the first one after a start until the stop. */
function counted(live: Answer, after: Answer): { received: number; sent: number; dropped: number; held: number } {
  const sum = { received: 0, sent: 0, dropped: 0, held: 0 };
  const cameras = Object.entries(after.cameras);
  for (const [id, { report }] of cameras) {
    // What had gathered at the camera before its first frame was passed over by then, and is not counted.
    const first = live.cameras[id]!.report!;
    const seconds = (report!.since - first.since) / 1000;
    for (const key of Object.keys(sum) as (keyof typeof sum)[])
      sum[key] += (report!.counts[key] - first.counts[key]) / seconds / cameras.length;
  }
  return sum;
}

function row(
  { cameras, fps }: CameraCase,
  { passed, delay }: Answer,
  counts: ReturnType<typeof counted>,
  { cores, rss }: ReturnType<typeof spent>,
): (string | number)[] {
  const events = passed.flatMap(({ event }) => event ?? []);
  const whole = passed.map(({ waited, inFlow }) => waited + inFlow);
  const beyond = passed.map(({ waited, inFlow, network }) => ((waited + inFlow - network) * fps) / 1000);
  return [
    String(cameras),
    ...[counts.received, counts.sent, counts.dropped, counts.held],
    ...[at(events, 0.5), at(events, 0.99), String(events.length)],
    ...[at(whole, 0.5), at(whole, 0.99)],
    at(
      passed.map(({ network }) => network),
      0.5,
    ),
    ...[at(beyond, 0.5), at(beyond, 0.99)],
    delay.p99,
    ...cores.map((share) => share.toFixed(2)),
    ...rss.map((megabytes) => megabytes.toFixed(0)),
  ];
}

/** A percentile; a dash where there is nothing. */
function at(values: number[], share: number): number | string {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? '–';
}

function pause(ms: number): Promise<void> {
  return new Promise((next) => setTimeout(next, ms));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
