/**
 * What decodes a video into RGB at the lower cost: ffmpeg as a child process, or node-av in one. Both write to a pipe that is read here and thrown away; they take
 * turns, so that whatever else runs on the machine meets both.
 * Run: npx tsx bench/node-av.ts [--node-av <folder of the installed package>] [--node <path of a node>] [--rounds 5] [--video <file>]
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { printTable } from './table.js';

interface Cost {
  frames: number;
  /** From the start of the process to its end, ms. */
  wallMs: number;
  /** Until the first bytes of pixels came, ms. */
  firstMs: number;
  /** User and system time, ms. */
  cpuMs: number;
  rssMb: number;
}

const root = resolve(__dirname, '..');

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** The folder of node-av, where somebody has installed it. */
function findNodeAv(): string | undefined {
  const given = option('node-av') ?? process.env['ALPR_NODE_AV'];
  if (given !== undefined) return existsSync(join(given, 'package.json')) ? resolve(given) : undefined;
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve('node-av/package.json'));
  } catch {
    return undefined;
  }
}

function run(
  program: string,
  programArguments: string[],
  read: (log: string) => Omit<Cost, 'wallMs' | 'firstMs'>,
): Promise<Cost> {
  return new Promise((done, failed) => {
    const start = performance.now();
    const child = spawn(program, programArguments, { stdio: ['ignore', 'pipe', 'pipe'] });
    let firstMs = 0;
    let log = '';
    child.stdout.on('data', () => (firstMs ||= performance.now() - start));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    child.on('error', failed);
    child.on('close', (code) => {
      const wallMs = performance.now() - start;
      if (code === 0) done({ ...read(log), wallMs, firstMs });
      else failed(new Error(`Expected ${program} to end well but received code ${code}: ${log.slice(-500)}`));
    });
  });
}

function ffmpeg(video: string): Promise<Cost> {
  const options = [
    '-nostdin',
    '-hide_banner',
    '-benchmark',
    '-i',
    video,
    '-map',
    '0:v:0',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    'pipe:1',
  ];
  return run('ffmpeg', options, (log) => ({
    frames: Number([...log.matchAll(/frame= *(\d+)/g)].at(-1)?.[1] ?? NaN),
    cpuMs: 1000 * (Number(/utime=([\d.]+)s/.exec(log)?.[1]) + Number(/stime=([\d.]+)s/.exec(log)?.[1])),
    rssMb: Number(/maxrss=(\d+)k/i.exec(log)?.[1]) / 1024,
  }));
}

function nodeAv(folder: string, video: string): Promise<Cost> {
  const node = option('node') ?? process.execPath;
  return run(
    node,
    [join(__dirname, 'node-av-child.mjs'), folder, video],
    (log) => JSON.parse(log.trim().split('\n').at(-1)!) as Cost,
  );
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function main(): Promise<void> {
  const folder = findNodeAv();
  if (folder === undefined) {
    console.log(
      'Skipped: node-av is not installed. "npm install node-av" in any folder, then --node-av <folder>/node_modules/node-av',
    );
    return;
  }
  if (spawnSync('ffmpeg', ['-version']).status !== 0) {
    console.log('Skipped: there is no ffmpeg to compare with');
    return;
  }
  const rounds = Number(option('rounds') ?? 5);
  const scratch = mkdtempSync(join(tmpdir(), 'alpr-bench-'));
  const { version } = createRequire(__filename)(join(folder, 'package.json')) as { version: string };
  try {
    const noisy = join(scratch, 'noisy.mp4');
    const picture = 'testsrc2=s=1920x1080:r=25:d=6,noise=alls=14:allf=t';
    const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '6M', '-pix_fmt', 'yuv420p'];
    spawnSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', picture, ...encoder, '-y', noisy]);
    const given = option('video');
    const videos =
      given === undefined
        ? { 'samples/road.mp4': join(root, 'samples', 'road.mp4'), '1080p, noise, 6 Mbit/s': noisy }
        : { [given]: given };
    const rows: (string | number)[][] = [];
    for (const [name, video] of Object.entries(videos)) {
      const costs: Record<string, Cost[]> = { 'ffmpeg child': [], [`node-av ${version} child`]: [] };
      for (let round = 0; round < rounds; round++) {
        costs['ffmpeg child']!.push(await ffmpeg(video));
        costs[`node-av ${version} child`]!.push(await nodeAv(folder, video));
      }
      for (const [who, list] of Object.entries(costs)) {
        const of = (value: (cost: Cost) => number): number => median(list.map(value));
        rows.push([
          `${name}: ${who}`,
          String(list[0]!.frames),
          of((cost) => cost.cpuMs / cost.frames).toFixed(2),
          of((cost) => cost.wallMs / cost.frames).toFixed(2),
          of((cost) => cost.firstMs).toFixed(0),
          of((cost) => cost.rssMb).toFixed(0),
        ]);
      }
    }
    printTable(
      `Video → RGB in a pipe, median of ${rounds} rounds in turns; Node.js ${process.version}`,
      ['', 'frames', 'CPU ms/frame', 'wall ms/frame', 'first pixels ms', 'RSS MB'],
      rows,
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

void main();
