/** A pinhole road camera. World in metres: X right, Y along the road, Z up, the road at Z = 0. */
export class Camera {
  readonly width: number;
  readonly height: number;
  readonly focal: number;
  readonly centreX: number;
  readonly centreY: number;
  readonly position: readonly [number, number, number];
  private readonly sinPitch: number;
  private readonly cosPitch: number;

  /** @param pitch downwards, radians. @param focal pixels. @param centreX where straight ahead lies, pixels. */
  constructor(
    width: number,
    height: number,
    focal: number,
    pitch: number,
    position: [number, number, number],
    centreX: number,
  ) {
    this.width = width;
    this.height = height;
    this.focal = focal;
    this.centreX = centreX;
    this.centreY = height / 2;
    this.position = position;
    this.sinPitch = Math.sin(pitch);
    this.cosPitch = Math.cos(pitch);
  }

  /** Writes pixel x, pixel y and 1/depth of a world point to `out`. */
  project(x: number, y: number, z: number, out: { x: number; y: number; inverseDepth: number }): void {
    const dx = x - this.position[0];
    const dy = y - this.position[1];
    const dz = z - this.position[2];
    const depth = Math.max(0.05, dy * this.cosPitch - dz * this.sinPitch);
    const up = dy * this.sinPitch + dz * this.cosPitch;
    out.inverseDepth = 1 / depth;
    out.x = this.centreX + (this.focal * dx) / depth;
    out.y = this.centreY - (this.focal * up) / depth;
  }

  /** Direction (not normalised, Y about 1) through a pixel. */
  ray(px: number, py: number, out: Float64Array): void {
    const right = (px - this.centreX) / this.focal;
    const up = (this.centreY - py) / this.focal;
    out[0] = right;
    out[1] = this.cosPitch + up * this.sinPitch;
    out[2] = -this.sinPitch + up * this.cosPitch;
  }
}
