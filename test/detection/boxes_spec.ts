import assert from 'node:assert/strict';
import {
  area,
  boxCentre,
  clampBox,
  hullOfCorners,
  intersectionArea,
  intersectionShare,
  iou,
  isDegenerate,
} from '../../src/detection/boxes.js';
import type { Box } from '../../src/detection/types.js';

function box(x1: number, y1: number, x2: number, y2: number): Box {
  return { x1, y1, x2, y2 };
}

describe('boxes', () => {
  const square = box(0, 0, 10, 10);
  const cases: { title: string; other: Box; intersection: number; iou: number; share: number }[] = [
    { title: 'itself', other: square, intersection: 100, iou: 1, share: 1 },
    { title: 'half of it beside', other: box(5, 0, 15, 10), intersection: 50, iou: 1 / 3, share: 0.5 },
    { title: 'a quarter inside', other: box(0, 0, 5, 5), intersection: 25, iou: 0.25, share: 0.25 },
    { title: 'one around it', other: box(-5, -5, 15, 15), intersection: 100, iou: 0.25, share: 1 },
    { title: 'one that only touches', other: box(10, 0, 20, 10), intersection: 0, iou: 0, share: 0 },
    { title: 'one far away', other: box(30, 30, 40, 40), intersection: 0, iou: 0, share: 0 },
    { title: 'an empty one', other: box(5, 5, 5, 5), intersection: 0, iou: 0, share: 0 },
  ];
  for (const { title, other, intersection, iou: expected, share } of cases) {
    it(`a square and ${title}: intersection ${intersection}`, () => {
      assert.equal(intersectionArea(square, other), intersection);
      assert.equal(iou(square, other), expected);
      assert.equal(iou(other, square), expected);
      assert.equal(intersectionShare(square, other), share);
    });
  }

  it('the overlap of two empty boxes is 0, not NaN', () => {
    const nothing = box(3, 3, 3, 3);
    assert.equal(iou(nothing, nothing), 0);
    assert.equal(intersectionShare(nothing, nothing), 0);
  });

  it('a box that is inside out has no area', () => {
    assert.equal(area(box(5, 5, 1, 1)), 0);
    assert.equal(area(box(0, 0, 3, 4)), 12);
  });

  it('clamping keeps a box inside the picture and shrinks one outside to its edge', () => {
    assert.deepEqual(clampBox(box(-5, 2.5, 120, 90), 100, 80), box(0, 2.5, 100, 80));
    assert.deepEqual(clampBox(box(150, 10, 160, 20), 100, 80), box(100, 10, 100, 20));
  });

  it('the hull of a turned plate reaches from its outermost corners', () => {
    const hull = hullOfCorners([
      { x: 10, y: 20 },
      { x: 50, y: 12 },
      { x: 54, y: 25 },
      { x: 13, y: 34 },
    ]);
    assert.deepEqual(hull, box(10, 12, 54, 34));
  });

  it('the centre lies halfway', () => assert.deepEqual(boxCentre(box(2, 4, 8, 5)), { x: 5, y: 4.5 }));

  const degenerate: [Box, boolean][] = [
    [box(0, 0, 1, 1), false],
    [box(0, 0, 0, 1), true],
    [box(0, 1, 1, 0), true],
    [box(0, NaN, 1, 1), true],
    [box(0, 0, Infinity, 1), true],
  ];
  for (const [candidate, expected] of degenerate) {
    it(`${JSON.stringify(Object.values(candidate).map(String))} is ${expected ? 'not ' : ''}usable`, () => {
      assert.equal(isDegenerate(candidate), expected);
    });
  }
});
