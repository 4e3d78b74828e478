/** Hazy sun from behind the camera, sky, and what a shiny surface mirrors. Radiances are relative: 1 is a white surface in full light. */

const length = Math.hypot(-0.55, -0.5, 0.85);
/** Towards the sun. */
export const sun: readonly [number, number, number] = [-0.55 / length, -0.5 / length, 0.85 / length];
const [sunX, sunY, sunZ] = sun;

/** Light falling on a surface: sun by its angle, sky from above, some back from the road. */
export function irradiance(nx: number, ny: number, nz: number, open: number, out: Float32Array): void {
  const direct = Math.max(0, nx * sunX + ny * sunY + nz * sunZ) * (0.3 + 0.7 * open);
  const above = (0.62 + 0.38 * nz) * open;
  out[0] = 0.74 * direct + 0.33 * above;
  out[1] = 0.7 * direct + 0.36 * above;
  out[2] = 0.63 * direct + 0.41 * above;
}

/** What is seen in direction r by mirror reflection: sky, a line of trees and houses, the road. */
export function mirrored(rx: number, ry: number, rz: number, out: Float32Array): void {
  if (rz < 0) {
    const near = Math.min(1, -rz * 2.5);
    out[0] = 0.13 - 0.06 * near;
    out[1] = 0.13 - 0.06 * near;
    out[2] = 0.125 - 0.055 * near;
    return;
  }
  const azimuth = rx / (Math.abs(ry) + Math.abs(rx) + 1e-6);
  const skyline = 0.16 + 0.07 * Math.sin(azimuth * 9) + 0.05 * Math.sin(azimuth * 23 + 1);
  if (rz < skyline) {
    const t = rz / skyline;
    out[0] = 0.07 + 0.05 * t;
    out[1] = 0.085 + 0.06 * t;
    out[2] = 0.06 + 0.06 * t;
    return;
  }
  const t = Math.min(1, (rz - skyline) / 0.8);
  out[0] = 0.86 - 0.5 * t;
  out[1] = 0.9 - 0.42 * t;
  out[2] = 0.95 - 0.3 * t;
}
