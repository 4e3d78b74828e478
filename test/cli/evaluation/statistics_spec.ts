import assert from 'node:assert/strict';
import { median, quantile, signTest, wilson } from '../../../src/cli/evaluation/statistics.js';

const near = (actual: number | undefined, expected: number, within = 1e-9): void =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

describe('Statistics of an evaluation', () => {
  it('gives quantiles between neighbours, whatever the order', () => {
    near(median([5, 1, 3]), 3);
    near(median([4, 1, 3, 2]), 2.5);
    // Four steps between five values: 0.9 lies 3.6 steps on.
    near(quantile([10, 20, 30, 40, 50], 0.9), 46);
    assert.equal(median([]), undefined);
  });

  it("gives Wilson's interval as it is tabled", () => {
    // Newcombe (1998), table I: 81 of 263 and 15 of 148.
    for (const [successes, tries, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
    ] as const) {
      const interval = wilson(successes, tries);
      near(interval[0], low, 1e-4);
      near(interval[1], high, 1e-4);
    }
    assert.deepEqual(wilson(0, 0), [0, 1]);
    const [low, high] = wilson(2, 2);
    assert.ok(low > 0.3 && low < 0.4 && high === 1, `${low} to ${high}`);
  });

  it('tests signs exactly', () => {
    // 0 of 5: 2 / 2^5. 1 of 8: 2 · (1 + 8) / 2^8.
    near(signTest(0, 5), 0.0625);
    near(signTest(7, 1), 0.0703125);
    assert.equal(signTest(4, 4), 1);
    assert.equal(signTest(0, 0), 1);
    assert.ok(signTest(900, 1100) > 1e-6 && signTest(900, 1100) < 1e-5);
  });
});
