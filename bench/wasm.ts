/**
 * The shipped networks with the native ONNX Runtime and with its WASM build, one thread each, side by side; and what the
 * two packages take on disk.
 * Run: npx tsx bench/wasm.ts [runs]
 */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cpuDevice } from '../src/device/cpu/cpu-device';
import { loadManifest } from '../src/models/load';

type Kind = 'native' | 'wasm';

const cases: { name: string; file: string; width?: number; height?: number; views?: number }[] = [
  { name: 'vehicle 640x640', file: 'plateflow-vehicle.json', width: 640, height: 640 },
  { name: 'vehicle 416x416', file: 'plateflow-vehicle.json', width: 416, height: 416 },
  { name: 'plate 512x512', file: 'plateflow-plate.json', width: 512, height: 512 },
  { name: 'plate 384x384', file: 'plateflow-plate.json', width: 384, height: 384 },
  { name: 'reader, 1 plate', file: 'plateflow-reader.json' },
  { name: 'reader, 3 plates', file: 'plateflow-reader.json', views: 3 },
];

const models = join(__dirname, '..', 'models');
/** WASM code is compiled twice, the second time while it runs: the first runs are several times slower. */
const WARM_UP = 8;

async function measure({ file, width, height, views = 1 }: (typeof cases)[number], kind: Kind, runs: number) {
  const device = cpuDevice({ runtime: kind, workers: 1 });
  const started = performance.now();
  const network = await device.open(loadManifest(join(models, file)));
  const open = performance.now() - started;
  const buffer = new SharedArrayBuffer(1920 * 1080 * 3 + 4);
  const pixels = new Uint8Array(buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 7 + (i >> 8) * 13) & 255;
  const request = {
    source: { buffer, width: 1920, height: 1080 },
    views: Array.from({ length: views }, (_, i) => ({ box: { x1: 100 * i, y1: 100, x2: 100 * i + 160, y2: 148 } })),
    options: width && height ? { inputSize: { width, height } } : {},
    fairKey: 'bench',
  };
  if (width) request.views = [];
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + runs; i++) {
    const { timings } = await network.run(request);
    if (i >= WARM_UP) times.push(timings.infer);
  }
  await device.close();
  times.sort((a, b) => a - b);
  return { open, infer: times[Math.floor(times.length / 2)] ?? Number.NaN };
}

/** Bytes of a package's folder. */
function folderSize(path: string): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) bytes += folderSize(inner);
    else if (entry.isFile()) bytes += statSync(inner).size;
  }
  return bytes;
}

function packageFolder(name: string): string | undefined {
  try {
    let folder = dirname(require.resolve(name));
    while (!folder.endsWith(join('node_modules', name))) folder = dirname(folder);
    return folder;
  } catch {
    return undefined;
  }
}

function row(cells: (string | number)[]): string {
  return cells.map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(12))).join('');
}

async function main(): Promise<void> {
  const runs = Math.max(1, Number(process.argv[2] ?? 20));
  const ms = (value: number): string => value.toFixed(1);
  console.log(`One thread, median of ${runs} runs after ${WARM_UP}, ms; Node.js ${process.versions.node}`);
  console.log(row(['', 'native', 'WASM', 'ratio', 'open native', 'open WASM']));
  for (const entry of cases) {
    const native = await measure(entry, 'native', runs).catch(() => ({ open: Number.NaN, infer: Number.NaN }));
    const wasm = await measure(entry, 'wasm', runs);
    const ratio = `${(wasm.infer / native.infer).toFixed(1)}x`;
    console.log(row([entry.name, ms(native.infer), ms(wasm.infer), ratio, ms(native.open), ms(wasm.open)]));
  }
  console.log();
  console.log(row(['installed', 'MB']));
  for (const name of ['onnxruntime-node', 'onnxruntime-web']) {
    const folder = packageFolder(name);
    console.log(row([name, folder ? (folderSize(folder) / 1e6).toFixed(0) : 'not there']));
  }
  const web = packageFolder('onnxruntime-web');
  if (web) {
    const used = ['ort.node.min.js', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
    const bytes = used.reduce((sum, file) => sum + statSync(join(web, 'dist', file)).size, 0);
    console.log(row(['  of it used', (bytes / 1e6).toFixed(0)]));
  }
}

void main();
