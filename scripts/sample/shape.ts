import { smoothstep } from './noise.js';

/** Triangles with smooth normals in a vehicle's own axes: x forward, y left, z up, metres, the origin on the road under its middle. */
export interface Mesh {
  positions: Float32Array;
  normals: Float32Array;
  indices: Uint32Array;
}

export type Distance = (x: number, y: number, z: number) => number;
export type Polygon = ReadonlyArray<readonly [number, number]>;

/** Signed distance (negative inside) of a closed polygon, sampled on a grid: the polygon is asked once per grid point, not once per voxel. */
export function polygonDistance(polygon: Polygon, step = 0.02, margin = 0.6): (u: number, v: number) => number {
  const us = polygon.map((p) => p[0]);
  const vs = polygon.map((p) => p[1]);
  const u0 = Math.min(...us) - margin;
  const v0 = Math.min(...vs) - margin;
  const columns = Math.ceil((Math.max(...us) + margin - u0) / step) + 2;
  const rows = Math.ceil((Math.max(...vs) + margin - v0) / step) + 2;
  const grid = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      grid[row * columns + column] = exactDistance(polygon, u0 + column * step, v0 + row * step);
    }
  }
  return (u, v) => {
    const gu = Math.min(columns - 1.001, Math.max(0, (u - u0) / step));
    const gv = Math.min(rows - 1.001, Math.max(0, (v - v0) / step));
    const column = Math.floor(gu);
    const row = Math.floor(gv);
    const fu = gu - column;
    const fv = gv - row;
    const at = row * columns + column;
    const top = grid[at]! * (1 - fu) + grid[at + 1]! * fu;
    const bottom = grid[at + columns]! * (1 - fu) + grid[at + columns + 1]! * fu;
    return top * (1 - fv) + bottom * fv;
  };
}

function exactDistance(polygon: Polygon, u: number, v: number): number {
  let squared = Infinity;
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [au, av] = polygon[i]!;
    const [bu, bv] = polygon[j]!;
    const eu = bu - au;
    const ev = bv - av;
    const t = Math.min(1, Math.max(0, ((u - au) * eu + (v - av) * ev) / (eu * eu + ev * ev || 1)));
    const du = u - au - t * eu;
    const dv = v - av - t * ev;
    squared = Math.min(squared, du * du + dv * dv);
    if (av > v !== bv > v && u < ((bu - au) * (v - av)) / (bv - av) + au) inside = !inside;
  }
  return inside ? -Math.sqrt(squared) : Math.sqrt(squared);
}

/** Closed curve through the points (Catmull–Rom), `pieces` straight pieces for each one. A point given twice stays a corner. */
export function smoothClosed(points: Polygon, pieces = 5): Polygon {
  const curve: Array<[number, number]> = [];
  const n = points.length;
  for (let i = 0; i < n; i++) {
    const p0 = points[(i + n - 1) % n]!;
    const p1 = points[i]!;
    const p2 = points[(i + 1) % n]!;
    const p3 = points[(i + 2) % n]!;
    for (let k = 0; k < pieces; k++) {
      const t = k / pieces;
      const at = (axis: 0 | 1) =>
        0.5 *
        (2 * p1[axis] +
          (p2[axis] - p0[axis]) * t +
          (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * t * t +
          (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * t * t * t);
      curve.push([at(0), at(1)]);
    }
  }
  return curve;
}

/** max(a, b) with the edge rounded over about `radius`. */
export function roundedMax(a: number, b: number, radius: number): number {
  const h = Math.max(0, radius - Math.abs(a - b)) / radius;
  return Math.max(a, b) + (h * h * radius) / 4;
}

/** Box with rounded edges. */
export function roundedBox(
  cx: number,
  cy: number,
  cz: number,
  hx: number,
  hy: number,
  hz: number,
  radius: number,
): Distance {
  return (x, y, z) => {
    const dx = Math.abs(x - cx) - hx + radius;
    const dy = Math.abs(y - cy) - hy + radius;
    const dz = Math.abs(z - cz) - hz + radius;
    const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0), Math.max(dz, 0));
    return outside + Math.min(0, Math.max(dx, dy, dz)) - radius;
  };
}

/** Disc standing on the road with its axle across the vehicle, like a wheel. */
export function disc(cx: number, cy: number, cz: number, radius: number, halfWidth: number): Distance {
  return (x, y, z) => roundedMax(Math.hypot(x - cx, z - cz) - radius, Math.abs(y - cy) - halfWidth, 0.05);
}

