import assert from 'node:assert/strict';
import { foldLookAlikes, lookAlike } from '../../src/detection/look-alikes.js';

describe('lookAlike', () => {
  const cases: [string, string, boolean][] = [
    ['O', '0', true],
    ['0', 'O', true],
    ['I', '1', true],
    ['1', 'I', true],
    ['O', 'O', false],
    ['O', '1', false],
    ['B', '8', false],
    ['', '', false],
  ];
  for (const [a, b, expected] of cases) {
    it(`${JSON.stringify(a)} and ${JSON.stringify(b)}: ${expected}`, () => assert.equal(lookAlike(a, b), expected));
  }
});

describe('foldLookAlikes', () => {
  it('counts O as 0 and I as 1, and nothing else', () => {
    assert.equal(foldLookAlikes('OI0IQDLBS8'), '0101QDLBS8');
  });
});
