import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FramePool } from '../../src/frame/pool.js';
import { decodeImage } from '../../src/image/decode.js';
import { seededRandom } from './random.js';

const samples = join(__dirname, '..', '..', 'samples');

/** A vehicle cut out of the sample: pixels that are it, and where. */
export interface CutOut {
  width: number;
  height: number;
  pixels: Uint8Array;
  mask: Uint8Array;
}

/** The sample's road without vehicles, and some of its vehicles. */
export interface Road {
  width: number;
  height: number;
  empty: Uint8Array;
  /** Dark grey, 12 % of the frame's width: its plate is 60 px wide at 1080p. The hardest to see on this road. */
  dark: CutOut;
  /** The lorry: a third of the frame's width. */
  lorry: CutOut;
}

/** What the camera shows. Lengths in pixels of this road. */
export interface Shot {
  /** Standard deviation of the sensor's noise, grey values. Default 3. */
  noise?: number;
  /** Share of the light, or one for each place across the picture (0..1). Default 1. */
  light?: number | ((x: number) => number);
  /** The whole picture is so far to the right and down. */
  shake?: [x: number, y: number];
  vehicles?: { cutOut: CutOut; x: number; y: number }[];
  /** Streaks of rain in this picture. */
  drops?: number;
  flakes?: number;
  /** What the clock in the corner shows, s. */
  clock?: number;
  /** The hedge on the right moves by so much. */
  sway?: number;
  /** The camera looks by infrared: no colours, other brightness. */
  infrared?: boolean;
}

/**
 * @param shrink whole number: the road is 1920 / shrink pixels wide
 */
export async function loadRoad(shrink: number): Promise<Road> {
  const pool = new FramePool();
  const names = Array.from({ length: 14 }, (_, index) => `${String(index + 1).padStart(2, '0')}.jpg`);
  const pictures: Uint8Array[] = [];
  let [width, height] = [0, 0];
  for (const name of names) {
    const stamp = { cameraId: 'road', sequence: 0, timestamp: 0 };
    const frame = await decodeImage(readFileSync(join(samples, 'pictures', name)), stamp, { pool });
    [width, height] = [Math.floor(frame.width / shrink), Math.floor(frame.height / shrink)];
    pictures.push(shrunk(frame.pixels, frame.width, width, height, shrink));
    pool.recycle(frame);
  }
  const empty = new Uint8Array(width * height * 3);
  const values = new Uint8Array(pictures.length);
  for (let at = 0; at < empty.length; at++) {
    for (let index = 0; index < pictures.length; index++) values[index] = pictures[index]![at]!;
    empty[at] = values.sort()[values.length >> 1]!;
  }
  const road = { width, height, empty };
  const cut = (picture: number, box: number[]) =>
    cutOut(
      road,
      pictures[picture]!,
      box.map((side) => Math.round(side / shrink)),
    );
  // Boxes of truth.json.
  return { ...road, dark: cut(13, boxOf('14.jpg', 6)), lorry: cut(7, boxOf('08.jpg', 3)) };
}

function boxOf(picture: string, vehicle: number): number[] {
  const truth = JSON.parse(readFileSync(join(samples, 'truth.json'), 'utf8')) as {
    frames: { picture?: string; sights: { vehicle: number; box: number[] }[] }[];
  };
  const frame = truth.frames.find((entry) => entry.picture?.endsWith(picture));
  return frame!.sights.find((sight) => sight.vehicle === vehicle)!.box;
}

function shrunk(pixels: Uint8Array, stride: number, width: number, height: number, by: number): Uint8Array {
  const result = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let line = 0; line < by; line++) {
          for (let step = 0; step < by; step++)
            sum += pixels[((y * by + line) * stride + x * by + step) * 3 + channel]!;
        }
        result[(y * width + x) * 3 + channel] = Math.round(sum / by / by);
      }
    }
  }
  return result;
}

function cutOut(road: Omit<Road, 'dark' | 'lorry'>, picture: Uint8Array, box: number[]): CutOut {
  const [left, top, right, bottom] = box as [number, number, number, number];
  const [width, height] = [right - left, bottom - top];
  const pixels = new Uint8Array(width * height * 3);
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let difference = 0;
      for (let channel = 0; channel < 3; channel++) {
        const from = ((top + y) * road.width + left + x) * 3 + channel;
        pixels[(y * width + x) * 3 + channel] = picture[from]!;
        difference = Math.max(difference, Math.abs(picture[from]! - road.empty[from]!));
      }
      mask[y * width + x] = difference > 12 ? 1 : 0;
    }
  }
  return { width, height, pixels, mask };
}

const NOISE_VALUES = 1 << 18;

/** Renders shots of a road, always the same ones for a seed. */
export class RoadCamera {
  /** The latest picture. */
  readonly pixels: Uint8Array;
  private readonly random: () => number;
  private readonly gaussian: Float32Array;

