import assert from 'node:assert/strict';
import { nonMaximumSuppression, suppressDetections, type NmsOptions } from '../../src/detection/nms.js';
import type { Detection } from '../../src/detection/types.js';
import { seededRandom } from './random.js';

type Row = [x1: number, y1: number, x2: number, y2: number, score: number, classId: number];

function run(rows: Row[], options: NmsOptions, classAware = true): number[] {
  return nonMaximumSuppression(
    rows.flatMap((row) => row.slice(0, 4)),
    rows.map((row) => row[4]),
    options,
    classAware ? rows.map((row) => row[5]) : undefined,
  );
}

/** By definition: take the best that is left, strike out what overlaps it, again and again. O(n²), no shared code. */
function naive(rows: Row[], options: NmsOptions, classAware: boolean): number[] {
  let left = rows
    .map((row, index) => ({ row, index }))
    .filter(({ row }) => row[4] >= (options.confidenceThreshold ?? 0));
  const kept: number[] = [];
  while (left.length > 0 && kept.length < (options.maxDetections ?? rows.length)) {
    const winner = left.reduce((best, other) => (other.row[4] > best.row[4] ? other : best));
    kept.push(winner.index);
    left = left.filter((other) => {
      if (other === winner) return false;
      if (classAware && other.row[5] !== winner.row[5]) return true;
      return overlap(other.row, winner.row) <= options.iouThreshold;
    });
  }
  return kept;
}

function overlap(a: Row, b: Row): number {
  const w = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const h = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h;
  return union === 0 ? 0 : (w * h) / union;
}

describe('non-maximum suppression', () => {
  it('drops a piece of a box beside the whole only where that is asked for', () => {
    const rows: Row[] = [
      [0, 0, 100, 100, 0.9, 0],
      [80, 40, 110, 60, 0.8, 0],
    ];
    assert.deepEqual(run(rows, { iouThreshold: 0.5 }), [0, 1]);
    assert.deepEqual(run(rows, { iouThreshold: 0.5, containedShare: 0.7 }), [0, 1], 'two thirds lie inside');
    assert.deepEqual(run(rows, { iouThreshold: 0.5, containedShare: 0.6 }), [0]);
  });

  // Shifted by 1/3 of the width: IoU exactly 0.5 (intersection 20·30 = 600, union 1200).
  const half: Row[] = [
    [0, 0, 30, 30, 0.9, 0],
    [10, 0, 40, 30, 0.8, 0],
  ];
  const cases: { title: string; rows: Row[]; options: NmsOptions; classAware?: boolean; kept: number[] }[] = [
    { title: 'nothing for no boxes', rows: [], options: { iouThreshold: 0.5 }, kept: [] },
    { title: 'both at exactly the limit', rows: half, options: { iouThreshold: 0.5 }, kept: [0, 1] },
    { title: 'the better one just below the limit', rows: half, options: { iouThreshold: 0.499 }, kept: [0] },
    {
      title: 'boxes of other classes',
      rows: [half[0]!, [10, 0, 40, 30, 0.8, 1]],
      options: { iouThreshold: 0.3 },
      kept: [0, 1],
    },
    {
      title: 'only the best of all classes when class-agnostic',
      rows: [half[0]!, [10, 0, 40, 30, 0.8, 1]],
      options: { iouThreshold: 0.3 },
      classAware: false,
      kept: [0],
    },
    {
      title: 'a box whose suppressor was itself suppressed',
      rows: [
        [0, 0, 30, 30, 0.9, 0],
        [10, 0, 40, 30, 0.8, 0],
        [20, 0, 50, 30, 0.7, 0],
      ],
      options: { iouThreshold: 0.4 },
      kept: [0, 2],
    },
    {
      title: 'equal scores in the order they came',
      rows: [
        [0, 0, 1, 1, 0.5, 0],
        [5, 0, 6, 1, 0.7, 0],
        [10, 0, 11, 1, 0.5, 0],
        [15, 0, 16, 1, 0.5, 0],
      ],
      options: { iouThreshold: 0.5 },
      kept: [1, 0, 2, 3],
    },
    {
      title: 'scores from exactly the threshold up, never NaN',
      rows: [
        [0, 0, 1, 1, 0.5, 0],
        [5, 0, 6, 1, 0.49999, 0],
        [10, 0, 11, 1, NaN, 0],
      ],
      options: { iouThreshold: 0.5, confidenceThreshold: 0.5 },
      kept: [0],
    },
    {
      title: 'no more than maxDetections',
      rows: [
        [0, 0, 1, 1, 0.5, 0],
        [5, 0, 6, 1, 0.7, 0],
        [10, 0, 11, 1, 0.6, 0],
      ],
      options: { iouThreshold: 0.5, maxDetections: 2 },
      kept: [1, 2],
    },
    { title: 'none when maxDetections is 0', rows: half, options: { iouThreshold: 0.5, maxDetections: 0 }, kept: [] },
  ];
  for (const { title, rows, options, classAware, kept } of cases) {
    it(`keeps ${title}`, () => assert.deepEqual(run(rows, options, classAware), kept));
  }

  it('agrees with the definition on 300 random crowds', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const rows = Array.from({ length: Math.floor(random() * 60) }, (): Row => {
        const x = Math.floor(random() * 40);
        const y = Math.floor(random() * 40);
        // Coarse numbers on purpose: equal scores and overlaps of exactly the limit happen often.
        const width = 1 + Math.floor(random() * 20);
        const height = 1 + Math.floor(random() * 20);
        return [x, y, x + width, y + height, Math.round(random() * 10) / 10, Math.floor(random() * 3)];
      });
      const options = {
        iouThreshold: Math.round(random() * 10) / 10,
        confidenceThreshold: 0.2,
        maxDetections: seed % 3 === 0 ? 5 : undefined,
      };
      for (const classAware of [true, false]) {
        assert.deepEqual(run(rows, options, classAware), naive(rows, options, classAware), `seed ${seed}`);
      }
    }
  });

  it('merges detections without copying them, best first', () => {
    const detection = (x: number, confidence: number, classId: number): Detection => ({
      box: { x1: x, y1: 0, x2: x + 30, y2: 30 },
      confidence,
      classId,
      label: `c${classId}`,
    });
    const [weak, strong, other] = [detection(0, 0.4, 0), detection(5, 0.9, 0), detection(5, 0.6, 1)];
    const merged = suppressDetections([weak!, strong!, other!], { iouThreshold: 0.5 });
    assert.equal(merged.length, 2);
    assert.equal(merged[0], strong);
    assert.equal(merged[1], other);
    assert.deepEqual(suppressDetections([weak!, strong!, other!], { iouThreshold: 0.5, classAgnostic: true }), [
      strong,
    ]);
  });
});
