/**
 * Milliseconds per call of every decoder and reader at usual sizes, on outputs as a busy scene gives them.
 * Run: npx tsx bench/decode.ts
 */
import { decodeDetections, type DecodeOptions } from '../src/detection/decode.js';
import { nonMaximumSuppression } from '../src/detection/nms.js';
import type { TensorView } from '../src/detection/tensor-view.js';
import type { DetectorOutput, ReaderOutput } from '../src/models/manifest.js';
import { decodeReading } from '../src/reading/decode.js';

const RUNS = 60;
const OBJECTS = 20;

interface Row {
  name: string;
  size: string;
  work: () => { length: number };
}

let state = 1;
/** 0..1, the same sequence in every run. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

function fill(dims: number[], value: () => number): TensorView & { data: Float32Array } {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  for (let index = 0; index < data.length; index++) data[index] = value();
  return { dims, data };
}

const labels = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`);
const options = (inputWidth: number, inputHeight: number): DecodeOptions => ({
  inputWidth,
  inputHeight,
  confidenceThreshold: 0.4,
  iouThreshold: 0.5,
  batchIndex: 0,
});

/** Around each of 20 objects 12 overlapping rows above the threshold; everything else is background. */
function cornerRows(anchors: number, columns: number): TensorView {
  const view = fill([1, anchors, columns], () => 0.01);
  for (let object = 0; object < OBJECTS; object++) {
    for (let copy = 0; copy < 12; copy++) {
      const at = ((object * 12 + copy) * 31 * columns) % view.data.length;
      const [x, y] = [object * 20 + copy, 100 + copy];
      view.data.set(
        [0.5 + random() / 2, x, y, x + 60, y + 20, x, y, x + 60, y, x + 60, y + 20, x, y + 20].slice(0, columns),
        at,
      );
    }
  }
  return view;
}

function yolov8(classes: number, anchors: number, first: boolean): TensorView {
  const channels = 4 + classes;
  const view = fill(first ? [1, channels, anchors] : [1, anchors, channels], () => random() * 0.2);
  for (let object = 0; object < OBJECTS * 12; object++) {
    const row = (object * 31) % anchors;
    const values = [object * 2, 200, 60, 40];
    values.push(0.5 + random() / 2);
    values.forEach((value, channel) => (view.data[first ? channel * anchors + row : row * channels + channel] = value));
  }
  return view;
}

function heads(size: number, strides: number[], channels: number): Record<string, TensorView> {
  return Object.fromEntries(
    strides.map((stride) => {
      const side = size / stride;
      // One anchor in about 200 passes, as around real objects.
      return [`s${stride}`, fill([1, side, side, channels], () => (random() < 0.07 ? 1.5 : -5))];
    }),
  );
}

const anchors3: [number, number][] = [
  [30, 61],
  [62, 45],
  [59, 119],
];

function detector(
  name: string,
  size: string,
  outputs: Record<string, TensorView>,
  output: DetectorOutput,
  side: number,
): Row {
  return { name, size, work: () => decodeDetections(outputs, output, options(side, side)) };
}

function reader(name: string, size: string, view: TensorView, output: ReaderOutput, beamWidth: number): Row {
  const settings = { batchIndex: 0, inputWidth: 160, inputHeight: 48, beamWidth };
  return { name, size, work: () => decodeReading({ out: view }, output, settings).characters };
}

/** Seven characters, each sure to about 0.95 with a rival, over two lines of 40 steps. */
function ctcSteps(): TensorView {
  const view = fill([1, 80, 37], () => random() * 2);
  for (let step = 0; step < 80; step++) {
    const character = step < 36 && step % 5 === 2;
    view.data[step * 37 + (character ? 1 + (step % 36) : 0)] = 9;
    if (character) view.data[step * 37 + 1 + ((step + 7) % 36)] = 6;
  }
  return view;
}

const crowd = fill([8400, 4], () => 0);
const crowdScores = fill([8400], random);
for (let index = 0; index < 8400; index++) {
  const [x, y] = [random() * 600, random() * 600];
  crowd.data.set([x, y, x + 40, y + 30], index * 4);
}

const ctc: ReaderOutput = { decoder: 'ctc', alphabet: [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'], blank: 0, lines: 2 };
const steps = ctcSteps();
const rows: Row[] = [
  detector(
    'corner-detector, plate',
    '5376x13',
    { d: cornerRows(5376, 13) },
    { decoder: 'corner-detector', labels: ['plate'], corners: true },
    512,
  ),
  detector(
    'corner-detector, vehicle',
    '8400x5',
    { d: cornerRows(8400, 5) },
    { decoder: 'corner-detector', labels: ['vehicle'], corners: false },
    640,
  ),
  detector(
    'yolov8 channels-first',
    '84x8400',
    { o: yolov8(80, 8400, true) },
    { decoder: 'yolov8', labels: labels(80), layout: 'channels-first' },
    640,
  ),
  detector(
    'yolov8 channels-last',
    '8400x84',
    { o: yolov8(80, 8400, false) },
    { decoder: 'yolov8', labels: labels(80), layout: 'channels-last' },
    640,
  ),
  detector(
    'yolov8, one class',
    '5x8400',
    { o: yolov8(1, 8400, true) },
    { decoder: 'yolov8', labels: ['plate'], layout: 'channels-first' },
    640,
  ),
  detector(
    'yolov5, one class, raw',
    '80²+40²+20² x18',
    heads(640, [8, 16, 32], 18),
    {
      decoder: 'yolov5',
      labels: ['v'],
      outputs: ['s8', 's16', 's32'],
      strides: [8, 16, 32],
      anchors: [anchors3, anchors3, anchors3],
      activated: false,
      layout: 'NHWC',
    },
    640,
  ),
  detector(
    'yolov4-tiny, one class, raw',
    '13²+26² x18',
    heads(416, [32, 16], 18),
    {
      decoder: 'yolov4',
      labels: ['p'],
      outputs: ['s32', 's16'],
      strides: [32, 16],
      anchors: [anchors3, anchors3],
      scaleXY: 1.05,
      activated: false,
      layout: 'NHWC',
    },
    416,
  ),
  {
    name: 'suppression alone, threshold 0.4',
    size: '8400',
    work: () => nonMaximumSuppression(crowd.data, crowdScores.data, { iouThreshold: 0.5, confidenceThreshold: 0.4 }),
  },
  reader('ctc greedy', '80x37, 2 lines', steps, ctc, 1),
  reader('ctc beam 8', '80x37, 2 lines', steps, ctc, 8),
  reader('ctc beam 25', '80x37, 2 lines', steps, ctc, 25),
  reader(
    'slots',
    '9x37',
    fill([1, 9, 37], () => random() * 8),
    { decoder: 'slots', slots: 9, alphabet: labels(37), pad: 36 },
    8,
  ),
];

console.log(
  `${'decoder'.padEnd(34)}${'size'.padEnd(18)}${'kept'.padStart(6)}${'median ms'.padStart(12)}${'p95 ms'.padStart(10)}`,
);
for (const { name, size, work } of rows) {
  const times: number[] = [];
  let kept = 0;
  for (let run = 0; run < RUNS + 10; run++) {
    const start = performance.now();
    kept = work().length;
    if (run >= 10) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const [median, late] = [times[RUNS >> 1]!, times[Math.floor(RUNS * 0.95)]!];
  console.log(
    `${name.padEnd(34)}${size.padEnd(18)}${String(kept).padStart(6)}${median.toFixed(3).padStart(12)}${late.toFixed(3).padStart(10)}`,
  );
}
