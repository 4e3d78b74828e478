import { Actor } from './actor.js';
import { Camera } from './camera.js';
import { Layer, Pose } from './raster.js';
import { sun } from './light.js';
import { gaussianTable, randomFrom, smoothstep } from './noise.js';
import { Sight, sightsOf } from './sights.js';
import { codedOf } from './texture.js';
import { clip, positionAt, Visit } from './visits.js';

/** How much of the light the sensor turns into signal. */
const exposure = 1.24;

/** Draws the frames of the clip one after the other. */
export class Scene {
  private readonly layer: Layer;
  private readonly light: Float32Array;
  private readonly noise: Float32Array;
  private readonly vignette: Float32Array;
  /** The place as it leaves the camera, without noise. */
  private readonly empty: Float32Array;
  /** What differs from the empty place in this frame: left, top, right, bottom (exclusive). */
  private changed: [number, number, number, number] = [0, 0, 0, 0];

  constructor(
    private readonly camera: Camera,
    private readonly background: Float32Array,
    private readonly visits: readonly Visit[],
    private readonly actors: readonly Actor[],
    private readonly subframes: number,
  ) {
    this.layer = new Layer(camera.width, camera.height);
    this.light = new Float32Array(background.length);
    this.noise = gaussianTable(5, 1 << 20);
    this.vignette = new Float32Array(camera.width * camera.height);
    for (let y = 0, at = 0; y < camera.height; y++) {
      for (let x = 0; x < camera.width; x++, at++) {
        const r = Math.hypot(x / camera.width - 0.5, (y / camera.height - 0.5) * 0.6) / 0.58;
        this.vignette[at] = exposure * (1 - 0.22 * r * r);
      }
    }
    this.empty = background.map((value, i) => codedOf(value * this.vignette[Math.floor(i / 3)]!));
  }

  private poseOf(visit: number, seconds: number): Pose | undefined {
    const v = this.visits[visit]!;
    const y = positionAt(v, seconds);
    if (y === undefined || y > 95 || y < -6) return undefined;
    return {
      x: v.x + 0.12 * Math.sin(seconds * 0.5 + visit * 2),
      y,
      heading: v.direction === 'away' ? 0.012 * Math.cos(seconds * 0.5) : Math.PI,
    };
  }

  /** One frame as packed sRGB bytes, and what is to be seen in it. */
  frame(index: number): { rgb: Buffer; sights: Sight[] } {
    const seconds = index / clip.fps;
    const { layer, camera } = this;
    layer.clear();
    const random = randomFrom(index * 977 + 3);
    for (let s = 0; s < this.subframes; s++) {
      const when = seconds + clip.shutter * ((s + 0.5) / this.subframes - 0.5);
      // Rooks on a board: every sub-frame has its own column and row inside the pixel.
      const shiftX = ((s * 2 + random()) % this.subframes) / this.subframes - 0.5;
      const shiftY = (s + random()) / this.subframes - 0.5;
      this.actors.forEach((actor, i) => {
        const pose = this.poseOf(i, when);
        if (pose) actor.draw(layer, camera, pose, shiftX, shiftY);
      });
      layer.endSubframe();
    }
    this.light.set(this.background);
    this.changed = [camera.width, camera.height, 0, 0];
    this.visits.forEach((_, i) => {
      const pose = this.poseOf(i, seconds);
      if (pose) this.castShadow(pose, this.actors[i]!);
    });
    this.mergeLayer();
    return { rgb: this.develop(index), sights: sightsOf(camera, this.actors, (visit) => this.poseOf(visit, seconds)) };
  }

