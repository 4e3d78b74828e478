import { Camera } from './camera.js';
import { irradiance, mirrored, sun } from './light.js';
import { drawLivery, sheetSize } from './livery.js';
import { drawPlate, PlateDesign, PlateFonts } from './plates.js';
import { Layer, Pose, Surface } from './raster.js';
import { groundOcclusion, Mesh } from './shape.js';
import { smoothstep } from './noise.js';
import { sampleTexture, Texture, textureFrom } from './texture.js';
import { VehicleShape } from './vehicles.js';

const [sunX, sunY, sunZ] = sun;

type Point3 = readonly [number, number, number];

interface Sheets {
  colour: Texture;
  finish: Texture;
}

/** One vehicle with its colours and its plate, ready to be drawn at any pose. */
export class Actor implements Surface {
  private heading = 0;
  private viewX = 0;
  private viewY = 0;
  private viewZ = 0;
  private level = 0;
  private plateLevel = 0;
  private readonly rgb = new Float32Array(3);
  private readonly finish = new Float32Array(3);
  private readonly light = new Float32Array(3);
  private readonly mirror = new Float32Array(3);
  private readonly plateSurface: Surface;
  private readonly plateMesh: Mesh;
  private readonly endHalf: number;
  private readonly sheetHeight: number;
  private readonly sideHalf: number;

  private constructor(
    readonly shape: VehicleShape,
    private readonly front: Sheets,
    private readonly rear: Sheets,
    private readonly side: Sheets,
    private readonly plate: Texture,
    /** Local corners of the plate: top left, top right, bottom right, bottom left as its reader sees them. */
    readonly plateCorners: readonly [Point3, Point3, Point3, Point3],
    end: 1 | -1,
  ) {
    const size = sheetSize(shape.kind);
    this.endHalf = size.end[0] / 1000;
    this.sheetHeight = size.end[1] / 1000;
    this.sideHalf = size.side[0] / 1000;
    this.plateMesh = plateGrid(plateCorners, end);
    this.plateSurface = { shade: (_x, y, z, nx, ny, nz, out) => this.shadePlate(y, z, nx, ny, nz, out) };
  }

  /** Draws all textures of a vehicle. The plate sits on the end that the camera sees: 1 front, −1 rear. */
  static async create(
    shape: VehicleShape,
    paint: string,
    design: PlateDesign,
    fonts: PlateFonts,
    end: 1 | -1,
  ): Promise<Actor> {
    const size = sheetSize(shape.kind);
    const colour = drawLivery(shape.kind, paint, false);
    const finish = drawLivery(shape.kind, paint, true);
    const sheets = async (side: 'front' | 'rear' | 'side'): Promise<Sheets> => {
      const width = Math.round(((side === 'side' ? size.side[0] : size.end[0]) * 2) / 3.5);
      return { colour: await textureFrom(colour[side], width), finish: await textureFrom(finish[side], width, true) };
    };
    const artwork = drawPlate(design, fonts);
    const z = end === 1 ? shape.kind.frontPlate : shape.kind.rearPlate;
    const halfHeight = artwork.height / 2000;
    const halfWidth = artwork.width / 2000;
    // The plate hangs upright in front of whatever part of the body stands out most behind it.
    const out =
      end * Math.max(...[-halfHeight, 0, halfHeight].map((dz) => end * shape.surfaceAt(z + dz, end))) + end * 0.025;
    const left = end === 1 ? -halfWidth : halfWidth;
    const corners = [
      [out, left, z + halfHeight],
      [out, -left, z + halfHeight],
      [out, -left, z - halfHeight],
      [out, left, z - halfHeight],
    ] as const;
    return new Actor(
      shape,
      await sheets('front'),
      await sheets('rear'),
      await sheets('side'),
      await textureFrom(artwork.svg, artwork.width * 1.5),
      corners,
      end,
    );
  }

  draw(layer: Layer, camera: Camera, pose: Pose, shiftX: number, shiftY: number): void {
    this.heading = pose.heading;
    const nearest = pose.y - Math.abs(Math.cos(pose.heading)) * 2;
    const dx = camera.position[0] - pose.x;
    const dy = camera.position[1] - nearest;
    const dz = camera.position[2] - 0.8;
    const distance = Math.hypot(dx, dy, dz);
    this.viewX = dx / distance;
    this.viewY = dy / distance;
    this.viewZ = dz / distance;
    this.level = Math.max(0, Math.floor(Math.log2(1000 / 3.5 / (camera.focal / distance)) + 0.3));
    this.plateLevel = Math.max(0, Math.floor(Math.log2(1500 / (camera.focal / distance)) - 0.6));
    layer.drawMesh(camera, pose, this.shape.body, this, shiftX, shiftY);
    layer.drawMesh(camera, pose, this.shape.wheels, this.wheelSurface, shiftX, shiftY);
    layer.drawMesh(camera, pose, this.plateMesh, this.plateSurface, shiftX, shiftY);
  }