  constructor(
    readonly road: Road,
    seed = 1,
  ) {
    this.random = seededRandom(seed);
    this.pixels = new Uint8Array(new SharedArrayBuffer(road.empty.length));
    this.gaussian = Float32Array.from({ length: NOISE_VALUES }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      return radius * Math.cos(2 * Math.PI * this.random());
    });
  }

  get width(): number {
    return this.road.width;
  }

  get height(): number {
    return this.road.height;
  }

  shoot(shot: Shot): this {
    this.background(shot.shake ?? [0, 0], shot.sway ?? 0);
    for (const { cutOut, x, y } of shot.vehicles ?? []) this.paste(cutOut, Math.round(x), Math.round(y));
    if (shot.infrared === true) this.infrared();
    this.expose(shot.light ?? 1, shot.noise ?? 3);
    const unit = Math.max(1, Math.round(this.width / 640));
    for (let count = shot.drops ?? 0; count > 0; count--) this.speck(unit, unit * 12, 40);
    for (let count = shot.flakes ?? 0; count > 0; count--) this.speck(unit * 2, unit * 2, 90);
    if (shot.clock !== undefined) this.clock(Math.floor(shot.clock), unit);
    return this;
  }

  private background([dx, dy]: [number, number], sway: number): void {
    const { width, height, empty } = this.road;
    const hedge = Math.round(width * 0.72);
    for (let y = 0; y < height; y++) {
      const from = Math.min(height - 1, Math.max(0, y - dy)) * width;
      const line = y * width * 3;
      // What comes in at the edge is what was there.
      const shift = Math.min(Math.max(0, dx), width);
      this.pixels.set(empty.subarray((from + Math.max(0, -dx)) * 3, (from + width - shift) * 3), line + shift * 3);
      if (sway !== 0 && y < height * 0.2) {
        const part = empty.subarray((from + hedge + sway) * 3, (from + width - 8) * 3);
        this.pixels.set(part, line + hedge * 3);
      }
    }
  }

  private paste({ width, height, pixels, mask }: CutOut, left: number, top: number): void {
    for (let y = Math.max(0, -top); y < Math.min(height, this.height - top); y++) {
      for (let x = Math.max(0, -left); x < Math.min(width, this.width - left); x++) {
        if (mask[y * width + x] === 0) continue;
        const to = ((top + y) * this.width + left + x) * 3;
        const from = (y * width + x) * 3;
        for (let channel = 0; channel < 3; channel++) this.pixels[to + channel] = pixels[from + channel]!;
      }
    }
  }

  /** Leaves reflect infrared: green becomes bright. */
  private infrared(): void {
    const { pixels } = this;
    for (let at = 0; at < pixels.length; at += 3) {
      const value =
        20 + 0.2 * pixels[at]! + 0.9 * Math.max(0, 2 * pixels[at + 1]! - pixels[at]! - pixels[at + 2]! + 40);
      pixels[at] = pixels[at + 1] = pixels[at + 2] = value > 255 ? 255 : value;
    }
  }

  private expose(light: number | ((x: number) => number), noise: number): void {
    const { pixels, gaussian, width, height } = this;
    const shares = Float32Array.from({ length: width }, (_, x) =>
      typeof light === 'number' ? light : light(x / width),
    );
    for (let y = 0, at = 0; y < height; y++) {
      // Each line begins elsewhere in the table, so that lines are not alike.
      let grain = Math.floor(this.random() * (NOISE_VALUES - width * 3));
      for (let x = 0; x < width; x++) {
        const share = shares[x]!;
        for (let channel = 0; channel < 3; channel++, at++) {
          const value = pixels[at]! * share + gaussian[grain++]! * noise;
          pixels[at] = value < 0 ? 0 : value > 255 ? 255 : value + 0.5;
        }
      }
    }
  }

  private speck(width: number, height: number, brighter: number): void {
    const left = Math.floor(this.random() * (this.width - width));
    const top = Math.floor(this.random() * (this.height - height));
    for (let y = top; y < top + height; y++) {
      for (let at = (y * this.width + left) * 3; at < (y * this.width + left + width) * 3; at++) {
        this.pixels[at] = Math.min(255, this.pixels[at]! + brighter);
      }
    }
  }

  /** Six digits as bars of seven segments would have them: which parts are white changes with the digit. */
  private clock(seconds: number, unit: number): void {
    const digits = String(Math.floor(seconds / 60) * 100 + (seconds % 60)).padStart(6, '0');
    for (const [index, digit] of [...digits].entries()) {
      for (let part = 0; part < 12; part++) {
        const isLit = ((Number(digit) * 2654435761 + part * 40503) >>> 5) % 2 === 0;
        const [left, top] = [(10 + index * 10 + (part % 3) * 3) * unit, (8 + Math.floor(part / 3) * 4) * unit];
        for (let y = top; y < top + 3 * unit; y++) {
          const start = (y * this.width + left) * 3;
          this.pixels.fill(isLit ? 235 : 16, start, start + 2 * unit * 3);
        }
      }
    }
  }
}
