import assert from 'node:assert/strict';
import type { Box, Corners } from '../../../src/detection/types.js';
import type { ModelOutput } from '../../../src/models/manifest.js';
import { figuresOf } from '../../../src/cli/evaluation/figures.js';
import {
  judgeScene,
  readTextOf,
  writable,
  type Find,
  type PictureOutcome,
} from '../../../src/cli/evaluation/outcome.js';
import { sourceRows, summaryRows } from '../../../src/cli/evaluation/groups.js';
import { readings, scene } from './outcomes.js';

const box = (x1: number): Box => ({ x1, y1: 0, x2: x1 + 10, y2: 10 });
const near = (actual: number | undefined, expected: number): void =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

describe('Figures of found plates', () => {
  it('matches every label once, the surest find first, at IoU 0.5 or more', () => {
    // 100 px² each: shifted by 3 px IoU is 70 / 130 = 0.54, by 4 px 60 / 140 = 0.43.
    const labels = [{ box: box(0), text: 'A0' }, { box: box(100) }, { box: box(200) }];
    const finds: Find[] = [
      { box: box(0), confidence: 0.5, text: 'XX' },
      { box: box(3), confidence: 0.6, text: 'AO', textConfidence: 0.8 },
      { box: box(104), confidence: 0.9 },
    ];
    const outcomes = [scene(labels, finds)];
    assert.deepEqual(
      outcomes[0]!.labels.map(({ found }) => found),
      [true, false, false],
    );
    assert.deepEqual(outcomes[0]!.labels[0]!.read, { text: 'AO', confidence: 0.8 });
    const { detection } = figuresOf(outcomes, true);
    const counts = { pictures: 1, labels: 3, finds: 3, matched: 1, texts: 1, textsExact: 1, corners: 0 };
    assert.deepEqual(detection, counts);
  });

  it('measures corners against the height of the plate', () => {
    const corners = (shift: number): Corners => [
      { x: shift, y: 0 },
      { x: 40, y: 0 },
      { x: 40, y: 20 },
      { x: 0, y: 20 + shift },
    ];
    const label = { box: { x1: 0, y1: 0, x2: 40, y2: 20 }, corners: corners(0) };
    const found = (shift: number) => scene([label], [{ ...label, confidence: 0.9, corners: corners(shift) }]);
    // Two of four corners off by the shift: 4 px is (4 + 4) / 4 / 20 = 0.1 of the height.
    near(found(4).labels[0]!.cornerError, 0.1);
    const { detection } = figuresOf([found(4), found(0), found(8)], true);
    near(detection!.cornerError, 0.1);
    // Of 0, 0.1 and 0.2 the 90th percentile lies at 1.8 steps.
    near(detection!.cornerError90, 0.18);
    assert.equal(detection!.corners, 3);
  });

  it('counts a plate that was not found as an empty reading', () => {
    const { reading } = figuresOf([scene([{ box: box(0), text: 'AB12' }], [])], true);
    assert.deepEqual(
      [reading!.crops, reading!.exactMerged, reading!.unread, reading!.edits, reading!.characters],
      [1, 0, 1, 4, 4],
    );
  });

  it('counts what is found where no plates are, per such picture', () => {
    const empty = (found: number, read: number): PictureOutcome => ({
      ...scene([], []),
      falsePlates: { found, read },
    });
    const outcomes = [empty(2, 1), empty(0, 0), scene([{ box: box(0) }], [])];
    assert.deepEqual(figuresOf(outcomes, true).falsePlates, { pictures: 2, found: 2, read: 1 });
  });

  it('leaves out pictures that failed, and says how many', () => {
    const failed: PictureOutcome = { file: 'x', region: '', labels: [], finds: 0, error: 'no such file' };
    const { pictures, failures, detection } = figuresOf([failed, scene([{ box: box(0) }], [])], true);
    assert.deepEqual([pictures, failures, detection!.pictures], [1, 1, 1]);
  });

  it('takes the median of the times of each stage', () => {
    const timed = (plateDetect: number, more = {}): PictureOutcome => ({
      ...scene([], []),
      timings: { plateDetect, ...more },
    });
    const outcomes = [timed(90), timed(10, { read: 3 }), timed(20), scene([], [])];
    assert.deepEqual(figuresOf(outcomes, true).ms, { plateDetect: 20, read: 3 });
  });
});

