import assert from 'node:assert/strict';
import { decodeDetections, type DecodeOptions } from '../../../src/detection/decode.js';
import type { EndToEndOutput } from '../../../src/models/manifest.js';

const OPTIONS: DecodeOptions = {
  inputWidth: 400,
  inputHeight: 200,
  confidenceThreshold: 0.5,
  iouThreshold: 0.45,
  batchIndex: 0,
};

describe('end-to-end output', () => {
  const v10: EndToEndOutput = {
    decoder: 'end-to-end',
    labels: ['car', 'bus'],
    columns: ['x1', 'y1', 'x2', 'y2', 'confidence', 'class'],
    units: 'pixels',
  };
  const v7: EndToEndOutput = {
    decoder: 'end-to-end',
    labels: ['plate'],
    columns: ['batch', 'x1', 'y1', 'x2', 'y2', 'class', 'confidence'],
    units: 'pixels',
  };

  it('sorts rows and leaves overlapping ones alone: the graph has suppressed already', () => {
    const rows = [
      [10, 10, 50, 30, 0.5, 0],
      [10, 10, 50, 30, 0.75, 0],
      [12, 10, 52, 30, 0.625, 1],
    ];
    const found = decodeDetections({ out: { dims: [1, 3, 6], data: rows.flat() } }, v10, OPTIONS);
    assert.deepEqual(found, [
      { box: { x1: 10, y1: 10, x2: 50, y2: 30 }, confidence: 0.75, classId: 0, label: 'car' },
      { box: { x1: 12, y1: 10, x2: 52, y2: 30 }, confidence: 0.625, classId: 1, label: 'bus' },
      { box: { x1: 10, y1: 10, x2: 50, y2: 30 }, confidence: 0.5, classId: 0, label: 'car' },
    ]);
  });

  it('tells pictures apart by the batch column', () => {
    const rows = [
      [0, 1, 1, 9, 9, 0, 0.9],
      [2, 2, 2, 9, 9, 0, 0.8],
      [0, 3, 3, 9, 9, 0, 0.7],
    ];
    const outputs = { out: { dims: [3, 7], data: Float32Array.from(rows.flat()) } };
    const lefts = [0, 1, 2].map((batchIndex) =>
      decodeDetections(outputs, v7, { ...OPTIONS, batchIndex }).map(({ box }) => box.x1),
    );
    assert.deepEqual(lefts, [[1, 3], [], [2]]);
  });

  it('tells pictures apart by the batch axis', () => {
    const rows = [
      [10, 10, 50, 30, 0.9, 0],
      [0, 0, 0, 0, 0, -1],
      [20, 10, 50, 30, 0.9, 0],
      [30, 10, 50, 30, 0.8, 1],
    ];
    const outputs = { out: { dims: [2, 2, 6], data: rows.flat() } };
    const lefts = [0, 1].map((batchIndex) =>
      decodeDetections(outputs, v10, { ...OPTIONS, batchIndex }).map(({ box }) => box.x1),
    );
    assert.deepEqual(lefts, [[10], [20, 30]]);
  });

  it('scales normalised boxes to pixels of the input, in any order of columns', () => {
    const spec: EndToEndOutput = {
      decoder: 'end-to-end',
      labels: ['vehicle'],
      columns: ['y1', 'x1', 'y2', 'x2', 'confidence'],
      units: 'normalised',
    };
    const found = decodeDetections({ out: { dims: [1, 1, 5], data: [0.25, 0.5, 0.75, 1, 0.875] } }, spec, OPTIONS);
    assert.deepEqual(found, [
      { box: { x1: 200, y1: 50, x2: 400, y2: 150 }, confidence: 0.875, classId: 0, label: 'vehicle' },
    ]);
  });

  it('gives nothing when the graph found nothing', () => {
    assert.deepEqual(decodeDetections({ out: { dims: [0, 7], data: [] } }, v7, OPTIONS), []);
  });

  const dropped: [string, number[]][] = [
    ['padding with class −1', [10, 10, 50, 30, 0.9, -1]],
    ['a class without a label', [10, 10, 50, 30, 0.9, 2]],
    ['a class that is no number', [10, 10, 50, 30, 0.9, NaN]],
    ['a confidence that is no number', [10, 10, 50, 30, NaN, 0]],
    ['an infinite confidence', [10, 10, 50, 30, Infinity, 0]],
    ['an infinite side', [-Infinity, 10, 50, 30, 0.9, 0]],
    ['a side that is no number', [10, NaN, 50, 30, 0.9, 0]],
    ['a box without area', [10, 10, 10, 30, 0.9, 0]],
    ['a confidence below the threshold', [10, 10, 50, 30, 0.49, 0]],
  ];
  for (const [title, row] of dropped) {
    it(`drops ${title}`, () => {
      const data = [...row, 20, 10, 50, 30, 0.5, 1];
      const found = decodeDetections({ out: { dims: [1, 2, 6], data } }, v10, OPTIONS);
      assert.deepEqual(
        found.map(({ label }) => label),
        ['bus'],
      );
    });
  }

  it('keeps no more than maxDetections', () => {
    const data = [10, 10, 50, 30, 0.6, 0, 10, 10, 50, 30, 0.9, 1];
    const found = decodeDetections({ out: { dims: [1, 2, 6], data } }, v10, { ...OPTIONS, maxDetections: 1 });
    assert.deepEqual(
      found.map(({ label }) => label),
      ['bus'],
    );
  });

  it('says which columns it expected', () => {
    assert.throws(() => decodeDetections({ out: { dims: [1, 1, 7], data: new Float32Array(7) } }, v10, OPTIONS), {
      code: 'ALPR_DECODE',
      message: 'Expected dims [N, rows, 6] (x1, y1, x2, y2, confidence, class) for output "out" but received [1, 1, 7]',
    });
    assert.throws(
      () =>
        decodeDetections({ out: { dims: [1, 1], data: [0] } }, { ...v10, columns: ['x1', 'y1', 'x2', 'y2'] }, OPTIONS),
      { code: 'ALPR_DECODE', message: 'Expected a column "confidence" for output.columns but received x1, y1, x2, y2' },
    );
  });
});
