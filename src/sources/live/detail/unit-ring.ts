import type { AccessUnit } from './access-unit.js';

/** An access unit with its place in the stream. */
export interface RingUnit extends AccessUnit {
  /** Counts up in the order of decoding. */
  index: number;
  /** `pts` in ms, without wraps: goes on over them. */
  time: number;
}

export interface RingOptions {
  /** Kept at least, as far as `maxBytes` allows, ms. Default 4000: a flow under load asks late. */
  keepMs?: number;
  /** Default 64 MiB: ten seconds of a very good 4K stream. */
  maxBytes?: number;
}

const wrap = 2 ** 33;
const ticksPerMs = 90;
/** A clock that jumps so far (ms) begins anew. */
const longestGap = 10_000;
/** At least so many key frames are kept: what is asked for lies a little in the past. */
const leastKeys = 2;
/** No codec sends a picture so many others before those that are shown earlier. */
const mostReordered = 32;

/** The newest access units of a stream, always from a key frame on. */
export class UnitRing {
  bytes = 0;
  /** Units that were thrown away because no key frame came for longer than there is room. */
  overflowed = 0;
  private units: RingUnit[] = [];
  private next = 0;
  private last: { pts: number; time: number } | undefined;
  private readonly keepMs: number;
  private readonly maxBytes: number;

  constructor(options: RingOptions = {}) {
    this.keepMs = options.keepMs ?? 4000;
    this.maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  }

  get newest(): RingUnit | undefined {
    return this.units.at(-1);
  }

  get length(): number {
    return this.units.length;
  }

  /**
   * Takes a unit in. Those before the first key frame are of no use and left out.
   * @returns `restarted`: the stream's clock has jumped or its codec has changed, and what was before is gone
   */
  add(unit: AccessUnit): { unit: RingUnit | undefined; restarted: boolean } {
    const before = this.units.at(-1);
    const delta = this.last === undefined ? 0 : ticks(unit.pts - this.last.pts) / ticksPerMs;
    const restarted = Math.abs(delta) > longestGap || (before !== undefined && before.codec !== unit.codec);
    if (restarted) this.clear();
    const time = this.last === undefined ? 0 : this.last.time + delta;
    this.last = { pts: unit.pts, time };
    if (this.units.length === 0 && !unit.key) return { unit: undefined, restarted };
    const kept = { ...unit, index: this.next++, time };
    this.units.push(kept);
    this.bytes += kept.data.length;
    this.trim();
    return { unit: kept, restarted };
  }

  clear(): void {
    this.units = [];
    this.bytes = 0;
    this.last = undefined;
  }

  /** Time of the picture that is shown last, ms; -Infinity while there is none. */
  get latest(): number {
    return Math.max(-Infinity, ...this.units.slice(-mostReordered).map(({ time }) => time));
  }

  /** The unit whose time is nearest; undefined while there is none. */
  nearest(time: number): RingUnit | undefined {
    let best: RingUnit | undefined;
    for (const unit of this.units) {
      if (best === undefined || Math.abs(unit.time - time) < Math.abs(best.time - time)) best = unit;
    }
    return best;
  }

  /**
   * What must be decoded for a unit, itself last: from the last key frame on that is not shown later. Pictures shown before a key
   * frame but sent after it may need those before it.
   */
  upTo(wanted: RingUnit): RingUnit[] {
    const end = this.units.indexOf(wanted);
    if (end < 0) return [];
    let start = end;
    while (start >= 0 && !(this.units[start]!.key && this.units[start]!.time <= wanted.time)) start--;
    return start < 0 ? [] : this.units.slice(start, end + 1);
  }

  /** Up to `count` units behind `index`. */
  after(index: number, count: number): RingUnit[] {
    const first = this.units.findIndex((unit) => unit.index > index);
    return first < 0 ? [] : this.units.slice(first, first + count);
  }

  /** ms from one picture to the next: the median of the last ones, 40 while it is not known. */
  get interval(): number {
    const times = this.units.slice(-32).map(({ time }) => time);
    times.sort((a, b) => a - b);
    const steps = times.slice(1).map((time, index) => time - times[index]!);
    return steps.length === 0 ? 40 : Math.max(1, steps.sort((a, b) => a - b)[steps.length >> 1]!);
  }

  /** How many units are sent between a picture and the next one that is shown: 0 without B pictures. */
  get reordering(): number {
    let most = 0;
    const recent = this.units.slice(-64);
    for (const [place, unit] of recent.entries()) {
      let later = 0;
      for (let before = Math.max(0, place - 16); before < place; before++)
        if (recent[before]!.time > unit.time) later++;
      most = Math.max(most, later);
    }
    return most;
  }

  private trim(): void {
    for (;;) {
      const second = this.units.findIndex((unit, place) => place > 0 && unit.key);
      const tooMuch = this.bytes > this.maxBytes;
      if (second < 0) {
        if (tooMuch) {
          this.overflowed += this.units.length;
          this.units = [];
          this.bytes = 0;
        }
        return;
      }
      const keys = this.units.reduce((sum, unit) => sum + (unit.key ? 1 : 0), 0);
      const isOld = this.newest!.time - this.units[second]!.time >= this.keepMs && keys > leastKeys;
      if (!tooMuch && !isOld) return;
      for (const gone of this.units.splice(0, second)) this.bytes -= gone.data.length;
    }
  }
}

/** The way from one 33-bit time to another, the shorter way round. */
function ticks(difference: number): number {
  const positive = ((difference % wrap) + wrap) % wrap;
  return positive >= wrap / 2 ? positive - wrap : positive;
}
