import assert from 'node:assert/strict';
import { coverageOf, isOnVehicle } from '../../../src/cli/evaluation/coverage.js';
import type { Vehicle } from '../../../src/detection/types.js';

const vehicle: Vehicle = { box: { x1: 100, y1: 100, x2: 300, y2: 200 }, label: 'vehicle', confidence: 0.8 };

describe('isOnVehicle', () => {
  const places: [string, number, boolean][] = [
    ['inside', 150, true],
    ['ending with the margin of the crop, 6 % of the width', 232, true],
    ['a tenth outside of the crop', 240, true],
    ['more than a tenth outside', 241, false],
    ['beside the vehicle', 400, false],
  ];
  for (const [title, x1, expected] of places) {
    it(`says ${expected} of a plate ${title}`, () => {
      assert.equal(isOnVehicle({ x1, y1: 150, x2: x1 + 80, y2: 170 }, [vehicle]), expected);
    });
  }

  it('says false without vehicles', () => {
    assert.equal(isOnVehicle({ x1: 150, y1: 150, x2: 230, y2: 170 }, []), false);
  });
});

describe('coverageOf', () => {
  it('counts plates that were found and are 60 px wide', () => {
    const labels = [
      { width: 60, found: true, onVehicle: true },
      { width: 200, found: true, onVehicle: false },
      { width: 59, found: true, onVehicle: false },
      { width: 200, found: false, onVehicle: false },
    ];
    assert.deepEqual(coverageOf(labels), { plates: 2, onVehicle: 1 });
  });

  it('is nothing where nobody looked for vehicles', () => {
    assert.equal(coverageOf([{ width: 200, found: true }]), undefined);
  });
});
