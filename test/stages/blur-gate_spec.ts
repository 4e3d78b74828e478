import assert from 'node:assert/strict';
import type { PixelWorker } from '../../src/device/device.js';
import type { Plate } from '../../src/detection/types.js';
import { gatePlates } from '../../src/stages/blur-gate.js';
import { testFrame } from '../support/fake-network.js';

const plate = (width: number, height: number, more: Partial<Plate> = {}): Plate => ({
  box: { x1: 0, y1: 0, x2: width, y2: height },
  confidence: 0.9,
  ...more,
});

/** Gives one sharpness after the other and counts how many boxes it measured. */
function pixels(values: number[]): PixelWorker & { measured: number } {
  const worker = {
    measured: 0,
    async sharpness(_source: unknown, boxes: unknown[]) {
      worker.measured += boxes.length;
      return values.slice(0, boxes.length);
    },
    async draw() {},
  };
  return worker;
}

const options = { minSharpness: 100, minWidth: 0, minHeight: 0 };

describe('gatePlates', () => {
  const cases: [string, Plate, number, Partial<typeof options>, string | undefined][] = [
    ['lets a sharp plate through', plate(120, 30), 250, {}, undefined],
    ['lets a plate through at exactly the limit', plate(120, 30), 100, {}, undefined],
    ['holds a blurred plate back', plate(120, 30), 63.9, {}, 'blurred 63 < 100'],
    ['never rounds a blurred plate up to the limit', plate(120, 30), 99.9, {}, 'blurred 99 < 100'],
    ['holds back what is too small to judge', plate(12, 9), -1, {}, 'small 9 px, too small to judge'],
    ['holds a narrow plate back', plate(38.5, 20), 500, { minWidth: 60 }, 'small 38 < 60 px wide'],
    ['holds a low plate back', plate(90, 11), 500, { minHeight: 12 }, 'small 11 < 12 px high'],
  ];
  for (const [title, given, sharpness, change, reason] of cases) {
    it(title, async () => {
      const { plates } = await gatePlates(testFrame(), [given], pixels([sharpness]), { ...options, ...change });
      assert.equal(plates[0]!.held?.reason, reason);
      assert.equal(plates[0]!.sharpness, sharpness);
      assert.equal(given.held, undefined, 'the plate that came in is not changed');
    });
  }

  it('does not measure plates that are settled or held back already, and keeps their order', async () => {
    const vote = { text: 'A', confidence: 1, characters: [], candidates: [], reads: 3, agreeing: 3, settled: true };
    const given = [
      plate(100, 30, { vote }),
      plate(101, 30),
      plate(102, 30, { held: { code: 'no-plate', reason: 'x' } }),
      plate(103, 30, { vote, reread: true }),
    ];
    const worker = pixels([200, 50]);
    const { plates } = await gatePlates(testFrame(), given, worker, options);
    assert.equal(worker.measured, 2);
    assert.deepEqual(
      plates.map(({ box, sharpness, held }) => [box.x2, sharpness, held?.code]),
      [
        [100, undefined, undefined],
        [101, 200, undefined],
        [102, undefined, 'no-plate'],
        [103, 50, 'blurred'],
      ],
    );
  });

  it('asks for nothing when there are no plates', async () => {
    const worker = pixels([]);
    const { plates } = await gatePlates(testFrame(), [], worker, options);
    assert.deepEqual(plates, []);
    assert.equal(worker.measured, 0);
  });
});
