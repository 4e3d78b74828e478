/**
 * Pairs rows with columns so that the sum of costs is least, where a pair that costs more than `gate` is not made and
 * every row or column left over costs as much as a pair at the gate.
 *
 * Shortest augmenting paths with potentials (Jonker and Volgenant 1987; Crouse 2016, "On implementing 2D rectangular
 * assignment algorithms"): O(n² m) with n the smaller side.
 *
 * @param costs row-major, rows × columns; Infinity and NaN forbid a pair
 * @returns per row its column, or -1
 */
export function assign(costs: Float64Array, rows: number, columns: number, gate: number): Int32Array {
  if (costs.length < rows * columns) {
    throw new RangeError(`Expected ${rows} × ${columns} numbers for costs but received ${costs.length}`);
  }
  const columnOf = new Int32Array(rows).fill(-1);
  if (rows === 0 || columns === 0) return columnOf;

  // The search wants no more rows than columns. Costs above the gate become the gate: a full assignment then has the
  // same sum as the best partial one, and its pairs at the gate are the ones not made.
  const turned = rows > columns;
  const n = turned ? columns : rows;
  const m = turned ? rows : columns;
  const capped = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const cost = turned ? costs[j * columns + i]! : costs[i * columns + j]!;
      capped[i * m + j] = cost < gate ? cost : gate;
    }
  }
  const shortColumnOf = solve(capped, n, m);
  for (let i = 0; i < n; i++) {
    const j = shortColumnOf[i]!;
    const row = turned ? j : i;
    const column = turned ? i : j;
    if (costs[row * columns + column]! <= gate) columnOf[row] = column;
  }
  return columnOf;
}

/** Full assignment of n rows to m ≥ n columns, finite costs. */
function solve(costs: Float64Array, n: number, m: number): Int32Array {
  const rowPotential = new Float64Array(n);
  const columnPotential = new Float64Array(m);
  const columnOf = new Int32Array(n).fill(-1);
  const rowOf = new Int32Array(m).fill(-1);
  const distance = new Float64Array(m);
  const previousRow = new Int32Array(m);
  const done = new Uint8Array(m);
  const visitedRows: number[] = [];

  for (let start = 0; start < n; start++) {
    distance.fill(Infinity);
    done.fill(0);
    visitedRows.length = 0;
    let row = start;
    let reached = 0;
    let sink = -1;
    // Dijkstra over reduced costs until a free column is reached.
    while (sink < 0) {
      visitedRows.push(row);
      let nearest = -1;
      for (let j = 0; j < m; j++) {
        if (done[j] === 1) continue;
        const through = reached + costs[row * m + j]! - rowPotential[row]! - columnPotential[j]!;
        if (through < distance[j]!) {
          distance[j] = through;
          previousRow[j] = row;
        }
        if (nearest < 0 || distance[j]! < distance[nearest]!) nearest = j;
      }
      reached = distance[nearest]!;
      done[nearest] = 1;
      if (rowOf[nearest]! < 0) sink = nearest;
      else row = rowOf[nearest]!;
    }
    rowPotential[start]! += reached;
    for (let k = 1; k < visitedRows.length; k++) {
      const visited = visitedRows[k]!;
      rowPotential[visited]! += reached - distance[columnOf[visited]!]!;
    }
    for (let j = 0; j < m; j++) if (done[j] === 1) columnPotential[j]! -= reached - distance[j]!;
    // Flip the path: every row on it takes the column it was reached through.
    let column = sink;
    for (;;) {
      const owner = previousRow[column]!;
      rowOf[column] = owner;
      const released = columnOf[owner]!;
      columnOf[owner] = column;
      if (owner === start) break;
      column = released;
    }
  }
  return columnOf;
}
