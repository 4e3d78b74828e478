import assert from 'node:assert/strict';
import { decodeDetections } from '../../src/detection/decode.js';
import type { TensorView } from '../../src/detection/tensor-view.js';
import type { DetectorOutput, ReaderOutput } from '../../src/models/manifest.js';
import { decodeReading } from '../../src/reading/decode.js';
import { seededRandom } from './random.js';

const EXTREMES = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 3.4e38, -3.4e38, 1e-45, 800, -800];

/** Numbers such as a broken model or a bad cable gives: a tenth extreme ones, the rest from 0 to 1. */
function garbage(dims: number[], seed: number): TensorView {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () =>
    random() < 0.1 ? EXTREMES[Math.floor(random() * EXTREMES.length)]! : random(),
  );
  return { dims, data };
}

const anchors: [number, number][][] = [
  [
    [10, 13],
    [16, 30],
  ],
];
const heads = { anchors, layout: 'NHWC', activated: false } as const;
const detectors: { output: DetectorOutput; dims: number[] }[] = [
  { output: { decoder: 'corner-detector', labels: ['a'], corners: true }, dims: [1, 40, 13] },
  {
    output: { decoder: 'yolov5', labels: ['a', 'b'], ...heads, outputs: ['out'], strides: [16] },
    dims: [1, 4, 4, 14],
  },
  {
    output: {
      decoder: 'yolov4',
      labels: ['a', 'b'],
      scaleXY: 1.05,
      ...heads,
      outputs: ['out'],
      strides: [16],
    },
    dims: [1, 4, 4, 14],
  },
  { output: { decoder: 'yolov8', labels: ['a', 'b'], layout: 'channels-first' }, dims: [1, 6, 40] },
  {
    output: {
      decoder: 'end-to-end',
      labels: ['a', 'b'],
      columns: ['x1', 'y1', 'x2', 'y2', 'confidence', 'class'],
      units: 'normalised',
    },
    dims: [1, 40, 6],
  },
];
const readers: { output: ReaderOutput; dims: number[] }[] = [
  { output: { decoder: 'ctc', alphabet: ['A', 'B', 'C'], blank: 3, lines: 2 }, dims: [1, 12, 4] },
  { output: { decoder: 'ctc', alphabet: ['A', 'B', 'C'], blank: 0 }, dims: [1, 3, 12, 4] },
  { output: { decoder: 'slots', slots: 5, alphabet: ['A', 'B', '_'], pad: 2 }, dims: [1, 5, 3] },
  { output: { decoder: 'character-boxes', detector: detectors[3]!.output }, dims: [1, 6, 40] },
];

/** The result, or undefined when the numbers were refused with an error that says so. */
function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ALPR_DECODE', String(error));
    return undefined;
  }
}

describe('outputs full of garbage', () => {
  for (const { output, dims } of detectors) {
    it(`give finite detections in order or a DecodeError: ${output.decoder}`, () => {
      let decoded = 0;
      for (let seed = 1; seed <= 200; seed++) {
        const found = unlessRefused(() =>
          decodeDetections({ out: garbage(dims, seed) }, output, {
            inputWidth: 64,
            inputHeight: 64,
            confidenceThreshold: 0.2,
            iouThreshold: 0.5,
            batchIndex: 0,
          }),
        );
        let previous = 1;
        for (const { box, confidence, corners, label } of found ?? []) {
          const numbers = [...Object.values(box), ...(corners ?? []).flatMap(({ x, y }) => [x, y])];
          assert.ok(numbers.every(Number.isFinite), JSON.stringify(box));
          assert.ok(box.x2 > box.x1 && box.y2 > box.y1);
          assert.ok(confidence >= 0.19999 && confidence <= previous);
          assert.ok(output.labels.includes(label));
          previous = confidence;
          decoded++;
        }
      }
      assert.ok(decoded > 0, 'nothing was ever decoded: the test says nothing');
    });
  }

  for (const { output, dims } of readers) {
    it(`give a reading with confidences from 0 to 1 or a DecodeError: ${output.decoder} ${dims}`, () => {
      let read = 0;
      for (let seed = 1; seed <= 200; seed++) {
        const settings = { batchIndex: 0, inputWidth: 64, inputHeight: 64, beamWidth: 1 + (seed % 8) };
        const reading = unlessRefused(() => decodeReading({ out: garbage(dims, seed) }, output, settings));
        if (reading === undefined) continue;
        const confidences = [reading, ...reading.characters, ...reading.candidates].map(({ confidence }) => confidence);
        assert.ok(
          confidences.every((confidence) => confidence >= 0 && confidence <= 1),
          JSON.stringify(reading),
        );
        assert.equal(reading.candidates[0]?.text ?? '', reading.text);
        if (reading.text !== '') read++;
      }
      assert.ok(read > 0, 'nothing was ever read: the test says nothing');
    });
  }
});
