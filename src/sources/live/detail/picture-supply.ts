import type { AccessUnit } from './access-unit.js';
import type { Decoder, DecoderOptions } from './decoder.js';
import { MomentClock } from './moment-clock.js';
import type { NoPicture, SupplyReplies } from './supply-replies.js';
import { UnitRing, type RingOptions, type RingUnit } from './unit-ring.js';

export interface SupplyOptions {
  replies: SupplyReplies;
  /** Starts a decoder. */
  decoder(options: Pick<DecoderOptions, 'first' | 'picture' | 'done' | 'ended'>): Decoder;
  /** ms of the machine's monotonic clock. */
  now(): number;
  ring?: RingOptions;
  /** Without a request for so long the decoder ends, ms. Default 2000. */
  idleMs?: number;
  /** A decoder that gives no picture for so long is replaced, ms. Default 5000. */
  stuckMs?: number;
  /** One that has read all and says nothing for so long waits for more before it gives a picture out, ms. Default 600. */
  quietMs?: number;
}

interface Waiting {
  unit: RingUnit;
  ids: number[];
  error: number;
  /** Those that were told that their picture comes. */
  told: readonly number[];
}

/** A picture that was decoded on the way. */
interface Spare {
  width: number;
  height: number;
  pixels: Uint8Array;
  complete: boolean;
}

interface Request {
  id: number;
  /** ms of the machine's monotonic clock. */
  at: number;
}

const tickMs = 50;
/** A picture (ms) that lies further from what was asked for shows another moment; above it, the stream's own pace counts. */
const leastTolerance = 100;
/** What lies so far ahead of the newest picture (ms) will not be waited for. */
const longestWait = 5000;
const mostSlack = 8;
/** After a decoder that gave no picture at all, none is started for so long, ms. */
const brokenMs = 5000;
/** Of pictures that were decoded on the way and may be asked for next, bytes. */
const spareBytes = 32 * 1024 * 1024;
const rememberedUnits = 4;

/**
 * Pictures of a stream, decoded when somebody asks. The decoder is given what the ring has, from a key frame on, up to the picture
 * that is wanted and no further; the next request goes on from there. So a stream of requests decodes every picture once at most,
 * and converts and copies only what is asked for.
 */
export class PictureSupply {
  readonly ring: UnitRing;
  readonly clock = new MomentClock();
  private readonly requests: Request[] = [];
  /** Requests by the unit that they wait for. */
  private readonly wanted = new Map<number, Waiting>();
  private readonly spares = new Map<number, Spare>();
  private given: number[] = [];
  private decoder: Decoder | undefined;
  /** Those before it that have pictures to give out. */
  private readonly finishing = new Set<Decoder>();
  private slack = 0;
  private lastRequest = 0;
  private lastGiven = 0;
  private brokenUntil = -Infinity;
  /** The decoder that runs has given a picture. */
  private proved = false;
  private timer: NodeJS.Timeout | undefined;
  /** Units that were given to decoders, for measurements. */
  decoded = 0;

  constructor(private readonly options: SupplyOptions) {
    this.ring = new UnitRing(options.ring);
  }

  /** The stream goes on. */
  take(received: AccessUnit): void {
    const { unit, restarted } = this.ring.add(received);
    if (restarted) this.clock.reset();
    if (unit === undefined) return;
    this.clock.see(unit.time, unit.arrival);
    this.serve();
    this.lookAhead();
  }

  /** The stream is gone; what comes next is a new one. */
  lost(): void {
    for (const { id } of this.requests.splice(0)) this.options.replies.none(id, 'lost');
    this.ring.clear();
    this.clock.reset();
  }

  /**
   * @param at ms of the machine's monotonic clock when the moment was sent by the camera
   * @param again the picture given for this unit before is no longer there
   */
  want(id: number, at: number, again = false): void {
    if (again) this.given = [];
    this.lastRequest = this.options.now();
    this.requests.push({ id, at });
    this.requests.sort((one, other) => one.at - other.at);
    this.serve();
    this.lookAhead();
  }

  /** Nobody waits for it any more. */
  forget(id: number): void {
    const place = this.requests.findIndex((request) => request.id === id);
    if (place >= 0) this.requests.splice(place, 1);
    for (const waiting of this.wanted.values()) waiting.ids = waiting.ids.filter((other) => other !== id);
  }

