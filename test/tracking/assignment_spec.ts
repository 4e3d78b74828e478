import assert from 'node:assert/strict';
import { assign } from '../../src/tracking/assignment.js';
import { seededRandom } from '../support/random.js';

/** Least sum over every way to pair rows with columns, where each row left alone costs the gate (rows ≤ columns). */
function bruteForce(costs: number[][], gate: number): number {
  const columns = costs[0]?.length ?? 0;
  const used = new Array<boolean>(columns).fill(false);
  const search = (row: number): number => {
    if (row === costs.length) return 0;
    let best = gate + search(row + 1);
    for (let column = 0; column < columns; column++) {
      const cost = costs[row]![column]!;
      if (used[column] || !(cost <= gate)) continue;
      used[column] = true;
      best = Math.min(best, cost + search(row + 1));
      used[column] = false;
    }
    return best;
  };
  return search(0);
}

const transpose = (costs: number[][]): number[][] => (costs[0] ?? []).map((_, j) => costs.map((row) => row[j]!));

function sumOf(costs: number[][], pairs: Int32Array, gate: number): number {
  const smaller = Math.min(costs.length, costs[0]!.length);
  let sum = 0;
  let made = 0;
  for (const [row, column] of pairs.entries()) {
    if (column < 0) continue;
    sum += costs[row]![column]!;
    made++;
  }
  return sum + (smaller - made) * gate;
}

describe('assignment', () => {
  const table: { title: string; costs: number[][]; gate: number; expected: number[] }[] = [
    { title: 'takes the dearer pair where the sum gains', costs: [[1, 2], [2, 9]], gate: 10, expected: [1, 0] }, // prettier-ignore
    { title: 'leaves out pairs above the gate', costs: [[0.1, 5], [5, 5]], gate: 1, expected: [0, -1] }, // prettier-ignore
    { title: 'makes no pair when all are forbidden', costs: [[Infinity, NaN]], gate: 1, expected: [-1] },
    { title: 'leaves rows over when columns run out', costs: [[3], [1], [2]], gate: 9, expected: [-1, 0, -1] },
    { title: 'leaves columns over when rows run out', costs: [[3, 1, 2]], gate: 9, expected: [1] },
    { title: 'keeps two pairs rather than one cheap one', costs: [[0, 1], [1, Infinity]], gate: 10, expected: [1, 0] }, // prettier-ignore
  ];
  for (const { title, costs, gate, expected } of table) {
    it(title, () => {
      const pairs = assign(Float64Array.from(costs.flat()), costs.length, costs[0]!.length, gate);
      assert.deepEqual([...pairs], expected);
    });
  }

  it('gives nothing for no rows or no columns', () => {
    assert.deepEqual([...assign(new Float64Array(0), 0, 3, 1)], []);
    assert.deepEqual([...assign(new Float64Array(0), 2, 0, 1)], [-1, -1]);
  });

  it('is as good as trying every pairing, on 2000 random matrices with gates and forbidden pairs', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 2000; round++) {
      const rows = 1 + Math.floor(random() * 5);
      const columns = 1 + Math.floor(random() * 5);
      const gate = 0.2 + random();
      // Few distinct costs on every other round: ties are where shortest paths go wrong.
      const draw = round % 2 === 0 ? (): number => random() : (): number => Math.floor(random() * 4) / 4;
      const costs = Array.from({ length: rows }, () =>
        Array.from({ length: columns }, () => (random() < 0.15 ? Infinity : draw())),
      );
      const pairs = assign(Float64Array.from(costs.flat()), rows, columns, gate);
      const taken = [...pairs].filter((column) => column >= 0);
      assert.equal(new Set(taken).size, taken.length, 'no column twice');
      assert.ok([...pairs].every((column, row) => column < 0 || costs[row]![column]! <= gate));
      const best = bruteForce(rows <= columns ? costs : transpose(costs), gate);
      assert.ok(
        Math.abs(sumOf(costs, pairs, gate) - best) < 1e-9,
        `round ${round}: ${JSON.stringify({ costs, gate })}`,
      );
    }
  });

  it('refuses a matrix that is too short', () => {
    assert.throws(() => assign(new Float64Array(3), 2, 2, 1), /Expected 2 × 2 numbers for costs but received 3/);
  });
});
