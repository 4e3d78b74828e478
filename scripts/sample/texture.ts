import sharp from 'sharp';

/** A picture as linear light, with halved copies for far views. Three floats per pixel. */
export interface Texture {
  levels: Array<{ width: number; height: number; data: Float32Array }>;
}

/** sRGB byte to linear light, 0..1 (IEC 61966-2-1). */
export const linearOf = Float32Array.from({ length: 256 }, (_, i) => {
  const v = i / 255;
  return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
});

const codedTable = Float32Array.from({ length: 4097 }, (_, i) => {
  const v = i / 4096;
  return 255 * (v <= 0.0031308 ? v * 12.92 : 1.055 * Math.pow(v, 1 / 2.4) - 0.055);
});

/** Linear light to sRGB, 0..255 with fractions; clamps. */
export function codedOf(linear: number): number {
  return codedTable[linear <= 0 ? 0 : linear >= 1 ? 4096 : (linear * 4096 + 0.5) | 0]!;
}

/** Draws an SVG `width` pixels wide. With `linear` its values are taken as numbers (0..1), not as sRGB. */
export async function textureFrom(svg: string, width: number, linear = false): Promise<Texture> {
  const { data, info } = await sharp(Buffer.from(svg))
    .resize({ width: Math.round(width) })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  let level = { width: info.width, height: info.height, data: new Float32Array(info.width * info.height * 3) };
  for (let i = 0; i < level.data.length; i++) level.data[i] = linear ? data[i]! / 255 : linearOf[data[i]!]!;
  const levels = [level];
  while (level.width > 8 && level.height > 8) {
    const next = {
      width: level.width >> 1,
      height: level.height >> 1,
      data: new Float32Array((level.width >> 1) * (level.height >> 1) * 3),
    };
    for (let y = 0; y < next.height; y++) {
      for (let x = 0; x < next.width * 3; x++) {
        const pixel = Math.floor(x / 3);
        const at = (y * 2 * level.width + pixel * 2) * 3 + (x % 3);
        const below = at + level.width * 3;
        next.data[y * next.width * 3 + x] =
          (level.data[at]! + level.data[at + 3]! + level.data[below]! + level.data[below + 3]!) / 4;
      }
    }
    levels.push(next);
    level = next;
  }
  return { levels };
}

/** Bilinear sample at u, v (0..1) of one level; writes three values. */
export function sampleTexture(texture: Texture, level: number, u: number, v: number, out: Float32Array): void {
  const { width, height, data } = texture.levels[Math.min(texture.levels.length - 1, level)]!;
  const x = Math.min(width - 1.001, Math.max(0, u * width - 0.5));
  const y = Math.min(height - 1.001, Math.max(0, v * height - 0.5));
  const ix = x | 0;
  const iy = y | 0;
  const fx = x - ix;
  const fy = y - iy;
  const at = (iy * width + ix) * 3;
  const below = at + width * 3;
  const a = (1 - fx) * (1 - fy);
  const b = fx * (1 - fy);
  const c = (1 - fx) * fy;
  const d = fx * fy;
  out[0] = data[at]! * a + data[at + 3]! * b + data[below]! * c + data[below + 3]! * d;
  out[1] = data[at + 1]! * a + data[at + 4]! * b + data[below + 1]! * c + data[below + 4]! * d;
  out[2] = data[at + 2]! * a + data[at + 5]! * b + data[below + 2]! * c + data[below + 5]! * d;
}