  /** Ends the decoder if nobody waits for it. */
  rest(): void {
    if ([...this.wanted.values()].some(({ ids }) => ids.length > 0)) return;
    void this.endDecoder();
  }

  async close(): Promise<void> {
    this.requests.length = 0;
    this.wanted.clear();
    await this.endDecoder();
  }

  private serve(): void {
    for (const request of [...this.requests]) {
      const found = this.find(request);
      if (found === 'wait') continue;
      this.requests.splice(this.requests.indexOf(request), 1);
      if (typeof found === 'string') this.options.replies.none(request.id, found);
      else this.answer(request.id, found.unit, found.error);
    }
  }

  private find({ at }: Request): { unit: RingUnit; error: number } | NoPicture | 'wait' {
    const { ring, clock } = this;
    const { offset, settled } = clock;
    if (offset === undefined || !settled || ring.length === 0) return 'early';
    const { interval } = ring;
    // A picture's arrival is seen when the next one begins: ffmpeg knows its end by that.
    const time = at - offset + interval;
    const ahead = time - ring.latest;
    if (ahead > longestWait) return 'gap';
    if (ahead > interval / 2) return 'wait';
    const unit = ring.nearest(time)!;
    const error = unit.time - time;
    if (Math.abs(error) > Math.max(leastTolerance, interval * 0.75)) return error > 0 ? 'late' : 'gap';
    return { unit, error };
  }

  private answer(id: number, unit: RingUnit, error: number): void {
    const waiting = this.wanted.get(unit.index);
    if (waiting !== undefined) {
      waiting.ids.push(id);
      return;
    }
    if (this.given.includes(unit.index)) {
      this.options.replies.same(id, unit.index);
      return;
    }
    this.wanted.set(unit.index, { unit, ids: [id], error, told: [] });
    const spare = this.spares.get(unit.index);
    if (spare?.complete === true) void this.giveSpare(unit, spare);
    else if (!this.isMarked(unit)) this.decode(unit);
  }

  private isMarked(unit: RingUnit): boolean {
    return this.decoder?.isMarked(unit) === true || [...this.finishing].some((decoder) => decoder.isMarked(unit));
  }

  private decode(unit: RingUnit): void {
    const way = this.ring.upTo(unit);
    const isBroken = this.options.now() < this.brokenUntil;
    if (way.length === 0 || isBroken) {
      this.refuse(unit, isBroken ? 'decoder' : 'late');
      return;
    }
    const decoder = this.decoderFor(way[0]!);
    const next = way.findIndex(({ index }) => index === decoder.fed + 1);
    const rest = unit.index > decoder.fed && next >= 0 ? way.slice(next) : way;
    if (rest === way) decoder.startPiece(way[0]!);
    for (const step of rest) this.give(step, step === unit);
  }

  private give(unit: RingUnit, wanted: boolean): void {
    this.decoder!.give(unit, wanted);
    this.decoded++;
    this.lastGiven = this.options.now();
  }

  /** Decoders hold pictures back until enough later ones have come: with B pictures, and where the stream says that there may be some. */
  private lookAhead(): void {
    const { decoder, ring } = this;
    if (decoder === undefined) return;
    const needed = ring.reordering + this.slack;
    for (const unit of decoder.outstanding) {
      if (!this.wanted.has(unit.index)) continue;
      while (decoder.ahead(unit) < needed) {
        const [next] = ring.after(decoder.fed, 1);
        if (next === undefined || next.index !== decoder.fed + 1 || (next.key && !decoder.takes(next))) return;
        // Likely to be asked for next, and could not be had again without starting at the key frame.
        this.give(next, true);
      }
    }
  }

  private decoderFor(key: RingUnit): Decoder {
    if (this.decoder?.takes(key) === true) return this.decoder;
    if (this.decoder !== undefined) {
      this.finishing.add(this.decoder);
      this.decoder.finish();
    }
    const started = this.options.decoder({
      first: key,
      picture: (unit, width, height) => this.begin(unit, width, height),
      done: (unit) => this.done(unit),
      ended: (message) => {
        if (this.decoder === started) this.decoderEnded(message);
        else if (this.finishing.delete(started)) {
          for (const unit of started.outstanding) this.refuse(unit, 'gap');
        }
      },
    });
    this.decoder = started;
    this.proved = false;
    this.slack = 0;
    this.timer ??= setInterval(() => this.tick(), tickMs);
    return started;
  }

