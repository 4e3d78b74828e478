import { readFileSync } from 'node:fs';
import { Decoder } from '../../../../src/sources/live/detail/decoder.js';
import { PictureSupply } from '../../../../src/sources/live/detail/picture-supply.js';
import type { NoPicture } from '../../../../src/sources/live/detail/supply-replies.js';
import { TsReader } from '../../../../src/sources/live/detail/ts-reader.js';
import type { AccessUnit } from '../../../../src/sources/live/detail/access-unit.js';
import { machineTime } from '../../../../src/sources/live/detail/moment-clock.js';

/** All access units of a file. Arrivals are their times of decoding from `start` on, evenly spaced. */
export function unitsOf(file: string | Buffer, fps: number, start = 0): AccessUnit[] {
  const units: AccessUnit[] = [];
  const reader = new TsReader({
    now: () => start + (units.length * 1000) / fps,
    unit: (unit) => units.push({ ...unit, arrival: start + (units.length * 1000) / fps }),
    unsupported: (type) => {
      throw new Error(`stream type ${type}`);
    },
  });
  reader.push(typeof file === 'string' ? readFileSync(file) : file);
  // The last unit ends where another would begin; an empty packet says so.
  return units;
}

export interface Answer {
  pixels: Uint8Array;
  width: number;
  height: number;
  error: number;
}

/** A supply whose answers are promises. */
export class SupplyBench {
  readonly supply: PictureSupply;
  decoders = 0;
  rested = 0;
  onPicture: () => void = () => undefined;
  private next = 1;
  private readonly waiting = new Map<number, (answer: Answer | NoPicture | { same: number }) => void>();
  private readonly filling = new Map<number, { ids: number[]; answer: Answer }>();

  constructor(
    options: {
      idleMs?: number;
      program?: string;
      keepMs?: number;
      maxBytes?: number;
      stuckMs?: number;
      quietMs?: number;
    } = {},
  ) {
    this.supply = new PictureSupply({
      now: machineTime,
      idleMs: options.idleMs ?? 60_000,
      stuckMs: options.stuckMs ?? 60_000,
      // A loaded machine must not look like a decoder that waits.
      quietMs: options.quietMs ?? 60_000,
      ring: { keepMs: options.keepMs ?? 60_000, ...(options.maxBytes ? { maxBytes: options.maxBytes } : {}) },
      decoder: (rest) => {
        this.decoders++;
        return new Decoder({
          program: options.program ?? 'ffmpeg',
          passthrough: ['-fps_mode', 'passthrough'],
          inputOptions: [],
          ...rest,
        });
      },
      replies: {
        none: (id, why) => this.answer(id, why),
        same: (id, unit) => this.answer(id, { same: unit }),
        picture: (ids, unit, width, height, error) => {
          const answer = { pixels: new Uint8Array(width * height * 3), width, height, error };
          this.filling.set(unit, { ids, answer });
          this.onPicture();
          return Promise.resolve(answer.pixels);
        },
        filled: (unit) => {
          const { ids, answer } = this.filling.get(unit)!;
          this.filling.delete(unit);
          for (const id of ids) this.answer(id, answer);
        },
        resting: () => void this.rested++,
      },
    });
  }

  at(time: number): Promise<Answer | NoPicture | { same: number }> {
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.supply.want(id, time);
    });
  }

  private answer(id: number, answer: Answer | NoPicture | { same: number }): void {
    this.waiting.get(id)?.(answer);
    this.waiting.delete(id);
  }
}
