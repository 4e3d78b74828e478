import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LabelError, readLabels } from '../../src/cli/labels.js';
import { emptyDetectionScore, emptyReadingScore, scoreDetections, scoreReading } from '../../src/cli/evaluation.js';

describe('readLabels', () => {
  let folder = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-labels-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }

  it('reads plate texts and boxes from folders below the one given', () => {
    write('a/labels.csv', 'file,text,region,lines,split,note\n1.webp,AB12,EU,1,test,\n2.webp,X9,EU,1,train,x\n');
    const row = { file: 'i/1.webp', plates: [{ x: 1, y: 2, w: 10, h: 5, text: 'Q1' }], split: 'test' };
    const quad = {
      x: 0,
      y: 0,
      w: 99,
      h: 99,
      corners: [
        [10, 20],
        [50, 22],
        [51, 40],
        [11, 38],
      ],
    };
    write('b/labels.jsonl', `${JSON.stringify(row)}\n${JSON.stringify({ ...row, plates: [quad] })}\n`);
    write('c/labels.jsonl', JSON.stringify({ file: '1.webp', objects: [], split: 'val' }));
    const sources = readLabels(folder);
    assert.deepEqual(
      sources.map(({ name, kind, pictures }) => [name, kind, pictures.length]),
      [
        ['a', 'text', 2],
        ['b', 'plates', 2],
        ['c', 'vehicles', 1],
      ],
    );
    assert.deepEqual(sources[0]!.pictures[0], {
      file: path.join(folder, 'a/1.webp'),
      text: 'AB12',
      region: 'EU',
      split: 'test',
      labels: [],
    });
    assert.deepEqual(sources[1]!.pictures[0]!.labels, [{ box: { x1: 1, y1: 2, x2: 11, y2: 7 }, text: 'Q1' }]);
    assert.deepEqual(sources[1]!.pictures[1]!.labels, [{ box: { x1: 10, y1: 20, x2: 51, y2: 40 } }]);
  });

  const broken: [string, string, string, RegExp][] = [
    ['a folder without labels', 'readme.txt', 'x', /found none/],
    ['a table without a text column', 'labels.csv', 'file,split\n1,test\n', /column 'text'/],
    ['a line that is no JSON', 'labels.jsonl', '{"file":', /labels\.jsonl:1/],
    ['a line without boxes', 'labels.jsonl', '{"file":"x"}', /'plates' or 'objects'/],
  ];
  for (const [title, name, text, expected] of broken) {
    it(`says what is wrong with ${title}`, () => {
      write(name, text);
      assert.throws(
        () => readLabels(folder),
        (error: Error) => error instanceof LabelError && expected.test(error.message),
      );
    });
  }

  it('says so when there is no such folder', () => {
    assert.throws(() => readLabels(path.join(folder, 'nowhere')), /does not exist/);
  });
});

describe('scores', () => {
  const box = (x1: number): { x1: number; y1: number; x2: number; y2: number } => ({ x1, y1: 0, x2: x1 + 10, y2: 10 });

  it('matches every label once, at IoU 0.5 or more', () => {
    const score = emptyDetectionScore();
    // 100 px² each: shifted by 3 px IoU is 70 / 130 = 0.54, by 4 px 60 / 140 = 0.43.
    const labels = [{ box: box(0), text: 'A0' }, { box: box(100) }, { box: box(200) }];
    const finds = [
      { box: box(3), confidence: 0.6, text: 'AO' },
      { box: box(0), confidence: 0.5, text: 'XX' },
      { box: box(104), confidence: 0.9 },
    ];
    scoreDetections(score, labels, finds);
    assert.deepEqual(score, { pictures: 1, labels: 3, finds: 3, matched: 1, texts: 1, textsExact: 1 });
  });

  it('counts exact readings with and without O = 0 and I = 1, and character errors', () => {
    const score = emptyReadingScore();
    scoreReading(score, 'AB-12', 'AB12');
    scoreReading(score, 'O123', '0I23');
    scoreReading(score, 'KITTEN', 'SITTIN');
    assert.deepEqual(score, { crops: 3, exact: 1, exactMerged: 2, edits: 0 + 2 + 2, characters: 4 + 4 + 6 });
  });

  it('leaves a province character out on both sides', () => {
    const score = emptyReadingScore();
    scoreReading(score, '皖A12345', 'A12345');
    assert.equal(score.exact, 1);
  });
});
