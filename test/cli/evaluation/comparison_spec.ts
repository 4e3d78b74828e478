import assert from 'node:assert/strict';
import { compare } from '../../../src/cli/evaluation/comparison.js';
import { comparisonReport } from '../../../src/cli/evaluation/comparison-tables.js';
import { sourceRows, summaryRows, type SourceOutcomes } from '../../../src/cli/evaluation/groups.js';
import { readings, scene } from './outcomes.js';

const plate = { x1: 0, y1: 0, x2: 40, y2: 20 };
const find = { box: plate, confidence: 0.5 };
const crops = (...texts: string[]): SourceOutcomes => {
  const truth = ['AA11', 'BB22', 'CC33', 'DD44'];
  return {
    name: 'crops',
    kind: 'text',
    outcomes: readings(...texts.map((text, i) => [truth[i]!, text, 0.9] as [string, string, number])),
  };
};
const scenes = (...found: boolean[]): SourceOutcomes => ({
  name: 'scenes',
  kind: 'plates',
  outcomes: found.map((isFound) => scene([{ box: plate }], isFound ? [find] : [])),
});

describe('Two models beside each other', () => {
  const first = [crops('AA11', 'BX22', 'CC33', ''), scenes(true, false)];
  const second = [crops('AA11', 'BB22', 'CC38', ''), scenes(false, false)];

  it('tells which labels only one of them got right', () => {
    const [plates, text] = compare(first, second);
    const { differences, ...counts } = text!;
    assert.deepEqual(counts, { kind: 'text', labels: 4, both: 1, firstOnly: 1, secondOnly: 1, chance: 1 });
    assert.deepEqual(differences, [
      { source: 'crops', file: '1.jpg', label: 0, right: 'second', expected: 'BB22', first: 'BX22', second: 'BB22' },
      { source: 'crops', file: '2.jpg', label: 0, right: 'first', expected: 'CC33', first: 'CC33', second: 'CC38' },
    ]);
    const { kind, labels, both, firstOnly, secondOnly } = plates!;
    assert.deepEqual([kind, labels, both, firstOnly, secondOnly], ['plates', 2, 0, 1, 0]);
    const box = { source: 'scenes', file: 'scene.jpg', label: 0, right: 'first', first: '', second: '' };
    assert.deepEqual(plates!.differences, [box]);
  });

  it('finds no difference between a run and itself', () => {
    for (const { firstOnly, secondOnly, differences } of compare(first, first)) {
      assert.deepEqual([firstOnly, secondOnly, differences], [0, 0, []]);
    }
  });

  it('prints both columns, the gain, and who read what', () => {
    const rows = (sources: SourceOutcomes[]) => [...sources.flatMap(sourceRows), ...summaryRows(sources)];
    const worse = [crops('AA11', 'BX22', 'CC38', '')];
    const text = comparisonReport(rows([first[0]!]), rows(worse), compare([first[0]!], worse));
    // Two of four against one; 1 + 4 and 1 + 1 + 4 wrong characters of 16.
    assert.match(text, /\| crops \| text \| 50\.0 \| 25\.0 \| −25\.0 \| 31\.3 \| 37\.5 \| \+6\.3 \|/);
    assert.match(text, /both right 1, only A 1, only B 0/);
    assert.match(text, /only A right:\n +crops\/2\.jpg {2}CC33 {2}A CC33 {2}B CC38/);
  });

  it('prints what each finds where no plates are', () => {
    const empty = (found: number): SourceOutcomes => {
      const outcomes = [0, found].map((count) => ({ ...scene([], []), falsePlates: { found: count, read: 0 } }));
      return { name: 'empty', kind: 'plates', outcomes };
    };
    const text = comparisonReport(sourceRows(empty(1)), sourceRows(empty(0)), []);
    assert.match(text, /\| empty \| plates \| 50\.0 \| 0\.0 \| −50\.0 \| 0\.0 \| 0\.0 \| \+0\.0 \|/);
  });
});
