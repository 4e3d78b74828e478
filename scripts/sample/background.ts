import { Camera } from './camera.js';
import { fractalNoise, randomFrom, smoothstep, valueNoise } from './noise.js';

type Colour = [number, number, number];

/** The place without vehicles: a two-lane road with a stop line, kerbs, pavement, hedge, wall, houses and trees. Linear light, three floats per pixel. */
export function drawBackground(camera: Camera, samples: number): Float32Array {
  const { width, height } = camera;
  const picture = new Float32Array(width * height * 3);
  const random = randomFrom(11);
  const ray = new Float64Array(3);
  const colour: Colour = [0, 0, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      for (let s = 0; s < samples; s++) {
        camera.ray(x + random() - 0.5, y + (s + random()) / samples - 0.5, ray);
        place(camera.position, ray, colour);
        picture[at]! += colour[0] / samples;
        picture[at + 1]! += colour[1] / samples;
        picture[at + 2]! += colour[2] / samples;
      }
    }
  }
  return picture;
}

function set(out: Colour, r: number, g: number, b: number): void {
  out[0] = r;
  out[1] = g;
  out[2] = b;
}

function scale(out: Colour, by: number): void {
  out[0] *= by;
  out[1] *= by;
  out[2] *= by;
}

/** Haze brightens and greys what is far. */
function haze(out: Colour, distance: number): void {
  const t = 0.26 * (1 - Math.exp(-distance / 170));
  out[0] += (0.66 - out[0]) * t;
  out[1] += (0.7 - out[1]) * t;
  out[2] += (0.74 - out[2]) * t;
}

/** Lamp posts: x, y and height, nearest first. */
const posts = [
  [-3.98, 25, 6],
  [5.02, 36, 6],
  [-3.98, 49, 6],
  [5.02, 62, 6],
] as const;

function post(across: number, z: number, top: number, out: Colour): boolean {
  if (z < 0 || z > top) return false;
  const radius = 0.075 - 0.006 * z;
  if (Math.abs(across) > radius) return false;
  const side = 0.62 - (0.4 * across) / radius;
  set(out, 0.3 * side, 0.31 * side, 0.31 * side);
  return true;
}

function place(eye: readonly [number, number, number], ray: Float64Array, out: Colour): void {
  const [dx = 0, dy = 1, dz = 0] = ray;
  const ground = dz < 0 ? -eye[2] / dz : Infinity;
  for (const [postX, postY, top] of posts) {
    const t = (postY - eye[1]) / dy;
    const across = eye[0] + t * dx - postX;
    const z = eye[2] + t * dz;
    if (post(across, z, top, out)) return haze(out, postY);
  }
  // Upright planes beside the road, nearest first: low hedge and wall, then houses, then trees.
  const sides = dx < 0 ? [-8.2, -13.5, -19] : [8.6, 13, 20];
  for (let i = 0; i < 3; i++) {
    const t = dx === 0 ? Infinity : (sides[i]! - eye[0]) / dx;
    if (t <= 0 || t > ground || t * dy > 150) continue;
    const y = eye[1] + t * dy;
    const z = eye[2] + t * dz;
    if (
      i === 0
        ? dx < 0
          ? hedge(y, z, out)
          : wall(y, z, out)
        : i === 1
          ? dx < 0
            ? houses(y, z, out)
            : trees(y, z, 41, 5.5, out)
          : trees(y, z, 71, 10, out)
    ) {
      haze(out, t * dy);
      return;
    }
  }
  if (ground < Infinity && ground * dy < 170) {
    onGround(eye[0] + ground * dx, eye[1] + ground * dy, out);
    haze(out, ground * dy);
    return;
  }
  const t = 160 / dy;
  if (trees(eye[0] + t * dx, eye[2] + t * dz, 91, 9, out, 1)) {
    haze(out, 170);
    return;
  }
  const up = Math.max(0, dz / Math.hypot(dx, dy, dz));
  const cloud = smoothstep(0.45, 0.8, fractalNoise(dx * 4, dz * 14, 5, 5));
  set(out, 0.62 - up * 0.9 + 0.22 * cloud, 0.7 - up * 0.7 + 0.16 * cloud, 0.82 - up * 0.35 + 0.08 * cloud);
}

