/**
 * The motion gate: milliseconds per frame, false openings per hour and detection delay under noise, weather, clouds and shaking
 * cameras, in rendered scenes of the sample's road; and of clips, which part of them passes.
 * Run: npx tsx bench/motion.ts [--seconds 120] [--shrink 2] [clip.mp4 …]
 */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { MotionGate } from '../src/motion/motion-gate.js';
import { seededRandom } from '../test/support/random.js';
import { loadRoad, RoadCamera, type Shot } from '../test/support/road-scene.js';
import { printTable, summarise } from './table.js';

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, shrink: { type: 'string', default: '2' } },
  allowPositionals: true,
});
const seconds = Number(values.seconds);
const FPS = 12.5;
const WARM_UP = 12;
const settings = { share: 0.5, holdMs: 1000, idleIntervalMs: 0 };

type Scenario = (t: number, random: () => number) => Shot;

const scenarios: Record<string, Scenario> = {
  'day, noise 3': () => ({ noise: 3 }),
  'dusk, noise 8': () => ({ noise: 8, light: 0.5 }),
  'night, noise 10': () => ({ noise: 10, light: 0.2 }),
  'clock in the corner': (t) => ({ clock: t }),
  'light rises and falls by a third in 20 s': (t) => ({ light: 1 + 0.33 * Math.sin((2 * Math.PI * t) / 20) }),
  'exposure jumps by a fifth every 5 s': (t) => ({ light: Math.floor(t / 5) % 2 === 0 ? 1 : 0.8 }),
  'shadow of a cloud crosses in 6 s': (t) => ({
    light: (x) => 1 - 0.4 / (1 + Math.exp((Math.abs(((t % 30) / 6 - 0.5) * 2 - x) - 0.3) / 0.05)),
  }),
  'camera shakes by a pixel': (_, random) => ({ shake: [Math.floor(random() * 3) - 1, Math.floor(random() * 3) - 1] }),
  'camera shakes by a pixel, 1 s in 10': (t, random) =>
    t % 10 < 1 ? { shake: [Math.floor(random() * 3) - 1, Math.floor(random() * 3) - 1] } : {},
  rain: () => ({ drops: 400 }),
  snow: () => ({ flakes: 500 }),
  'hedge in the wind': (t, random) => ({ sway: Math.round(2 * Math.sin(t * 4) + 2 * random()) }),
  'flash every 10 s': (t) => ({ light: t % 10 < 0.5 / FPS ? 1.8 : 1 }),
  'infrared for half of every minute': (t) => ({ infrared: t % 60 > 30, noise: 5 }),
};

async function main(): Promise<void> {
  const shrink = Number(values.shrink);
  const road = await loadRoad(shrink);
  const camera = new RoadCamera(road);
  const share = (cutOut: { mask: Uint8Array }): number =>
    cutOut.mask.reduce((sum, value) => sum + value, 0) / (road.width * road.height);
  const rows = Object.entries(scenarios).map(([name, scenario]) => {
    const { openings, open } = falseOpenings(camera, scenario);
    // px per second at 1080p.
    const delays = [600, 120, 30].map((speed) => delay(camera, scenario, speed / shrink, share(road.dark)));
    return [name, ((openings * 3600) / seconds).toFixed(0), `${(open * 100).toFixed(1)} %`, ...delays];
  });
  printTable(
    `${road.width} × ${road.height}, ${FPS} fps, ${seconds} s each, share ${settings.share} %: a dark grey car of ${(share(road.dark) * 100).toFixed(1)} % of the frame drives in`,
    ['scene', 'false openings per hour', 'time open', 'delay at 600 px/s', '120 px/s', '30 px/s (frames)'],
    rows,
  );
  await time();
  for (const clip of positionals) await playClip(clip);
}

function falseOpenings(camera: RoadCamera, scenario: Scenario): { openings: number; open: number } {
  const gate = new MotionGate(settings);
  const random = seededRandom(5);
  let [openings, open, frames] = [0, 0, 0];
  let wasOpen = true;
  for (let frame = 0; frame < (WARM_UP + seconds) * FPS; frame++) {
    const t = frame / FPS;
    const isOpen = gate.see(camera.shoot(scenario(t, random)), t * 1000) === 'moving';
    if (t >= WARM_UP) {
      frames++;
      if (isOpen) open++;
      if (isOpen && !wasOpen) openings++;
    }
    wasOpen = isOpen;
  }
  return { openings, open: open / frames };
}

/** Frames from the first in which the share is in the picture to the first that passes; `missed` when none does. */
function delay(camera: RoadCamera, scenario: Scenario, speed: number, whole: number): string {
  const gate = new MotionGate(settings);
  const random = seededRandom(6);
  const { dark } = camera.road;
  const y = camera.height * 0.45;
  let visibleAt: number | undefined;
  let closed = false;
  for (let frame = 0; frame < 90 * FPS; frame++) {
    const t = frame / FPS;
    const inside = Math.min(dark.width, (t - WARM_UP) * speed);
    const vehicles = inside > 0 ? [{ cutOut: dark, x: inside - dark.width, y }] : [];
    // From then on it goes on at its speed.
    if (inside === dark.width) vehicles[0]!.x = (t - WARM_UP) * speed - dark.width;
    const motion = gate.see(camera.shoot({ ...scenario(t, random), vehicles }), t * 1000);
    if (inside <= 0) closed = motion !== 'moving';
    else if ((inside / dark.width) * whole * 100 >= settings.share) visibleAt ??= frame;
    if (inside > 0 && !closed) return 'open';
    if (visibleAt !== undefined && motion === 'moving') return String(frame - visibleAt);
    if (t > WARM_UP + (camera.width + dark.width) / speed) break;
  }
  return 'missed';
}

async function time(): Promise<void> {
  const camera = new RoadCamera(await loadRoad(1));
  const gates = { 'every frame looked at (15 fps)': 1000 / 15, '30 fps': 1000 / 30 };
  const rows = Object.entries(gates).map(([name, step]) => {
    const gate = new MotionGate({ ...settings, holdMs: 0 });
    const times: number[] = [];
    for (let frame = 0; frame < 150; frame++) {
      camera.shoot({});
      const started = performance.now();
      gate.see(camera, frame * step);
      if (frame > 30) times.push(performance.now() - started);
    }
    const { mean, median, p95 } = summarise(times);
    return [name, mean.toFixed(2), median.toFixed(2), p95.toFixed(2)];
  });
  printTable('ms per frame of 1920 × 1080, nothing moves', ['', 'mean', 'median', 'p95'], rows);
}

/** One sign per frame: # motion, . none. */
async function playClip(path: string): Promise<void> {
  const size = { width: 640, height: 360 };
  const filter = `fps=${FPS},scale=${size.width}:${size.height}`;
  const ffmpeg = spawn(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-vf', filter, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const gate = new MotionGate({ ...settings, holdMs: 0 });
  const pixels = new Uint8Array(size.width * size.height * 3);
  let filled = 0;
  let signs = '';
  for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length;) {
      const part = chunk.subarray(from, from + pixels.length - filled);
      pixels.set(part, filled);
      from += part.length;
      filled += part.length;
      if (filled < pixels.length) continue;
      filled = 0;
      signs += gate.see({ ...size, pixels }, (signs.length * 1000) / FPS) === 'moving' ? '#' : '.';
    }
  }
  const passed = signs.replaceAll('.', '').length / Math.max(1, signs.length);
  console.log(`\n${basename(path)}: motion in ${(passed * 100).toFixed(0)} % of ${signs.length} frames\n${signs}`);
}

void main();