describe('Figures of readings', () => {
  it('counts exact readings with and without O = 0 and I = 1, and character errors', () => {
    const outcomes = readings(['AB-12', 'AB12', 1], ['O123', '0I23', 0.7], ['KITTEN', 'SITTIN', 0.9]);
    const { reading, calibration } = figuresOf(outcomes, false);
    const { interval, ...counts } = reading!;
    const expected = { crops: 3, exact: 1, exactMerged: 2, unread: 0, edits: 0 + 2 + 2, characters: 4 + 4 + 6 };
    assert.deepEqual(counts, expected);
    assert.ok(interval[0] < 2 / 3 && interval[1] > 2 / 3);
    // Bins of one reading each: |1 − 1|, |0.7 − 1|, |0.9 − 0|.
    near(calibration!.expectedCalibrationError, 1.2 / 3);
  });

  it('ask for a province character of a reader that has them, and of no other', () => {
    const ctc = (alphabet: string): ModelOutput => ({
      decoder: 'ctc',
      output: 'logits',
      alphabet: [...alphabet],
      blank: 0,
      layout: 'NTC',
      lines: 1,
    });
    assert.equal(writable('皖A-12345', ctc('0123456789A')), 'A12345');
    assert.equal(writable('皖A-12345', ctc('0123456789A皖')), '皖A12345');
    assert.equal(figuresOf(readings(['皖A12345', 'A12345', 1]), false).reading!.exact, 0);
    assert.equal(figuresOf(readings(['皖A12345', '皖A12345', 1]), false).reading!.exact, 1);
  });

  it('are of what was read, with its confidence, and of nothing where nothing was', () => {
    assert.deepEqual(readTextOf({ text: 'A812', textConfidence: 0.3 }), { text: 'A812', confidence: 0.3 });
    assert.equal(readTextOf({ text: '', textConfidence: 0.3 }), undefined);
    assert.equal(readTextOf({}), undefined);
  });
});

describe('Groups of an evaluation', () => {
  const label = (lines: number, width: number, found: boolean) => {
    const plate = { x1: 0, y1: 0, x2: width, y2: 20 };
    return judgeScene([{ box: plate, lines }], found ? [{ box: plate, confidence: 0.5 }] : [])[0]!;
  };

  it('tells regions of a source apart, and adds them up over sources', () => {
    const [us, india] = [readings(['A1', 'A1', 1]), readings(['B2', 'X2', 1], ['C3', 'C3', 1])];
    const tagged = (outcomes: PictureOutcome[], region: string) => outcomes.map((one) => ({ ...one, region }));
    const mixed = { name: 'mixed', kind: 'text' as const, outcomes: [...tagged(us, 'US'), ...tagged(india, 'IN')] };
    const more = { name: 'more', kind: 'text' as const, outcomes: tagged(us, 'US') };
    const exact = ({ group, name, region, reading }: ReturnType<typeof sourceRows>[number]) => [
      ...[group, name, region ?? ''],
      `${reading!.exact}/${reading!.crops}`,
    ];
    assert.deepEqual(sourceRows(mixed).map(exact), [
      ['source', 'mixed', '', '2/3'],
      ['source region', 'mixed', 'IN', '1/2'],
      ['source region', 'mixed', 'US', '1/1'],
    ]);
    assert.deepEqual(sourceRows(more).map(exact), [['source', 'more', 'US', '1/1']]);
    const summary = summaryRows([mixed, more]).filter(({ group }) => group === 'region' || group === 'all');
    assert.deepEqual(summary.map(exact), [
      // India is in one source only and has its row there.
      ['region', 'US', 'US', '2/2'],
      ['all', 'all', '', '3/4'],
    ]);
  });

  it('tells two lines from one and narrow plates from wide ones, label by label', () => {
    const labels = [label(1, 200, true), label(2, 30, false), label(2, 60, true)];
    const outcomes: PictureOutcome[] = [{ file: 'x', region: '', labels, finds: 5 }];
    const rows = summaryRows([{ name: 'scenes', kind: 'plates', outcomes }]);
    assert.deepEqual(
      rows.map(({ name, detection: d }) => [name, d!.matched, d!.labels, d!.finds]),
      [
        ['one line', 1, 1, null],
        ['two lines', 1, 2, null],
        ['below 40 px', 0, 1, null],
        ['40 to 80 px', 1, 1, null],
        ['120 px and wider', 1, 1, null],
        ['all', 2, 3, 5],
      ],
    );
  });
});
