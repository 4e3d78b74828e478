import assert from 'node:assert/strict';
import { editDistance, normalisePlate } from '../../src/reading/normalise.js';

describe('normalisePlate', () => {
  const cases: [string, string][] = [
    ['b-ab 1234', 'BAB1234'],
    ['AB·12.CD', 'AB12CD'],
    [' 7ABC123\n', '7ABC123'],
    ['京A·12345', '京A12345'],
    ['ＡＢ１２', 'AB12'],
    ['о123вс77', 'О123ВС77'],
    ['W\u00fc-X 1', 'WÜX1'],
    ['Wu\u0308-X 1', 'WÜX1'],
    ['𠮷9', '𠮷9'],
    ['--- ', ''],
    ['', ''],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)} becomes ${JSON.stringify(expected)}`, () =>
      assert.equal(normalisePlate(text), expected));
  }
});

describe('editDistance', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['', 'ABC', 3],
    ['ABC', '', 3],
    ['ABC123', 'ABC123', 0],
    ['ABC123', 'ABC128', 1],
    ['ABC123', 'ABC1123', 1],
    ['ABC123', 'BC123', 1],
    ['AB', 'BA', 2],
    ['KITTEN', 'SITTING', 3],
    ['𠮷A', '京A', 1],
  ];
  for (const [a, b, expected] of cases) {
    it(`${JSON.stringify(a)} to ${JSON.stringify(b)} takes ${expected}`, () => {
      assert.equal(editDistance(a, b), expected);
      assert.equal(editDistance(b, a), expected);
    });
  }
});
