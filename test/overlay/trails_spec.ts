import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Trails } from '../../src/overlay/trails.js';

/** Sees a track go to the right by a hundredth of the picture per step of 100 ms. */
function go(trails: Trails, trackId: number, steps: number, from = 0, y = 0.5): void {
  for (let n = from; n < from + steps; n++) trails.see(trackId, { x: n * 0.02, y }, 1000 + n * 100);
}

describe('Trails', () => {
  it('lead from where a track was to where it is', () => {
    const trails = new Trails();
    go(trails, 1, 20);
    const points = trails.of(1);
    assert.equal(points.length, 20);
    assert.deepEqual(
      [points[0], points.at(-1)],
      [
        { x: 0, y: 0.5 },
        { x: 0.38, y: 0.5 },
      ],
    );
    for (const [n, { x }] of points.entries()) if (n > 0) assert.ok(x > points[n - 1]!.x);
    assert.deepEqual(trails.of(2), []);
  });

  it('are smooth where boxes tremble', () => {
    const trails = new Trails();
    for (let n = 0; n < 30; n++) trails.see(1, { x: n * 0.02, y: 0.5 + (n % 2 === 0 ? 0.01 : -0.01) }, n * 100);
    const inner = trails.of(1).slice(2, -2);
    assert.ok(inner.length > 20);
    for (const { y } of inner) assert.ok(Math.abs(y - 0.5) < 0.004, `${y}`);
  });

  it('have one point of a track that stands and trembles', () => {
    const trails = new Trails();
    for (let n = 0; n < 50; n++) trails.see(1, { x: 0.5 + (n % 3) * 0.002, y: 0.5 }, n * 50);
    assert.equal(trails.of(1).length, 1);
  });

  it('leave out what is four seconds old', () => {
    const trails = new Trails();
    go(trails, 1, 100);
    const points = trails.of(1);
    assert.equal(points.length, 41);
    assert.ok(points[0]!.x >= 1.16 - 1e-9, `${points[0]!.x}`);
  });

  it('leave out places cut off by the lower edge', () => {
    const trails = new Trails();
    go(trails, 1, 5, 0, 1);
    assert.deepEqual(trails.of(1), []);
  });

  for (const [what, at] of [
    ['has not been seen for a while', 60_000],
    ['was seen later than now: the recording began again', 100],
  ] as const) {
    it(`begin anew for a track that ${what}`, () => {
      const trails = new Trails();
      go(trails, 1, 20);
      trails.see(1, { x: 0.1, y: 0.1 }, at);
      assert.deepEqual(trails.of(1), [{ x: 0.1, y: 0.1 }]);
    });
  }

  it('are forgotten one by one and all at once', () => {
    const trails = new Trails();
    for (const id of [1, 2, 3]) go(trails, id, 5);
    trails.forget(2);
    assert.deepEqual(
      [1, 2, 3].map((id) => trails.of(id).length > 0),
      [true, false, true],
    );
    trails.clear();
    assert.equal(trails.size, 0);
  });

  it('are few and short, however many tracks and frames there are', () => {
    const trails = new Trails();
    for (let id = 0; id < 1000; id++) trails.see(id, { x: 0.5, y: 0.5 }, 0);
    assert.equal(trails.size, 200);
    assert.equal(trails.of(0).length, 0);
    assert.equal(trails.of(999).length, 1);
    for (let n = 0; n < 1000; n++) trails.see(999, { x: (n % 50) / 50, y: 0.5 }, n);
    assert.ok(trails.of(999).length <= 60);
  });

  for (const value of [NaN, Infinity]) {
    it(`take no notice of a place with ${value}`, () => {
      const trails = new Trails();
      trails.see(1, { x: value, y: 0.5 }, 0);
      trails.see(1, { x: 0.5, y: 0.5 }, value);
      assert.equal(trails.size, 0);
    });
  }
});
