import assert from 'node:assert/strict';
import type { Box } from '../../src/detection/types.js';
import { BoxFilter } from '../../src/tracking/kalman.js';

type Matrix = number[][];
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const transpose = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const add = (a: Matrix, b: Matrix, sign = 1): Matrix =>
  a.map((row, i) => row.map((value, j) => value + sign * b[i]![j]!));
const diagonal = (values: number[]): Matrix => values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
const column = (values: number[]): Matrix => values.map((value) => [value]);

/** Gauss-Jordan. */
function inverse(matrix: Matrix): Matrix {
  const n = matrix.length;
  const work = matrix.map((row, i) => [...row, ...diagonal(new Array<number>(n).fill(1))[i]!]);
  for (let i = 0; i < n; i++) {
    const pivot = work[i]![i]!;
    work[i] = work[i]!.map((value) => value / pivot);
    for (let j = 0; j < n; j++) {
      const factor = work[j]![i]!;
      if (j !== i) work[j] = work[j]!.map((value, k) => value - factor * work[i]![k]!);
    }
  }
  return work.map((row) => row.slice(n));
}

/** The textbook filter with full 8×8 matrices, one nominal frame per step, noise as the papers state it. */
class TextbookFilter {
  x: Matrix;
  p: Matrix;
  private readonly f = diagonal(new Array<number>(8).fill(1));
  private readonly h: Matrix = [0, 1, 2, 3].map((i) => [0, 1, 2, 3, 4, 5, 6, 7].map((j) => (i === j ? 1 : 0)));
  constructor([cx, cy, a, h]: number[]) {
    const s = h!;
    for (let i = 0; i < 4; i++) this.f[i]![i + 4] = 1;
    this.x = column([cx!, cy!, a!, h!, 0, 0, 0, 0]);
    const deviations = [s / 10, s / 10, 0.01, s / 10, 0.15 * s, 0.15 * s, 1e-5, s / 16];
    this.p = diagonal(deviations.map((deviation) => deviation ** 2));
  }
  predict(scale: number): void {
    const q = diagonal([scale / 20, scale / 20, 0.01, scale / 20].map((v) => v ** 2).concat([0, 0, 0, 0]));
    // White acceleration of density (v²) integrated over one frame: v²/3, v²/2, v².
    for (const [i, deviation] of [scale / 160, scale / 160, 1e-5, scale / 160].entries()) {
      q[i]![i]! += deviation ** 2 / 3;
      q[i]![i + 4] = q[i + 4]![i] = deviation ** 2 / 2;
      q[i + 4]![i + 4] = deviation ** 2;
    }
    this.x = multiply(this.f, this.x);
    this.p = add(multiply(multiply(this.f, this.p), transpose(this.f)), q);
  }
  correct(z: number[]): void {
    const s = z[3]!;
    const r = diagonal([s / 20, s / 20, 0.1, s / 20].map((v) => v ** 2));
    const spread = add(multiply(multiply(this.h, this.p), transpose(this.h)), r);
    const gain = multiply(multiply(this.p, transpose(this.h)), inverse(spread));
    this.x = add(this.x, multiply(gain, add(column(z), multiply(this.h, this.x), -1)));
    this.p = add(this.p, multiply(multiply(gain, this.h), this.p), -1);
  }
}

const boxOf = ([cx, cy, a, h]: number[]): Box => ({
  x1: cx! - (a! * h!) / 2,
  y1: cy! - h! / 2,
  x2: cx! + (a! * h!) / 2,
  y2: cy! + h! / 2,
});
const near = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

describe('Kalman filter of a box', () => {
  it('gives what the textbook filter with 8×8 matrices gives', () => {
    const measurements = [
      [100, 200, 1.2, 80],
      [112, 201, 1.22, 83],
      [123, 205, 1.15, 85],
      [140, 204, 1.21, 90],
    ];
    const ours = new BoxFilter(boxOf(measurements[0]!), 80);
    const theirs = new TextbookFilter(measurements[0]!);
    let scale = 80;
    for (const measured of measurements.slice(1)) {
      ours.predict(1);
      theirs.predict(scale);
      scale = measured[3]!;
      ours.correct(boxOf(measured), scale);
      theirs.correct(measured);
    }
    for (let axis = 0; axis < 4; axis++) {
      const [value, velocity, pvv, pvd, pdd] = ours.axes[axis]!;
      near(value, theirs.x[axis]![0]!);
      near(velocity, theirs.x[axis + 4]![0]!);
      near(pvv, theirs.p[axis]![axis]!);
      near(pvd, theirs.p[axis]![axis + 4]!);
      near(pdd, theirs.p[axis + 4]![axis + 4]!);
    }
  });

  it('predicts the same in one long step as in several short ones', () => {
    const one = new BoxFilter(boxOf([100, 100, 1, 60]), 60);
    const many = new BoxFilter(boxOf([100, 100, 1, 60]), 60);
    for (const filter of [one, many]) {
      filter.predict(1);
      filter.correct(boxOf([110, 96, 1, 62]), 62);
    }
    one.predict(6);
    for (const step of [1, 2.5, 0.5, 2]) many.predict(step);
    for (let axis = 0; axis < 4; axis++) {
      for (let entry = 0; entry < 5; entry++) near(many.axes[axis]![entry]!, one.axes[axis]![entry]!);
    }
  });

  it('learns a constant velocity and is then right about the next frames', () => {
    const at = (frame: number): number[] => [50 + 9 * frame, 300 - 4 * frame, 1.5, 100 + 0.5 * frame];
    const filter = new BoxFilter(boxOf(at(0)), 100);
    for (let frame = 1; frame <= 40; frame++) {
      filter.predict(1);
      filter.correct(boxOf(at(frame)), at(frame)[3]!);
    }
    filter.predict(10);
    const [cx, cy, , h] = at(50);
    near(filter.axes[0][0], cx!, 0.01);
    near(filter.axes[1][0], cy!, 0.02);
    near(filter.axes[3][0], h!, 0.02);
  });

  it('measures the distance of a centre in standard deviations', () => {
    const filter = new BoxFilter(boxOf([0, 0, 1, 100]), 100);
    // Fresh: position variance (2·5)² + measurement variance 5² = 125 on each axis.
    near(filter.centreDistance(10, 0), 100 / 125);
    near(filter.centreDistance(10, 20), 500 / 125);
  });

  it('stays a box when a shrinking one is not seen for long', () => {
    const filter = new BoxFilter(boxOf([0, 0, 1, 50]), 50);
    for (const height of [40, 30, 20, 10]) {
      filter.predict(1);
      filter.correct(boxOf([0, 0, 1, height]), height);
    }
    filter.predict(100);
    const { x1, y1, x2, y2 } = filter.box;
    assert.ok(x2 > x1 && y2 > y1);
  });
});
