import { Camera } from './camera.js';
import { Mesh } from './shape.js';

/** Where a vehicle stands: its origin on the road and its heading (0 = away from the camera, π = towards it). */
export interface Pose {
  x: number;
  y: number;
  heading: number;
}

/** Colours one surface point; local position and local normal in, linear RGB out. */
export interface Surface {
  shade(x: number, y: number, z: number, nx: number, ny: number, nz: number, out: Float32Array): void;
}

/** One exposure's worth of a moving scene: sub-frames with a depth buffer each, added up. Their small shifts smooth edges too. */
export class Layer {
  readonly width: number;
  readonly height: number;
  readonly sum: Float32Array;
  readonly count: Uint8Array;
  private readonly colour: Float32Array;
  readonly depth: Float32Array;
  private box = { left: 1e9, top: 1e9, right: -1, bottom: -1 };
  /** Everything touched since `clear`: left, top, right, bottom (inclusive). */
  touched = { left: 1e9, top: 1e9, right: -1, bottom: -1 };

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.sum = new Float32Array(width * height * 3);
    this.count = new Uint8Array(width * height);
    this.colour = new Float32Array(width * height * 3);
    this.depth = new Float32Array(width * height);
  }

  clear(): void {
    const { left, top, right, bottom } = this.touched;
    for (let y = top; y <= bottom; y++) {
      this.sum.fill(0, (y * this.width + left) * 3, (y * this.width + right + 1) * 3);
      this.count.fill(0, y * this.width + left, y * this.width + right + 1);
    }
    this.touched = { left: 1e9, top: 1e9, right: -1, bottom: -1 };
  }

  /** Adds the sub-frame drawn since the last call; `keepDepth` leaves its depth buffer for questions. */
  endSubframe(): void {
    const { left, top, right, bottom } = this.box;
    for (let y = top; y <= bottom; y++) {
      for (let x = left, at = y * this.width + left; x <= right; x++, at++) {
        if (this.depth[at] === 0) continue;
        this.sum[at * 3]! += this.colour[at * 3]!;
        this.sum[at * 3 + 1]! += this.colour[at * 3 + 1]!;
        this.sum[at * 3 + 2]! += this.colour[at * 3 + 2]!;
        this.count[at]!++;
        this.depth[at] = 0;
      }
    }
    if (right >= 0) {
      const t = this.touched;
      this.touched = {
        left: Math.min(t.left, left),
        top: Math.min(t.top, top),
        right: Math.max(t.right, right),
        bottom: Math.max(t.bottom, bottom),
      };
    }
    this.box = { left: 1e9, top: 1e9, right: -1, bottom: -1 };
  }

  /** Draws a mesh at a pose, shifted by (shiftX, shiftY) pixels. Nearer things win; back faces are left out. */
  drawMesh(camera: Camera, pose: Pose, mesh: Mesh, surface: Surface, shiftX: number, shiftY: number): void {
    const { positions, normals, indices } = mesh;
    const count = positions.length / 3;
    const screen = new Float32Array(count * 3);
    const sin = Math.sin(pose.heading);
    const cos = Math.cos(pose.heading);
    const point = { x: 0, y: 0, inverseDepth: 0 };
    for (let i = 0; i < count; i++) {
      const x = positions[i * 3]!;
      const y = positions[i * 3 + 1]!;
      camera.project(pose.x + x * sin - y * cos, pose.y + x * cos + y * sin, positions[i * 3 + 2]!, point);
      screen[i * 3] = point.x + shiftX;
      screen[i * 3 + 1] = point.y + shiftY;
      screen[i * 3 + 2] = point.inverseDepth;
    }
    const out = new Float32Array(3);
    const { width, height, depth, colour, box } = this;
    for (let t = 0; t < indices.length; t += 3) {
      const a = indices[t]!;
      const b = indices[t + 1]!;
      const c = indices[t + 2]!;
      const ax = screen[a * 3]!;
      const ay = screen[a * 3 + 1]!;
      const bx = screen[b * 3]!;
      const by = screen[b * 3 + 1]!;
      const cx = screen[c * 3]!;
      const cy = screen[c * 3 + 1]!;
      const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
      if (area >= 0) continue;
      const ia = screen[a * 3 + 2]!;
      const ib = screen[b * 3 + 2]!;
      const ic = screen[c * 3 + 2]!;
      if (ia > 2 || ib > 2 || ic > 2) continue;
      const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx)));
      const right = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx)));
      const top = Math.max(0, Math.ceil(Math.min(ay, by, cy)));
      const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by, cy)));
      if (left > right || top > bottom) continue;
      if (left < box.left) box.left = left;
      if (right > box.right) box.right = right;
      if (top < box.top) box.top = top;
      if (bottom > box.bottom) box.bottom = bottom;
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const wa = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area;
          const wb = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area;
          const wc = 1 - wa - wb;
          if (wa < 0 || wb < 0 || wc < 0) continue;
          const inverse = wa * ia + wb * ib + wc * ic;
          const at = y * width + x;
          if (inverse <= depth[at]!) continue;
          depth[at] = inverse;
          surface.shade(
            wa * positions[a * 3]! + wb * positions[b * 3]! + wc * positions[c * 3]!,
            wa * positions[a * 3 + 1]! + wb * positions[b * 3 + 1]! + wc * positions[c * 3 + 1]!,
            wa * positions[a * 3 + 2]! + wb * positions[b * 3 + 2]! + wc * positions[c * 3 + 2]!,
            wa * normals[a * 3]! + wb * normals[b * 3]! + wc * normals[c * 3]!,
            wa * normals[a * 3 + 1]! + wb * normals[b * 3 + 1]! + wc * normals[c * 3 + 1]!,
            wa * normals[a * 3 + 2]! + wb * normals[b * 3 + 2]! + wc * normals[c * 3 + 2]!,
            out,
          );
          colour[at * 3] = out[0]!;
          colour[at * 3 + 1] = out[1]!;
          colour[at * 3 + 2] = out[2]!;
        }
      }
    }
  }
}
