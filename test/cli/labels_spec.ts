import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LabelError, readLabels } from '../../src/cli/labels.js';

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
    const row = { file: 'i/1.webp', plates: [{ x: 1, y: 2, w: 10, h: 5, lines: 2, text: 'Q1' }], split: 'test' };
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
    write('b/labels.jsonl', `${JSON.stringify(row)}\n${JSON.stringify({ ...row, region: 'VN', plates: [quad] })}\n`);
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
      lines: 1,
      split: 'test',
      labels: [],
    });
    const [upright, marked] = sources[1]!.pictures;
    assert.deepEqual(upright!.labels, [{ box: { x1: 1, y1: 2, x2: 11, y2: 7 }, lines: 2, text: 'Q1' }]);
    const corners = quad.corners.map(([x, y]) => ({ x, y }));
    assert.deepEqual(marked!.labels, [{ box: { x1: 10, y1: 20, x2: 51, y2: 40 }, corners }]);
    assert.deepEqual([upright!.region, marked!.region], [undefined, 'VN']);
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