function onGround(x: number, y: number, out: Colour): void {
  if (x > -3.55 && x < 3.55) return road(x, y, out);
  const side = x < 0 ? -x : x;
  const grain = 0.9 + 0.2 * valueNoise(x * 60, y * 60, 3);
  if (side < 3.72) {
    set(out, 0.36, 0.35, 0.33);
    const joint = Math.abs((y % 1) - 0.5) > 0.485 ? 0.6 : 1;
    scale(out, joint * grain * (0.85 + 0.3 * valueNoise(x * 3, y * 2, 8)));
  } else if ((x < 0 && side < 5.6) || (x > 0 && side > 5.1 && side < 7.2)) {
    const sx = Math.abs((((side * 1.7) % 1) + 1) % 1);
    const sy = (((y * 1.7 + Math.floor(side * 1.7) * 0.5) % 1) + 1) % 1;
    const joint = sx < 0.03 || sy < 0.03 ? 0.62 : 1;
    const slab = 0.85 + 0.3 * valueNoise(Math.floor(side * 1.7) * 7.3, Math.floor(y * 1.7) * 3.1, 21);
    set(out, 0.29, 0.275, 0.255);
    scale(out, joint * slab * grain);
  } else {
    const blade = fractalNoise(x * 14, y * 3.4, 31, 5);
    const patch = fractalNoise(x * 0.6, y * 0.4, 33, 3);
    set(out, 0.07 + 0.09 * patch, 0.13 + 0.07 * patch, 0.035 + 0.02 * patch);
    scale(out, 0.45 + 1.1 * blade);
  }
}

function road(x: number, y: number, out: Colour): void {
  const grain = valueNoise(x * 90, y * 90, 1) * 0.5 + valueNoise(x * 35, y * 35, 2) * 0.5;
  const stain = fractalNoise(x * 0.9, y * 0.22, 4, 4);
  const track = Math.exp(-Math.pow((Math.abs(Math.abs(x) - 1.75) - 0.75) / 0.28, 2));
  const oil = Math.exp(-Math.pow((Math.abs(x) - 1.75) / 0.3, 2)) * smoothstep(0.4, 0.7, valueNoise(x, y * 0.3, 6));
  let grey = 0.15 * (0.72 + 0.3 * grain + 0.45 * (stain - 0.3)) * (1 - 0.1 * track) * (1 - 0.22 * oil);
  const patch = x > 0.3 && x < 2.6 && y > 19.5 && y < 23.2;
  if (patch) grey *= 0.72;
  const crack = Math.abs(fractalNoise(x * 0.5 + 3, y * 0.35, 17, 4) - 0.5);
  if (crack < 0.0022 && stain > 0.42) grey *= 0.62;
  if (Math.abs(x) > 3.3) grey *= 1 - 0.3 * smoothstep(3.3, 3.55, Math.abs(x));
  set(out, grey, grey * 0.99, grey * 0.965);
  const wear = smoothstep(0.2, 0.55, fractalNoise(x * 5, y * 5, 14, 4));
  const centre = Math.abs(x) < 0.07 && ((y % 6) + 6) % 6 < 3 && y > 12;
  const edge = Math.abs(Math.abs(x) - 3.25) < 0.06;
  const stop = x < -0.12 && x > -3.19 && y > 10.75 && y < 11.15;
  const solid = Math.abs(x) < 0.07 && y <= 12;
  if (centre || edge || stop || solid) {
    const paint = 0.25 + 0.75 * wear;
    for (let c = 0; c < 3; c++) out[c] = out[c]! + (0.58 - out[c]!) * 0.8 * paint;
  }
  const cover = Math.hypot(x + 1.1, y - 17.4);
  if (cover < 0.33) scale(out, cover > 0.29 ? 0.35 : 0.6 + 0.3 * (Math.sin(x * 60) * Math.sin(y * 60) > 0 ? 1 : 0));
}