  private begin(
    unit: RingUnit,
    width: number,
    height: number,
  ): Uint8Array | Promise<Uint8Array | undefined> | undefined {
    const waiting = this.wanted.get(unit.index);
    if (waiting !== undefined && waiting.ids.length > 0) {
      return this.announce(waiting, width, height);
    }
    const bytes = width * height * 3;
    for (const [index, { pixels }] of this.spares) {
      if ((this.spares.size + 1) * Math.max(bytes, pixels.length) <= spareBytes) break;
      this.spares.delete(index);
    }
    const pixels = new Uint8Array(bytes);
    this.spares.set(unit.index, { width, height, pixels, complete: false });
    return pixels;
  }

  private done(unit: RingUnit): void {
    this.proved = true;
    const spare = this.spares.get(unit.index);
    const waiting = this.wanted.get(unit.index);
    if (spare !== undefined) spare.complete = true;
    if (spare === undefined) this.settle(unit.index);
    else if (waiting !== undefined) void this.giveSpare(unit, spare);
    // Those before it that did not come were damaged.
    for (const { unit: other, told } of [...this.wanted.values()]) {
      if (other.time < unit.time && told.length === 0 && !this.isMarked(other)) this.refuse(other, 'gap');
    }
  }

  private async giveSpare(unit: RingUnit, { width, height, pixels }: Spare): Promise<void> {
    const waiting = this.wanted.get(unit.index);
    this.spares.delete(unit.index);
    if (waiting === undefined) return;
    const target = await this.announce(waiting, width, height);
    target?.set(pixels);
    this.settle(unit.index);
  }

  private announce(waiting: Waiting, width: number, height: number): Promise<Uint8Array | undefined> {
    waiting.told = [...waiting.ids];
    return this.options.replies.picture([...waiting.ids], waiting.unit.index, width, height, waiting.error);
  }

  private settle(index: number): void {
    const { ids = [], told = [] } = this.wanted.get(index) ?? {};
    this.wanted.delete(index);
    this.given = [...this.given, index].slice(-rememberedUnits);
    this.options.replies.filled(index);
    // Whoever came while it was being filled.
    for (const id of ids) if (!told.includes(id)) this.options.replies.same(id, index);
  }

  private refuse({ index }: RingUnit, why: NoPicture, message?: string): void {
    const waiting = this.wanted.get(index);
    this.wanted.delete(index);
    for (const id of waiting?.ids ?? []) this.options.replies.none(id, why, message);
  }

  private decoderEnded(message: string): void {
    if (!this.proved) this.brokenUntil = this.options.now() + brokenMs;
    for (const { unit } of [...this.wanted.values()]) this.refuse(unit, 'decoder', message);
    void this.endDecoder();
  }

  private tick(): void {
    const { decoder } = this;
    const now = this.options.now();
    if (decoder === undefined) return;
    const waits = decoder.outstanding.some(({ index }) => this.wanted.has(index));
    if (!waits) {
      if (now - this.lastRequest > (this.options.idleMs ?? 2000)) void this.endDecoder();
      return;
    }
    const silence = now - Math.max(decoder.lastSign, this.lastGiven);
    if (silence > (this.options.stuckMs ?? 5000))
      this.decoderEnded('Expected a picture of the main stream but ffmpeg gave none');
    else if (silence > (this.options.quietMs ?? 600) && decoder.backlog === 0 && this.slack < mostSlack) {
      this.slack++;
      this.lastGiven = now;
      this.lookAhead();
    }
  }

  private async endDecoder(): Promise<void> {
    const { decoder } = this;
    this.decoder = undefined;
    this.slack = 0;
    this.spares.clear();
    clearInterval(this.timer);
    this.timer = undefined;
    for (const { unit } of [...this.wanted.values()]) this.refuse(unit, 'lost');
    const ending = [...this.finishing, ...(decoder === undefined ? [] : [decoder])];
    this.finishing.clear();
    await Promise.all(ending.map((each) => each.close()));
    if (this.decoder === undefined) this.options.replies.resting();
  }
}