  /** Darkens the road under and beside a vehicle: little sky under it, the sun's shadow beside it. */
  private castShadow(pose: Pose, actor: Actor): void {
    const { camera } = this;
    const kind = actor.shape.kind;
    const point = { x: 0, y: 0, inverseDepth: 0 };
    const reach = kind.height * 1.2;
    let left = camera.width;
    let right = 0;
    let top = camera.height;
    let bottom = 0;
    const half = Math.max(kind.front, -kind.rear);
    for (const dx of [-kind.halfWidth - 0.8, kind.halfWidth + reach]) {
      for (const dy of [-half - 0.8, half + reach]) {
        camera.project(pose.x + dx, Math.max(camera.position[1] + 3, pose.y + dy), 0, point);
        left = Math.min(left, point.x);
        right = Math.max(right, point.x);
        top = Math.min(top, point.y);
        bottom = Math.max(bottom, point.y);
      }
    }
    this.change(
      Math.max(0, Math.floor(left)),
      Math.max(0, Math.floor(top)),
      Math.min(camera.width, Math.ceil(right)),
      Math.min(camera.height, Math.ceil(bottom)),
    );
    const ray = new Float64Array(3);
    const towards = Math.cos(pose.heading) > 0 ? 1 : -1;
    const middle = (kind.front + kind.rear) / 2;
    const halfLength = (kind.front - kind.rear) / 2;
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(camera.height, bottom); y++) {
      for (let x = Math.max(0, Math.floor(left)); x < Math.min(camera.width, right); x++) {
        camera.ray(x, y, ray);
        if (ray[2]! >= 0) continue;
        const t = -camera.position[2] / ray[2]!;
        const gx = camera.position[0] + t * ray[0]! - pose.x;
        const gy = (camera.position[1] + t * ray[1]! - pose.y) * towards - middle;
        const outX = Math.abs(gx) - kind.halfWidth + 0.12;
        const outY = Math.abs(gy) - halfLength + 0.12;
        const out = Math.hypot(Math.max(0, outX), Math.max(0, outY)) + Math.min(0, Math.max(outX, outY));
        const sky = out < 0 ? 0.1 + 0.25 * Math.exp(out * 6) : 1 - 0.65 * Math.exp(-out / 0.22);
        let covered = 0;
        for (let step = 1; step <= 4; step++) {
          const h = (kind.height * step) / 4.3;
          const narrow = h > kind.belt ? 0.18 : 0;
          const sx = Math.abs(gx + (sun[0] / sun[2]) * h) - kind.halfWidth + narrow;
          const sy = Math.abs(gy + (sun[1] / sun[2]) * h * towards) - halfLength + narrow * 3;
          covered = Math.max(covered, 1 - smoothstep(-0.06 - 0.04 * h, 0.06 + 0.05 * h, Math.max(sx, sy)));
        }
        const factor = 0.45 * sky + 0.55 * (1 - covered) * Math.min(1, sky * 1.4);
        if (factor > 0.995) continue;
        const at = (y * camera.width + x) * 3;
        this.light[at]! *= factor;
        this.light[at + 1]! *= factor;
        this.light[at + 2]! *= factor * 1.02;
      }
    }
  }

  /** Lays the vehicles over the place, then softens that part as the lens does. */
  private mergeLayer(): void {
    const { layer, light, subframes } = this;
    const { left, top, right, bottom } = layer.touched;
    if (right < 0) return;
    this.change(left, top, right + 1, bottom + 1);
    for (let y = top; y <= bottom; y++) {
      for (let x = left, at = y * layer.width + left; x <= right; x++, at++) {
        const count = layer.count[at]!;
        if (count === 0) continue;
        const rest = (subframes - count) / subframes;
        for (let c = 0; c < 3; c++) light[at * 3 + c] = light[at * 3 + c]! * rest + layer.sum[at * 3 + c]! / subframes;
      }
    }
    const stride = layer.width * 3;
    const row = new Float32Array(stride);
    const soften = 0.06;
    const from = Math.max(1, left) * 3;
    const to = Math.min(layer.width - 2, right) * 3 + 3;
    for (let y = top; y <= bottom; y++) {
      row.set(light.subarray(y * stride, y * stride + stride));
      for (let i = from; i < to; i++)
        light[y * stride + i] = row[i]! * (1 - 2 * soften) + (row[i - 3]! + row[i + 3]!) * soften;
    }
    const above = new Float32Array(stride);
    for (let y = Math.max(1, top); y <= Math.min(layer.height - 2, bottom); y++) {
      const start = y * stride;
      for (let i = from; i < to; i++) {
        const value = light[start + i]!;
        light[start + i] =
          value * (1 - 2 * soften) +
          ((y === Math.max(1, top) ? light[start - stride + i]! : above[i]!) + light[start + stride + i]!) * soften;
        above[i] = value;
      }
    }
  }

  /** Exposure, vignette and sensor noise (even in sRGB: in linear light it grows with the root of the light), to bytes. */
  private develop(index: number): Buffer {
    const { light, noise, vignette, empty } = this;
    const { width, height } = this.camera;
    const rgb = Buffer.allocUnsafe(light.length);
    const bytes = new Uint8ClampedArray(rgb.buffer, rgb.byteOffset, rgb.length);
    const random = randomFrom(index * 31 + 7);
    const [left, top, right, bottom] = this.changed;
    const row = new Float32Array(width * 3);
    for (let y = 0; y < height; y++) {
      const start = y * width * 3;
      row.set(empty.subarray(start, start + width * 3));
      if (y >= top && y < bottom) {
        for (let i = left * 3; i < right * 3; i++)
          row[i] = codedOf(light[start + i]! * vignette[y * width + ((i / 3) | 0)]!);
      }
      let n = Math.floor(random() * (noise.length - width * 4 - 8));
      for (let i = 0; i < row.length; i += 3, n += 4) {
        const grey = noise[n]! * 1.7;
        bytes[start + i] = row[i]! + grey + noise[n + 1]! * 1.3;
        bytes[start + i + 1] = row[i + 1]! + grey + noise[n + 2]! * 1.1;
        bytes[start + i + 2] = row[i + 2]! + grey + noise[n + 3]! * 1.6;
      }
    }
    return rgb;
  }

  private change(left: number, top: number, right: number, bottom: number): void {
    const c = this.changed;
    this.changed = [Math.min(c[0], left), Math.min(c[1], top), Math.max(c[2], right), Math.max(c[3], bottom)];
  }
}
