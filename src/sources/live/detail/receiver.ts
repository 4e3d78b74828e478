import { startChild, startFedChild, stopChild, whyNotStarted, type FedChild, type PipedChild } from '../../child.js';
import { FfmpegLog } from '../../ffmpeg-log.js';
import { shortageOf } from '../../shortage.js';
import { SourceError, type SourceErrorCode } from '../../source.js';
import { BackOff } from '../back-off.js';
import { diagnose } from '../ffmpeg-errors.js';
import { hideSecrets } from '../redact.js';
import type { AccessUnit } from './access-unit.js';
import { TsReader } from './ts-reader.js';

/** How ffmpeg gets at the main stream. Plain data: it crosses to a thread. */
export interface ReceiverStart {
  program: string;
  /** Input options and input. */
  arguments: readonly string[];
  /** For ffmpeg's stdin, which is closed then. */
  stdin?: string | undefined;
  /** Cut out of whatever ffmpeg says. */
  secrets: readonly string[];
  /** For people, without secrets. */
  description: string;
  /** Without a picture for so long the stream counts as lost, ms. */
  timeoutMs: number;
}

export interface ReceiverEvents {
  unit(unit: AccessUnit): void;
  /** The first picture of a connection has come. */
  live(): void;
  /** The connection is over; another attempt is made by itself. */
  lost(error: SourceError): void;
}

/** A connection that lasted so long (ms) was a good one: the next loss is a first one. */
const wellAfterMs = 10_000;
/** Many cameras begin with a key frame, and large streams have one every ten seconds. */
const startFactor = 2;

/** Receives a stream without decoding it, for as long as it is open; reconnects by itself. */
export class Receiver {
  private readonly backOff: BackOff;
  private child: PipedChild | FedChild | undefined;
  private retry: NodeJS.Timeout | undefined;
  private readonly gone = new Set<Promise<void>>();
  private closed = false;

  constructor(
    private readonly start: ReceiverStart,
    private readonly events: ReceiverEvents,
    private readonly now: () => number,
    random?: () => number,
  ) {
    this.backOff = new BackOff(random);
    this.connect();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    const { child } = this;
    this.child = undefined;
    if (child !== undefined) this.letGo(child);
    await Promise.all(this.gone);
  }

  private connect(): void {
    const { start } = this;
    const log = new FfmpegLog();
    const child =
      start.stdin === undefined
        ? startChild(start.program, receiverArguments(start.arguments))
        : startFedChild(start.program, receiverArguments(start.arguments));
    this.child = child;
    child.stdin?.end(start.stdin);
    const began = this.now();
    let units = 0;
    const lose = (what: string, code?: SourceErrorCode): void => {
      clearTimeout(watchdog);
      if (this.closed || this.child !== child) return;
      this.child = undefined;
      this.letGo(child);
      if (units > 0 && this.now() - began >= wellAfterMs) this.backOff.reset();
      const error = this.error(what, code, log, units > 0);
      this.retry = setTimeout(() => this.connect(), this.backOff.after(error));
      this.events.lost(error);
    };
    let watchdog: NodeJS.Timeout | undefined;
    const watch = (ms: number): void => {
      clearTimeout(watchdog);
      const seconds = Math.round(ms / 100) / 10;
      watchdog = setTimeout(() => lose(`none came for ${seconds} s`, 'ALPR_SOURCE_STALLED'), ms);
    };
    watch(start.timeoutMs * startFactor);
    const reader = new TsReader({
      now: this.now,
      unit: (unit) => {
        units++;
        if (units === 1) {
          watch(start.timeoutMs);
          this.events.live();
        }
        watchdog?.refresh();
        this.events.unit(unit);
      },
      unsupported: () => lose('it is neither H.264 nor H.265', 'ALPR_SOURCE_SETTINGS'),
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.child === child) reader.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => log.write(text));
    child.stdout.on('error', () => undefined);
    child.stderr.on('error', () => undefined);
    child.on('error', (error) =>
      lose(whyNotStarted('ffmpeg', error), shortageOf(error) === undefined ? 'ALPR_FFMPEG' : 'ALPR_SOURCE'),
    );
    child.on('close', (code, signal) =>
      lose(signal === null ? `ffmpeg ended with code ${code}` : `ffmpeg was ended by ${signal}`),
    );
  }

  private error(what: string, code: SourceErrorCode | undefined, log: FfmpegLog, ran: boolean): SourceError {
    const { description, secrets } = this.start;
    const complaints = log.complaints();
    const diagnosis = diagnose(complaints, ran);
    const said = complaints === '' ? '' : ` (ffmpeg: ${complaints})`;
    const text = `Expected pictures of the main stream from ${description} but ${diagnosis?.what ?? what}${said}`;
    return new SourceError(hideSecrets(text, secrets), code ?? diagnosis?.code ?? 'ALPR_SOURCE');
  }

  private letGo(child: PipedChild | FedChild): void {
    const gone = stopChild(child);
    this.gone.add(gone);
    void gone.then(() => this.gone.delete(gone));
  }
}

/** Packets as they come, without delay. Lengths in the packets tell the end of a picture before the next one begins. */
function receiverArguments(input: readonly string[]): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'level+info', '-analyzeduration', '1000000', ...input],
    ...['-map', '0:v:0', '-c', 'copy', '-f', 'mpegts', '-muxdelay', '0', '-muxpreload', '0'],
    ...['-omit_video_pes_length', '0', '-flush_packets', '1', 'pipe:1'],
  ];
}