  shade(x: number, y: number, z: number, nx: number, ny: number, nz: number, out: Float32Array): void {
    const roof = nz > 0.93 || nz < -0.5;
    const v = 1 - z / this.sheetHeight;
    const sheets = Math.abs(ny) > 0.74 ? this.side : x > 0 ? this.front : this.rear;
    const u = sheets === this.side ? 0.5 + x / (2 * this.sideHalf) : 0.5 + (x > 0 ? y : -y) / (2 * this.endHalf);
    sampleTexture(sheets.colour, this.level, u, roof ? 0.002 : v, this.rgb);
    sampleTexture(sheets.finish, this.level, u, roof ? 0.002 : v, this.finish);
    this.lit(nx, ny, nz, groundOcclusion(z), out);
  }

  /** Colour and finish of a point, in the light of the place. */
  private lit(nx: number, ny: number, nz: number, open: number, out: Float32Array): void {
    const sin = Math.sin(this.heading);
    const cos = Math.cos(this.heading);
    const wx = nx * sin - ny * cos;
    const wy = nx * cos + ny * sin;
    irradiance(wx, wy, nz, open, this.light);
    const facing = Math.max(0, wx * this.viewX + wy * this.viewY + nz * this.viewZ);
    const rx = 2 * facing * wx - this.viewX;
    const ry = 2 * facing * wy - this.viewY;
    const rz = 2 * facing * nz - this.viewZ;
    mirrored(rx, ry, rz, this.mirror);
    const { finish, light, mirror, rgb } = this;
    const gloss = finish[0]!;
    const away = 1 - facing;
    const grazing = away * away * away * away * away;
    const fresnel = (finish[1]! + gloss * (0.03 + 0.97 * grazing)) * (0.35 + 0.65 * open);
    const towardsSun = rx * sunX + ry * sunY + rz * sunZ;
    const glint = towardsSun > 0.9 ? gloss * 1.6 * Math.pow(towardsSun, 90) : 0;
    const own = finish[2]! * 0.9;
    out[0] = rgb[0]! * (light[0]! * (1 - fresnel) + own) + fresnel * mirror[0]! + glint;
    out[1] = rgb[1]! * (light[1]! * (1 - fresnel) + own) + fresnel * mirror[1]! + glint;
    out[2] = rgb[2]! * (light[2]! * (1 - fresnel) + own) + fresnel * mirror[2]! + glint;
  }

  private readonly wheelSurface: Surface = {
    shade: (x, y, z, nx, ny, nz, out) => {
      const kind = this.shape.kind;
      const axle = x < (kind.axles[0] + kind.axles[1]) / 2 ? kind.axles[0] : kind.axles[1];
      const radius = Math.hypot(x - axle, z - kind.wheelRadius) / kind.wheelRadius;
      const spoke = Math.cos(5 * Math.atan2(z - kind.wheelRadius, x - axle)) > -0.2;
      const rim = radius < 0.66 && Math.abs(ny) > 0.6;
      const grey = rim ? (spoke || radius < 0.2 || radius > 0.6 ? 0.32 : 0.03) : 0.018;
      this.rgb.fill(grey);
      this.finish[0] = rim ? 0.4 : 0.05;
      this.finish[1] = rim ? 0.08 : 0;
      this.finish[2] = 0;
      this.lit(nx, ny, nz, groundOcclusion(z) * (Math.abs(y) < kind.halfWidth - 0.16 ? 0.4 : 1), out);
    },
  };

  private shadePlate(y: number, z: number, nx: number, ny: number, nz: number, out: Float32Array): void {
    const [topLeft, topRight, , bottomLeft] = this.plateCorners;
    sampleTexture(
      this.plate,
      this.plateLevel,
      (y - topLeft[1]) / (topRight[1] - topLeft[1]),
      (z - topLeft[2]) / (bottomLeft[2] - topLeft[2]),
      this.rgb,
    );
    this.finish[0] = 0.1;
    this.finish[1] = 0.012;
    this.finish[2] = 0.1;
    this.lit(nx, ny, nz, 0.55 + 0.4 * smoothstep(0.3, 0.8, z), out);
  }
}

function plateGrid(corners: readonly Point3[], end: 1 | -1): Mesh {
  const columns = 12;
  const rows = 4;
  const positions: number[] = [];
  const normals: number[] = [];
  const indices: number[] = [];
  const [a, b, , d] = corners as [Point3, Point3, Point3, Point3];
  for (let j = 0; j <= rows; j++) {
    for (let i = 0; i <= columns; i++) {
      positions.push(a[0], a[1] + ((b[1] - a[1]) * i) / columns, a[2] + ((d[2] - a[2]) * j) / rows);
      normals.push(end, 0, 0);
    }
  }
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const p = j * (columns + 1) + i;
      indices.push(p, p + columns + 1, p + 1, p + 1, p + columns + 1, p + columns + 2);
    }
  }
  return {
    positions: Float32Array.from(positions),
    normals: Float32Array.from(normals),
    indices: Uint32Array.from(indices),
  };
}