function hedge(y: number, z: number, out: Colour): boolean {
  const top = 1.35 + 0.25 * fractalNoise(y * 1.4, 0, 51, 3);
  if (z > top || z < 0) return false;
  const leaf = fractalNoise(y * 2.6, z * 11, 52, 5);
  set(out, 0.05, 0.085, 0.025);
  scale(out, (0.3 + 1.5 * leaf * leaf) * (0.5 + (0.7 * z) / top));
  return true;
}

function wall(y: number, z: number, out: Colour): boolean {
  if (z > 1.25 || z < 0 || (y > 40 && y < 46)) return false;
  if (z > 1.15) {
    set(out, 0.34, 0.33, 0.31);
    return true;
  }
  const row = Math.floor(z / 0.075);
  const brick = y / 0.225 + (row % 2) * 0.5;
  const mortar = (z / 0.075) % 1 < 0.13 || ((brick % 1) + 1) % 1 < 0.05;
  const tone = 0.75 + 0.5 * valueNoise(Math.floor(brick) * 5.1, row * 3.7, 61);
  if (mortar) set(out, 0.24, 0.22, 0.2);
  else set(out, 0.2 * tone, 0.095 * tone, 0.065 * tone);
  scale(out, 0.55 + 0.4 * smoothstep(0, 0.8, z));
  return true;
}

/** Far houses only: near façades with their rows of windows look like a bus to a vehicle detector. */
function houses(y: number, z: number, out: Colour): boolean {
  const lot = Math.floor(y / 14);
  const along = y - lot * 14;
  if (y < 56 || along > 10.5 || z < 0) return trees(y, z, 43 + lot, 4.2, out);
  const eaves = 5.2 + 0.6 * valueNoise(lot * 3.3, 0, 63);
  const ridge = eaves + 2.4 - Math.abs(along - 5.25) * 0.1;
  if (z > ridge) return false;
  if (z > eaves) {
    const tile = 0.8 + 0.3 * valueNoise(along * 6, z * 9, 64);
    set(out, 0.15 * tile, 0.085 * tile, 0.065 * tile);
    return true;
  }
  const tint = valueNoise(lot * 9.1, 5, 65);
  set(out, 0.42 + 0.14 * tint, 0.4 + 0.08 * tint, 0.34);
  scale(out, 0.85 + 0.15 * fractalNoise(along, z, 66, 3));
  const wx = (((along - 0.9) % 2.5) + 2.5) % 2.5;
  const wz = z % 2.6;
  if (wx < 1.3 && wz > 0.9 && wz < 2.2 && along > 0.9) {
    const glassy = wx > 0.09 && wx < 1.21 && wz > 0.98 && wz < 2.12 && Math.abs(wx - 0.65) > 0.04;
    if (glassy) set(out, 0.06 + 0.05 * wz, 0.075 + 0.055 * wz, 0.09 + 0.06 * wz);
    else set(out, 0.6, 0.6, 0.58);
  }
  return true;
}

/** Crowns of trees: noise that thins out towards `top`; wider leaves where the plane is seen at a flat angle. */
function trees(along: number, z: number, seed: number, top: number, out: Colour, foreshortened = 0.25): boolean {
  if (z < 0) return false;
  const crown = top * (0.55 + 0.75 * fractalNoise(along * 0.16, 2, seed, 3));
  const ragged = fractalNoise(along * 1.3 * Math.sqrt(foreshortened), z * 1.3, seed + 1, 4);
  if (z > crown - 2.2 * ragged) return false;
  const leaf = fractalNoise(along * 3.2 * foreshortened, z * 3.2, seed + 2, 5);
  set(out, 0.05 + 0.03 * leaf, 0.085 + 0.05 * leaf, 0.03);
  scale(out, (0.35 + 1.2 * leaf * leaf) * (0.55 + (0.6 * z) / top));
  return true;
}
