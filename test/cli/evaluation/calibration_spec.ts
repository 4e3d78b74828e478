import assert from 'node:assert/strict';
import { calibrationOf, type SureAnswer } from '../../../src/cli/evaluation/calibration.js';

/** So many answers of one confidence, of which so many are right. */
const answers = (confidence: number, count: number, right: number): SureAnswer[] =>
  Array.from({ length: count }, (_, index) => ({ confidence, right: index < right }));

/** The same numbers every time (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const near = (actual: number, expected: number, within = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

describe('Calibration of confidence', () => {
  it('finds no error in a reader that is sure and right, and all of it in one that is sure and wrong', () => {
    assert.equal(calibrationOf(answers(1, 7, 7))!.expectedCalibrationError, 0);
    assert.equal(calibrationOf(answers(1, 7, 0))!.expectedCalibrationError, 1);
    assert.equal(calibrationOf(answers(0, 7, 0))!.expectedCalibrationError, 0);
  });

  it('tells confidence and share right per bin, and weighs bins by their answers', () => {
    const result = calibrationOf([...answers(0.92, 10, 5), ...answers(0.55, 30, 18), ...answers(1, 10, 10)])!;
    const bins = result.bins.map(({ from, to, answers: count, right }) => [from, to, count, right]);
    assert.deepEqual(bins, [
      [0.5, 0.6, 30, 0.6],
      [0.9, 0.95, 10, 0.5],
      [0.98, 1, 10, 1],
    ]);
    // (30 · |0.55 − 0.6| + 10 · |0.92 − 0.5| + 0) / 50
    near(result.expectedCalibrationError, (1.5 + 4.2) / 50);
    near(result.confidence, (9.2 + 16.5 + 10) / 50);
    assert.deepEqual([result.answers, result.right], [50, 33 / 50]);
  });

  it('puts an edge into the bin that begins there', () => {
    const result = calibrationOf(answers(0.9, 10, 9))!;
    assert.deepEqual(
      result.bins.map(({ from }) => from),
      [0.9],
    );
    near(result.expectedCalibrationError, 0);
  });

  it('is small for a reader that is right as often as it says, and never less than the mean is off', () => {
    const random = randomNumbers(7);
    const honest = Array.from({ length: 20_000 }, (): SureAnswer => {
      const confidence = random();
      return { confidence, right: random() < confidence };
    });
    assert.ok(calibrationOf(honest)!.expectedCalibrationError < 0.02);
    for (let round = 0; round < 200; round++) {
      const some = Array.from({ length: 1 + Math.floor(random() * 40) }, (): SureAnswer => {
        return { confidence: random(), right: random() < 0.5 };
      });
      const { expectedCalibrationError: error, confidence, right, bins } = calibrationOf(some)!;
      assert.ok(error <= 1 && error >= Math.abs(confidence - right) - 1e-9, `${error} of ${JSON.stringify(some)}`);
      assert.equal(
        bins.reduce((sum, bin) => sum + bin.answers, 0),
        some.length,
      );
    }
  });

  it('says nothing of no answers', () => {
    assert.equal(calibrationOf([]), undefined);
  });
});