/** Ellipsoid, roughly. */
export function ellipsoid(cx: number, cy: number, cz: number, rx: number, ry: number, rz: number): Distance {
  const smallest = Math.min(rx, ry, rz);
  return (x, y, z) => (Math.hypot((x - cx) / rx, (y - cy) / ry, (z - cz) / rz) - 1) * smallest;
}

/**
 * The surface where the distance is zero, by naive surface nets (Gibson 1998): one vertex per voxel that the surface crosses, at the
 * mean of its edge crossings, one quadrilateral per crossed voxel edge.
 */
export function meshOf(
  distance: Distance,
  low: readonly [number, number, number],
  high: readonly [number, number, number],
  step: number,
): Mesh {
  const nx = Math.ceil((high[0] - low[0]) / step) + 1;
  const ny = Math.ceil((high[1] - low[1]) / step) + 1;
  const nz = Math.ceil((high[2] - low[2]) / step) + 1;
  const field = new Float32Array(nx * ny * nz);
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) field[at] = distance(low[0] + i * step, low[1] + j * step, low[2] + k * step);
    }
  }
  const strides = [1, nx, nx * ny] as const;
  const vertexOf = new Int32Array(field.length).fill(-1);
  const positions: number[] = [];
  const normals: number[] = [];
  const indices: number[] = [];
  const corner = new Float64Array(8);
  for (let k = 0; k < nz - 1; k++) {
    for (let j = 0; j < ny - 1; j++) {
      for (let i = 0; i < nx - 1; i++) {
        const at = i + j * strides[1] + k * strides[2];
        let mask = 0;
        for (let c = 0; c < 8; c++) {
          const value = field[at + (c & 1) + ((c >> 1) & 1) * strides[1] + (c >> 2) * strides[2]]!;
          corner[c] = value;
          if (value < 0) mask |= 1 << c;
        }
        if (mask === 0 || mask === 255) continue;
        let sx = 0;
        let sy = 0;
        let sz = 0;
        let crossings = 0;
        for (let c = 0; c < 8; c++) {
          for (let axis = 0; axis < 3; axis++) {
            const d = c | (1 << axis);
            if (d === c || corner[c]! < 0 === corner[d]! < 0) continue;
            const t = corner[c]! / (corner[c]! - corner[d]!);
            sx += (c & 1) + (axis === 0 ? t : 0);
            sy += ((c >> 1) & 1) + (axis === 1 ? t : 0);
            sz += (c >> 2) + (axis === 2 ? t : 0);
            crossings++;
          }
        }
        vertexOf[at] = positions.length / 3;
        const x = low[0] + (i + sx / crossings) * step;
        const y = low[1] + (j + sy / crossings) * step;
        const z = low[2] + (k + sz / crossings) * step;
        positions.push(x, y, z);
        const h = 0.018;
        const gx = distance(x + h, y, z) - distance(x - h, y, z);
        const gy = distance(x, y + h, z) - distance(x, y - h, z);
        const gz = distance(x, y, z + h) - distance(x, y, z - h);
        const length = Math.hypot(gx, gy, gz) || 1;
        normals.push(gx / length, gy / length, gz / length);
      }
    }
  }
  for (let k = 1; k < nz - 1; k++) {
    for (let j = 1; j < ny - 1; j++) {
      for (let i = 1; i < nx - 1; i++) {
        const at = i + j * strides[1] + k * strides[2];
        for (let axis = 0; axis < 3; axis++) {
          const inside = field[at]! < 0;
          if (inside === field[at + strides[axis as 0 | 1 | 2]]! < 0) continue;
          const u = strides[((axis + 1) % 3) as 0 | 1 | 2];
          const v = strides[((axis + 2) % 3) as 0 | 1 | 2];
          const a = vertexOf[at]!;
          const b = vertexOf[at - u]!;
          const c = vertexOf[at - u - v]!;
          const d = vertexOf[at - v]!;
          if (inside) indices.push(a, b, c, a, c, d);
          else indices.push(a, c, b, a, d, c);
        }
      }
    }
  }
  return {
    positions: Float32Array.from(positions),
    normals: Float32Array.from(normals),
    indices: Uint32Array.from(indices),
  };
}

/** How much sky a point near the road sees: dark under the sills, free above half a metre. */
export function groundOcclusion(z: number): number {
  return 0.35 + 0.65 * smoothstep(0.05, 0.7, z);
}
