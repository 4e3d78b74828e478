import { startFedChild, stopChild, whyNotStarted, type FedChild } from '../../child.js';
import { sequenceOf, type AccessUnit, type DetailCodec } from './access-unit.js';
import { ivfFrameHeader, ivfHeader } from './ivf.js';
import { machineTime } from './moment-clock.js';
import { PictureReader, type Target } from './picture-reader.js';
import type { RingUnit } from './unit-ring.js';

/** Between what is shown last of one piece and first of the next, half ticks of 90 kHz. */
const gap = 180_000;
/** ffmpeg's log is kept so far, for an error message. */
const keptLog = 4000;
/** So long it may take to give out its last pictures, ms. */
const finishMs = 2000;
/** No codec shows a picture so many others later than it decodes it. */
export const mostAhead = 32;

export interface DecoderOptions {
  program: string;
  /** The key frame that it starts with. */
  first: Pick<AccessUnit, 'codec' | 'data'>;
  /** Options that hand every frame on (`Ffmpeg.passthrough`). */
  passthrough: readonly string[];
  /** Of the input: hardware and the like. */
  inputOptions: readonly string[];
  /** A picture that was wanted comes; see PictureSink. */
  picture(unit: RingUnit, width: number, height: number): Target | Promise<Target>;
  /** It is complete. */
  done(unit: RingUnit): void;
  /** Nothing comes any more. `ran`: ffmpeg was started. */
  ended(message: string, ran: boolean): void;
}

/**
 * ffmpeg as a decoder that waits: it decodes what it is given and makes pictures only of what is wanted. Those are marked by their
 * times, which are odd; its filter lets nothing else through, so the others are neither converted nor copied.
 */
export class Decoder {
  /** Of the pictures that it decodes; a decoder knows one size only. */
  readonly sequence: string;
  readonly codec: DetailCodec;
  /** Index of the last unit that was given; -1 for none. */
  fed = -1;
  /** When the last picture came, or the decoder was started, ms. */
  lastSign = machineTime();
  /** Times of the last ones that were given. */
  private times: number[] = [];
  private readonly child: FedChild;
  private readonly reader: PictureReader;
  /** Wanted units whose pictures have not come, by their marked times. */
  private readonly marked = new Map<number, RingUnit>();
  /** Announced on stderr, not yet begun on stdout. */
  private readonly announced: number[] = [];
  private announcement: (() => void) | undefined;
  private current: RingUnit | undefined;
  private base = 0;
  private start = gap;
  private last = 0;
  private log = '';
  private closed = false;

  constructor(private readonly options: DecoderOptions) {
    this.codec = options.first.codec;
    this.sequence = sequenceOf(options.first);
    this.child = startFedChild(options.program, decoderArguments(options));
    this.reader = new PictureReader({
      begin: (width, height) => this.begin(width, height),
      end: () => this.end(),
      fail: (message) => this.fail(`ffmpeg ${message}`),
      resume: () => void this.child.stdout.resume(),
    });
    this.listen();
    this.child.stdin.write(ivfHeader(this.codec));
  }

  /** Whether the unit is among those given that are still to come out. */
  isMarked(unit: RingUnit): boolean {
    return this.current?.index === unit.index || [...this.marked.values()].some(({ index }) => index === unit.index);
  }

  /** Bytes that ffmpeg has not taken yet. */
  get backlog(): number {
    return this.child.stdin.writableLength;
  }

  /** How many of those given are shown later than this one. */
  ahead({ time }: RingUnit): number {
    return this.times.filter((other) => other > time).length;
  }

  /** Wanted ones whose pictures are still to come. */
  get outstanding(): RingUnit[] {
    return [...this.marked.values()];
  }

  /** Starts anew at a key frame; what was given before is finished first. */
  startPiece(first: RingUnit): void {
    this.times = [];
    this.base = first.time;
    this.start = this.last + gap;
  }

