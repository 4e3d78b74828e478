/**
 * Memory of the demo flow over time, as fast as it goes: resident set with its slope, handles and child processes. With --faults:
 * cameras to which everything happens that happens to cameras.
 * Run: npx tsx bench/soak.ts [minutes, default 10] [--video clip.mp4]
 * Run: npx tsx bench/soak.ts --faults [--cameras 2] [--minutes 10] [--seed 1] [--hurry 1] [--only 'disk full,camera off']
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { soakFaults } from '../test/support/camera-soak/faults.js';
import { cameraSoak } from './camera-soak.js';
import { build, DemoFlow } from './node-red.js';
import { slope } from './table.js';

const SAMPLE_SECONDS = 10;
/** Pools and the JIT fill up at the start; that is not a leak. */
const SETTLING_SHARE = 0.2;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      video: { type: 'string' },
      faults: { type: 'boolean' },
      minutes: { type: 'string' },
      cameras: { type: 'string' },
      seed: { type: 'string' },
      hurry: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const minutes = above0('minutes', values.minutes ?? positionals[0] ?? '10');
  build();
  if (values.faults !== true) return demoSoak(minutes, values.video === undefined ? undefined : resolve(values.video));
  await cameraSoak({
    minutes,
    cameras: above0('cameras', values.cameras ?? '2'),
    seed: above0('seed', values.seed ?? '1'),
    hurry: above0('hurry', values.hurry ?? '1'),
    only: values.only === undefined ? undefined : known(values.only.split(',')),
  });
}

function above0(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`Expected a number above 0 for ${name} but received ${text}`);
  return value;
}

function known(names: string[]): string[] {
  const all = soakFaults.map(({ name }) => name);
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`Expected some of ${all.join(', ')} for only but received ${unknown.join(', ')}`);
  return names;
}

async function demoSoak(minutes: number, video: string | undefined): Promise<void> {
  const flow = await DemoFlow.start({ video, pace: 'fast', inFlight: 3, settles: true });
  const points: { x: number; y: number }[] = [];
  try {
    await flow.warmUp();
    const start = performance.now();
    console.log('minute   RSS MB   heap MB   external MB   frames/s   handles   children');
    for (let sample = 1; sample * SAMPLE_SECONDS <= minutes * 60; sample++) {
      const wait = start + sample * SAMPLE_SECONDS * 1000 - performance.now();
      await new Promise((next) => setTimeout(next, Math.max(0, wait)));
      const report = await flow.report();
      const minute = (performance.now() - start) / 60_000;
      const megabytes = report.rss / 2 ** 20;
      points.push({ x: minute, y: megabytes });
      const handles = Object.values(report.resources).reduce((sum, count) => sum + count, 0);
      const cells: [string, number][] = [
        [minute.toFixed(1), 6],
        [megabytes.toFixed(0), 9],
        [(report.heap / 2 ** 20).toFixed(0), 10],
        [(report.external / 2 ** 20).toFixed(0), 14],
        [(report.drawn / report.seconds).toFixed(1), 11],
        [String(handles), 10],
        [String(children(flow.pid)), 11],
      ];
      console.log(cells.map(([text, width]) => text.padStart(width)).join(''));
    }
  } finally {
    await flow.stop();
  }
  const highest = Math.max(...points.map(({ y }) => y));
  const from = (share: number): string => {
    const later = points.slice(Math.floor(points.length * share));
    return `${slope(later).toFixed(2)} MB per minute over the last ${later.length} of ${points.length} samples`;
  };
  console.log(`\nRSS slope (least squares) ${from(SETTLING_SHARE)}, ${from(0.5)}; highest ${highest.toFixed(0)} MB`);
}

/** Number of direct child processes; NaN where the system does not tell. */
function children(pid: number): number {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const ids = tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(/\s+/));
    return ids.filter((id) => id !== '').length;
  } catch {
    return NaN;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
