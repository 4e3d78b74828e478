import assert from 'node:assert/strict';
import { decodeDetections, type DecodeOptions } from '../../../src/detection/decode.js';
import { DecodeError } from '../../../src/detection/decode-error.js';
import type { TensorView } from '../../../src/detection/tensor-view.js';
import type { HailoNmsOutput } from '../../../src/models/manifest.js';
import { seededRandom } from '../random.js';

const OUTPUT: HailoNmsOutput = { decoder: 'hailo-nms', labels: ['car', 'bus', 'truck'] };
const OPTIONS: DecodeOptions = {
  inputWidth: 400,
  inputHeight: 200,
  confidenceThreshold: 0.5,
  iouThreshold: 0.45,
  batchIndex: 0,
};
const MOST = 3;
const SIZE = 3 * (1 + 5 * MOST);

/** What HailoRT writes: the numbers packed from the front, and whatever was in the buffer before behind them. */
function buffer(packed: number[], leftover = 0): { nms: TensorView } {
  const data = new Float32Array(SIZE).fill(leftover);
  data.set(packed);
  return { nms: { dims: [3, 1 + 5 * MOST], data } };
}

describe("HailoRT's NMS by class", () => {
  it('reads class after class without gaps: y before x, 0 to 1 of the input', () => {
    const outputs = buffer([
      // class 0: two; class 1: none; class 2: one
      ...[2, 0.25, 0.125, 0.75, 0.5, 0.875, 0.5, 0.5, 1, 1, 0.625],
      ...[0],
      ...[1, 0, 0, 0.25, 0.25, 0.75],
    ]);
    assert.deepEqual(decodeDetections(outputs, OUTPUT, OPTIONS), [
      { box: { x1: 50, y1: 50, x2: 200, y2: 150 }, confidence: 0.875, classId: 0, label: 'car' },
      { box: { x1: 0, y1: 0, x2: 100, y2: 50 }, confidence: 0.75, classId: 2, label: 'truck' },
      { box: { x1: 200, y1: 100, x2: 400, y2: 200 }, confidence: 0.625, classId: 0, label: 'car' },
    ]);
  });

  it('never looks behind the last class, where boxes of earlier frames stand', () => {
    const record = [0.1, 0.1, 0.3, 0.3, 0.99];
    const earlier = [3, ...record, ...record, ...record, 3, ...record, ...record, ...record];
    const data = new Float32Array(SIZE).fill(NaN);
    data.set(earlier);
    data.set([0, 1, 0, 0, 0.5, 0.5, 0.75, 0]);
    const found = decodeDetections({ nms: { dims: [3, 16], data } }, OUTPUT, OPTIONS);
    assert.deepEqual(
      found.map(({ label, confidence }) => [label, confidence]),
      [['bus', 0.75]],
    );
  });

  for (const leftover of [0, 7, NaN, -Infinity, 1e30]) {
    it(`finds nothing in an empty frame, with ${leftover} in the rest of the buffer`, () => {
      assert.deepEqual(decodeDetections(buffer([0, 0, 0], leftover), OUTPUT, OPTIONS), []);
    });
  }

  it('reads a buffer that is full to the last number', () => {
    const packed: number[] = [];
    for (let classId = 0; classId < 3; classId++) {
      packed.push(MOST);
      for (let i = 0; i < MOST; i++) packed.push(i / 4, classId / 4, (i + 1) / 4, (classId + 1) / 4, 0.5 + i / 16);
    }
    assert.equal(packed.length, SIZE);
    const found = decodeDetections(buffer(packed), OUTPUT, OPTIONS);
    assert.equal(found.length, 9);
    const last = found.find(({ classId, confidence }) => classId === 2 && confidence === 0.625);
    assert.deepEqual(last?.box, { x1: 200, y1: 100, x2: 300, y2: 150 });
  });

  it('keeps a score of exactly the threshold, although the network has it as a float32', () => {
    const outputs = buffer([2, 0, 0, 0.5, 0.5, 0.3, 0.5, 0.5, 1, 1, 0.29, 0, 0]);
    const found = decodeDetections(outputs, OUTPUT, { ...OPTIONS, confidenceThreshold: 0.3 });
    assert.deepEqual(
      found.map(({ confidence }) => confidence),
      [Math.fround(0.3)],
    );
  });

  it('suppresses again where a stricter overlap is asked for than the chip was told', () => {
    // Two boxes of one class that share 2/3 of their union, and one of another class in the same place.
    const outputs = buffer([2, 0, 0, 1, 0.5, 0.9, 0, 0.1, 1, 0.6, 0.8, 1, 0, 0, 1, 0.5, 0.7, 0]);
    const labelsAt = (iouThreshold: number): string[] =>
      decodeDetections(outputs, OUTPUT, { ...OPTIONS, iouThreshold }).map(({ label }) => label);
    assert.deepEqual(labelsAt(0.7), ['car', 'car', 'bus']);
    assert.deepEqual(labelsAt(0.45), ['car', 'bus']);
  });

  it('gives only the labels that are kept, and counts only them against the limit', () => {
    const outputs = buffer([1, 0, 0, 0.5, 0.5, 0.9, 1, 0, 0, 0.5, 0.5, 0.6, 1, 0.5, 0.5, 1, 1, 0.7]);
    const found = decodeDetections(outputs, { ...OUTPUT, keep: ['truck', 'bus'] }, { ...OPTIONS, maxDetections: 2 });
    assert.deepEqual(
      found.map(({ label, classId }) => [label, classId]),
      [
        ['truck', 2],
        ['bus', 1],
      ],
    );
  });

  it('leaves out boxes without area and records that are not finite', () => {
    const outputs = buffer([
      ...[3, 0.5, 0, 0.5, 1, 0.9, NaN, 0, 1, 1, 0.9, 0, 0, 1, Infinity, 0.9],
      ...[2, 0, 0, 1, 1, NaN, 0, 0, 1, 1, Infinity],
      ...[1, 0, 0, 1, 1, 0.75],
    ]);
    assert.deepEqual(
      decodeDetections(outputs, OUTPUT, OPTIONS).map(({ label }) => label),
      ['truck'],
    );
  });

  it('takes a buffer with a batch axis of its own', () => {
    const data = new Float32Array(2 * SIZE).fill(9);
    data.set([0, 0, 0], 0);
    data.set([0, 1, 0, 0, 1, 1, 0.75, 0], SIZE);
    const outputs = { nms: { dims: [2, 3, 16], data } };
    const labels = [0, 1].map((batchIndex) =>
      decodeDetections(outputs, OUTPUT, { ...OPTIONS, batchIndex }).map(({ label }) => label),
    );
    assert.deepEqual(labels, [[], ['bus']]);
  });

  const lies: [title: string, packed: number[], message: RegExp][] = [
    ['NaN', [NaN], /count of class 0 \("car"\) in output "nms" but received NaN/],
    ['negative', [0, -1], /from 0 to 3 for the count of class 1 \("bus"\) in output "nms" but received -1/],
    ['a fraction', [1, 0, 0, 1, 1, 0.9, 0.5], /count of class 1 \("bus"\) in output "nms" but received 0\.5/],
    ['more than fit a class', [0, 0, 4], /from 0 to 3 for the count of class 2 \("truck"\) .* but received 4/],
    ['infinite', [Infinity], /count of class 0 \("car"\) in output "nms" but received Infinity/],
    ['far too large', [0, 1e30], /count of class 1 \("bus"\) in output "nms" but received 1\.0000000150474662e\+30/],
  ];
  for (const [title, packed, message] of lies) {
    it(`refuses a count that is ${title}`, () => {
      const wrong = { name: 'DecodeError', code: 'ALPR_DECODE', message };
      assert.throws(() => decodeDetections(buffer(packed), OUTPUT, OPTIONS), wrong);
    });
  }

  const shapes: [title: string, dims: number[], labels: string[], message: RegExp][] = [
    ['fewer labels than classes', [3, 16], ['car'], /Expected 1 classes, one per label \(car\), .* but received 3/],
    ['more labels than classes', [3, 16], ['a', 'b', 'c', 'd', 'e'], /Expected 5 classes, .*a, b, c … e.* received 3/],
    ['a width that is not 1 + 5 n', [3, 15], OUTPUT.labels, /Expected dims \[3, 1 \+ 5 · most per class\] .*\[3, 15\]/],
    ['one axis', [48], OUTPUT.labels, /Expected dims \[3, 1 \+ 5 · most per class\] .* but received \[48\]/],
  ];
  for (const [title, dims, labels, message] of shapes) {
    it(`refuses ${title}`, () => {
      const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
      assert.throws(() => decodeDetections({ nms: { dims, data } }, { ...OUTPUT, labels }, OPTIONS), {
        code: 'ALPR_DECODE',
        message,
      });
    });
  }

  it('gives finite boxes within the counts, or says what is wrong, for any numbers', () => {
    const random = seededRandom(3);
    const seen = { decoded: 0, refused: 0 };
    for (let round = 0; round < 3000; round++) {
      const data = Float32Array.from({ length: SIZE }, () => {
        const kind = random();
        if (kind < 0.5) return Math.floor(random() * 4);
        if (kind < 0.9) return random();
        return [NaN, Infinity, -Infinity, -1, 1e20][Math.floor(random() * 5)]!;
      });
      try {
        const found = decodeDetections({ nms: { dims: [3, 16], data } }, OUTPUT, { ...OPTIONS, iouThreshold: 1 });
        seen.decoded++;
        assert.ok(found.length <= 3 * MOST);
        for (const { box, confidence, classId } of found) {
          assert.ok(Object.values(box).every(Number.isFinite) && box.x2 > box.x1 && box.y2 > box.y1);
          assert.ok(confidence >= 0.5 && confidence <= 1 && classId < 3);
        }
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        seen.refused++;
      }
    }
    assert.ok(seen.decoded > 100 && seen.refused > 100, JSON.stringify(seen));
  });
});