  /** Whether a key frame can be given to it. */
  takes(key: RingUnit): boolean {
    return key.codec === this.codec && sequenceOf(key) === this.sequence;
  }

  /** Nothing more is given: it gives out what it has, and ends. */
  finish(): void {
    this.child.stdin.end();
    setTimeout(() => this.fail('ffmpeg did not end'), finishMs).unref();
  }

  /** Gives the next unit. */
  give(unit: RingUnit, wanted: boolean): void {
    const time = this.start + gap + Math.round((unit.time - this.base) * 90) * 2;
    this.last = Math.max(this.last, time);
    this.fed = unit.index;
    this.times.push(unit.time);
    if (this.times.length > mostAhead) this.times.shift();
    if (wanted) this.marked.set(time + 1, unit);
    this.child.stdin.write(ivfFrameHeader(unit.data.length, time + (wanted ? 1 : 0)));
    this.child.stdin.write(unit.data);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.reader.close();
    await stopChild(this.child);
  }

  private listen(): void {
    const { child } = this;
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.closed) return;
      this.reader.push(chunk);
      if (this.reader.paused) child.stdout.pause();
    });
    child.stdout.on('error', () => undefined);
    child.stderr.on('error', () => undefined);
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(-keptLog);
      for (const line of lines) this.line(line);
    });
    child.on('error', (error) => this.fail(whyNotStarted('ffmpeg', error), false));
    child.on('close', (code, signal) =>
      this.fail(signal === null ? `ffmpeg ended with code ${code}` : `ffmpeg was ended by ${signal}`),
    );
  }

  private line(line: string): void {
    const time = line.includes('showinfo') ? /\bn: *\d+ pts: *(\d+) /.exec(line)?.[1] : undefined;
    if (time === undefined) {
      if (/\[(error|fatal|panic)\]/.test(line))
        this.log = `${this.log}; ${line.replace(/\[[^\]]*\] */g, '').trim()}`.slice(-keptLog);
      return;
    }
    this.announced.push(Number(time));
    this.announcement?.();
    this.announcement = undefined;
  }

  private begin(width: number, height: number): Target | Promise<Target> {
    if (this.announced.length > 0) return this.target(width, height);
    // The two pipes are read apart: pixels may come before their announcement.
    return new Promise((resolve) => {
      this.announcement = () => resolve(this.target(width, height));
    });
  }

  private target(width: number, height: number): Target | Promise<Target> {
    const time = this.announced.shift()!;
    this.current = this.marked.get(time);
    // What was shown earlier and did not come will not come any more.
    for (const known of this.marked.keys()) if (known <= time) this.marked.delete(known);
    return this.current === undefined ? undefined : this.options.picture(this.current, width, height);
  }

  private end(): void {
    const { current } = this;
    this.current = undefined;
    this.lastSign = machineTime();
    if (current !== undefined && !this.closed) this.options.done(current);
  }

  private fail(what: string, ran = true): void {
    if (this.closed) return;
    void this.close();
    this.options.ended(
      `Expected pictures of the main stream but ${what}${this.log === '' ? '' : `: ${this.log.slice(2)}`}`,
      ran,
    );
  }
}

/**
 * One thread: with several, ffmpeg gives pictures out that many later. What it reads to find out what comes is limited to the
 * first picture, or it would wait for more before it decodes.
 */
function decoderArguments({ first: { codec }, passthrough, inputOptions }: DecoderOptions): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'level+info'],
    ...['-threads', '1', '-probesize', '32', '-analyzeduration', '0', '-copyts'],
    ...['-c:v', codec, ...inputOptions, '-f', 'ivf', '-i', 'pipe:0', '-map', '0:v:0'],
    ...['-vf', 'select=mod(pts\\,2),showinfo=checksum=0', ...passthrough],
    // Pictures in a format with sizes, each written out at once: encoders with threads hold pictures back, too.
    ...['-threads', '1', '-c:v', 'ppm', '-f', 'image2pipe', 'pipe:1'],
  ];
}
