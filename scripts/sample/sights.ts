import { Actor } from './actor.js';
import { Camera } from './camera.js';
import { Pose } from './raster.js';

/** Where one vehicle and its plate are in one frame, in pixels. */
export interface Sight {
  visit: number;
  /** left, top, right, bottom, cut at the frame's edge. */
  box: [number, number, number, number];
  /** Share of the uncut box that is in the frame. */
  inFrame: number;
  /** top left, top right, bottom right, bottom left; left out when a corner is outside the frame. */
  corners?: [number, number][];
}

/** What the camera sees of each vehicle; `poseOf` gives its place, undefined when it is away. */
export function sightsOf(
  camera: Camera,
  actors: readonly Actor[],
  poseOf: (visit: number) => Pose | undefined,
): Sight[] {
  const sights: Array<Sight & { far: number }> = [];
  const point = { x: 0, y: 0, inverseDepth: 0 };
  actors.forEach((actor, visit) => {
    const pose = poseOf(visit);
    if (!pose) return;
    const sin = Math.sin(pose.heading);
    const cos = Math.cos(pose.heading);
    const to = (x: number, y: number, z: number) =>
      camera.project(pose.x + x * sin - y * cos, pose.y + x * cos + y * sin, z, point);
    let [left, top, right, bottom] = [1e9, 1e9, -1e9, -1e9];
    const { positions } = actor.shape.body;
    for (let i = 0; i < positions.length; i += 15) {
      const z = positions[i + 2]!;
      to(positions[i]!, positions[i + 1]!, z < 0.32 ? 0 : z);
      if (point.inverseDepth > 1) continue;
      left = Math.min(left, point.x);
      right = Math.max(right, point.x);
      top = Math.min(top, point.y);
      bottom = Math.max(bottom, point.y);
    }
    const clamp = (v: number, high: number) => Math.round(Math.min(high, Math.max(0, v)));
    const box: Sight['box'] = [
      clamp(left, camera.width),
      clamp(top, camera.height),
      clamp(right, camera.width),
      clamp(bottom, camera.height),
    ];
    const width = Math.min(right, camera.width) - Math.max(left, 0);
    const height = Math.min(bottom, camera.height) - Math.max(top, 0);
    const inFrame = (Math.max(0, width) * Math.max(0, height)) / Math.max(1, (right - left) * (bottom - top));
    if (!(inFrame > 0.05)) return;
    const corners = actor.plateCorners.map(([x, y, z]): [number, number] => {
      to(x, y, z);
      return [Math.round(point.x * 10) / 10, Math.round(point.y * 10) / 10];
    });
    const whole = corners.every(([x, y]) => x >= 0 && y >= 0 && x < camera.width && y < camera.height);
    sights.push({
      far: pose.y,
      visit,
      box,
      inFrame: Math.round(inFrame * 100) / 100,
      ...(whole ? { corners } : {}),
    });
  });
  return sights.flatMap((sight) => {
    const { far, ...seen } = sight;
    const nearer = sights.filter((other) => other.far < far).map((other) => other.box);
    if (nearer.some((box) => overlap(seen.box, box) > 0.75)) return [];
    const [x, y] = seen.corners ? middle(seen.corners) : [-1, -1];
    if (nearer.some(([left, top, right, bottom]) => x > left && x < right && y > top && y < bottom))
      delete seen.corners;
    return [seen];
  });
}

/** Share of `box` that `cover` hides. */
function overlap(box: Sight['box'], cover: Sight['box']): number {
  const width = Math.min(box[2], cover[2]) - Math.max(box[0], cover[0]);
  const height = Math.min(box[3], cover[3]) - Math.max(box[1], cover[1]);
  return (Math.max(0, width) * Math.max(0, height)) / Math.max(1, (box[2] - box[0]) * (box[3] - box[1]));
}

function middle(corners: [number, number][]): [number, number] {
  return [
    corners.reduce((sum, c) => sum + c[0], 0) / corners.length,
    corners.reduce((sum, c) => sum + c[1], 0) / corners.length,
  ];
}
