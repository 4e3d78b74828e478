/**
 * Milliseconds of the pixel work at 1080p, beside sharp doing the same job on one thread. Run: npx tsx bench/image.ts
 */
import sharp from 'sharp';
import type { View } from '../src/device/device.js';
import { framePool } from '../src/frame/pool.js';
import { decodeImage } from '../src/image/decode.js';
import { encodeJpeg } from '../src/image/encode.js';
import { sharpness } from '../src/image/sharpness.js';
import { fillTensor } from '../src/image/tensor.js';
import type { ModelInput } from '../src/models/manifest.js';
import { printTable, summarise } from './table.js';

const WIDTH = 1920;
const HEIGHT = 1080;
const BYTES: ModelInput = { width: 640, height: 640, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'letterbox' };
const FLOATS: ModelInput = {
  ...BYTES,
  layout: 'NCHW',
  type: 'float32',
  normalisation: { mean: [127.5, 127.5, 127.5], scale: [64, 64, 64] },
};
const GREY = { r: 114, g: 114, b: 114 };

interface Row {
  job: string;
  ours: () => unknown;
  theirs?: () => unknown;
}

interface Times {
  median: number;
  best: number;
}

/** Runs all jobs in turn, so that other work on the machine hits them alike, for about half a second each after a warm-up. */
async function measure(jobs: (() => unknown)[]): Promise<Times[]> {
  for (const job of jobs) {
    const until = performance.now() + 200;
    while (performance.now() < until) await job();
  }
  const times: number[][] = jobs.map(() => []);
  const until = performance.now() + 500 * jobs.length;
  while (performance.now() < until) {
    for (const [i, job] of jobs.entries()) {
      const started = performance.now();
      await job();
      times[i]?.push(performance.now() - started);
    }
  }
  return times.map((list) => ({ median: summarise(list).median, best: Math.min(...list) }));
}

function makeFrame() {
  const frame = framePool().acquire({ cameraId: 'bench', sequence: 0, timestamp: 0, width: WIDTH, height: HEIGHT });
  const { pixels } = frame;
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const shade = 120 + 60 * Math.sin(x / 80) * Math.cos(y / 60) + ((x * 7919 + y * 104729) % 17);
      pixels[at++] = shade;
      pixels[at++] = shade + 20;
      pixels[at++] = 255 - shade;
    }
  }
  return frame;
}

async function main(): Promise<void> {
  sharp.concurrency(1);
  const frame = makeFrame();
  const source = { pixels: frame.pixels, width: WIDTH, height: HEIGHT };
  const bytes = new Uint8Array(640 * 640 * 3);
  const floats = new Float32Array(640 * 640 * 3);
  const whole = Buffer.from(frame.buffer, 0, WIDTH * HEIGHT * 3);
  const raw = { raw: { width: WIDTH, height: HEIGHT, channels: 3 as const } };
  const jpeg = await encodeJpeg(frame);

  const show = (view: View | undefined, input: ModelInput, width: number, height: number) => () =>
    fillTensor(source, view, input, { width, height }, input.type === 'uint8' ? bytes : floats, 0);
  const letterbox = (size: number) => () =>
    sharp(whole, raw).resize(size, size, { fit: 'contain', background: GREY, kernel: 'linear' }).raw().toBuffer();
  const cut = (left: number, top: number, width: number, height: number, size: [number, number]) => () =>
    sharp(whole, raw)
      .extract({ left, top, width, height })
      .resize(...size, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer();
  const plate = (x: number, y: number, width: number): View => ({
    corners: [
      { x, y },
      { x: x + width, y: y + width * 0.08 },
      { x: x + width * 0.98, y: y + width * 0.32 },
      { x: x - width * 0.02, y: y + width * 0.24 },
    ],
    margin: 0.08,
  });
  const stretch: ModelInput = { ...BYTES, fit: 'stretch' };

  const rows: Row[] = [
    { job: 'frame → 640 letterbox, uint8', ours: show(undefined, BYTES, 640, 640), theirs: letterbox(640) },
    { job: 'frame → 640 letterbox, float32 NCHW', ours: show(undefined, FLOATS, 640, 640) },
    { job: 'frame → 512 letterbox, uint8', ours: show(undefined, BYTES, 512, 512), theirs: letterbox(512) },
    { job: 'frame → 416 letterbox, uint8', ours: show(undefined, BYTES, 416, 416), theirs: letterbox(416) },
    {
      job: 'vehicle 600 × 500 → 384, uint8',
      ours: show({ box: { x1: 300, y1: 300, x2: 900, y2: 800 } }, BYTES, 384, 384),
      theirs: cut(300, 300, 600, 500, [384, 320]),
    },
    {
      job: 'vehicle 300 × 250 → 384, uint8',
      ours: show({ box: { x1: 300, y1: 300, x2: 600, y2: 550 } }, BYTES, 384, 384),
      theirs: cut(300, 300, 300, 250, [384, 320]),
    },
    {
      job: 'plate 90 px → 160 × 48, straightened',
      ours: show(plate(700, 500, 90), stretch, 160, 48),
      theirs: cut(700, 500, 90, 30, [160, 48]),
    },
    {
      job: 'plate 260 px → 160 × 48, straightened',
      ours: show(plate(700, 500, 260), stretch, 160, 48),
      theirs: cut(700, 500, 260, 84, [160, 48]),
    },
    { job: 'blur measure, plate 90 × 30', ours: () => sharpness(source, { x1: 700, y1: 500, x2: 790, y2: 530 }) },
    { job: 'blur measure, plate 300 × 75', ours: () => sharpness(source, { x1: 700, y1: 500, x2: 1000, y2: 575 }) },
    {
      job: 'JPEG → frame',
      ours: async () => {
        framePool().recycle(await decodeImage(jpeg, { cameraId: 'bench', sequence: 0, timestamp: 0 }));
      },
      theirs: () => sharp(jpeg).raw().toBuffer(),
    },
    { job: 'frame → JPEG', ours: () => encodeJpeg(frame), theirs: () => sharp(whole, raw).jpeg().toBuffer() },
    { job: 'frame → JPEG 960 wide', ours: () => encodeJpeg(frame, { maxWidth: 960 }) },
  ];

  const lines: string[][] = [];
  for (const { job, ours, theirs } of rows) {
    const [mine, other] = await measure(theirs === undefined ? [ours] : [ours, theirs]);
    if (mine === undefined) continue;
    const line = [job, mine.median.toFixed(2), mine.best.toFixed(2)];
    if (other === undefined) line.push('', '', '');
    else line.push(other.median.toFixed(2), other.best.toFixed(2), (mine.best / other.best).toFixed(2));
    lines.push(line);
  }
  printTable(
    `Pixel work at ${WIDTH} × ${HEIGHT}, ms on one thread`,
    ['job', 'ours', 'best', 'sharp', 'best', 'ours / sharp (best)'],
    lines,
  );
}

void main();
