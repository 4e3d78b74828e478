import type { Frame } from '../../../frame/frame.js';
import { findFfmpeg } from '../../ffmpeg.js';
import { SourceError } from '../../source.js';
import type { Feed, FeedContext, FeedFacts, FeedSink, MainStreamState, OpenFeed } from '../feed.js';
import type { FfmpegInput } from '../ffmpeg-inputs/input.js';
import { rtspInput } from '../ffmpeg-inputs/rtsp.js';
import { hideSecrets } from '../redact.js';
import type { LiveSettings } from '../settings.js';
import { DetailStream, type DetailStreamOptions } from './detail-stream.js';
import { machineTime, MomentClock } from './moment-clock.js';

/** Streams slower than a frame a second are not corrected further. */
const longestWayMs = 1000;

export interface DetailOptions extends Pick<DetailStreamOptions, 'patienceMs' | 'startThread' | 'random'> {
  /** How ffmpeg gets at the main stream. Default: as RTSP, from the settings. */
  makeInput?: typeof rtspInput;
}

/**
 * A feed whose frames bring a way to the same moment of the camera's main stream (`frame.lease.detail`). The main stream is
 * received all the time and decoded only when somebody asks. Its loss does not touch the feed; it is said once, and in the facts.
 * Without `detailUrl` the feed stays as it is.
 */
export function withDetail(
  open: OpenFeed,
  settings: LiveSettings,
  context: FeedContext,
  options: DetailOptions = {},
): OpenFeed {
  if ((settings.detailUrl ?? '').trim() === '') return open;
  return (sink) => new FeedWithDetail(open, settings, context, options, sink);
}

class FeedWithDetail implements Feed {
  private readonly feed: Feed;
  want?: (wanted: boolean) => void;
  private readonly clock = new MomentClock();
  private readonly begun: Promise<void>;
  private stream: DetailStream | undefined;
  private streamGone: Promise<void> | undefined;
  private over = false;
  private facts: FeedFacts | undefined;
  private mainStream: MainStreamState = 'connecting';
  /** ms from the end of a picture's arrival to its frame's. */
  private wayMs = 0;

  constructor(
    open: OpenFeed,
    private readonly settings: LiveSettings,
    private readonly context: FeedContext,
    private readonly options: DetailOptions,
    private readonly sink: FeedSink,
  ) {
    this.begun = this.begin();
    this.feed = open({
      facts: (facts) => {
        this.learn(facts);
        this.tellFacts();
      },
      problem: (error) => sink.problem(error),
      frame: (frame) => {
        this.attach(frame);
        sink.frame(frame);
      },
      ended: (error) => sink.ended(error),
    });
    const { feed } = this;
    if (feed.want !== undefined) this.want = (wanted) => feed.want?.(wanted);
  }

  get description(): string {
    return this.feed.description;
  }

  async close(): Promise<void> {
    this.over = true;
    await Promise.all([this.feed.close(), this.begun.then(() => this.closeStream())]);
  }

  private async begin(): Promise<void> {
    const { settings, context, options } = this;
    try {
      const ffmpeg = await findFfmpeg(settings.ffmpeg);
      if (this.over) return;
      const { makeInput = rtspInput } = options;
      const input: FfmpegInput = makeInput({ ...settings, url: settings.detailUrl }, ffmpeg);
      this.stream = new DetailStream({
        pool: context.pool,
        maxMegapixels: settings.maxMegapixels,
        patienceMs: options.patienceMs,
        startThread: options.startThread,
        random: options.random,
        problem: (error) => this.complain(error),
        state: (comes) => this.turn(comes ? 'live' : 'lost'),
        start: {
          receiver: {
            program: ffmpeg.path,
            arguments: input.arguments,
            stdin: input.stdin,
            secrets: input.secrets,
            description: input.description,
            timeoutMs: settings.timeoutMs ?? 10_000,
          },
          passthrough: ffmpeg.passthrough,
          hwaccel: settings.hwaccel,
          hwDevice: settings.hwDevice,
        },
      });
    } catch (thrown) {
      const { message, code } = thrown instanceof SourceError ? thrown : new SourceError(String(thrown));
      this.turn('lost');
      this.complain(new SourceError(hideSecrets(message, [settings.user ?? '', settings.password ?? '']), code));
    }
  }

  /** ffmpeg knows that a picture is whole when the next one begins, JPEGs apart: frames come that much later than they were sent. */
  private learn(facts: FeedFacts): void {
    const { fps, codec } = facts;
    this.facts = facts;
    this.wayMs = codec === 'mjpeg' || fps === undefined || !(fps > 0) ? 0 : Math.min(longestWayMs, 1000 / fps);
  }

  private turn(mainStream: MainStreamState): void {
    if (mainStream === this.mainStream) return;
    this.mainStream = mainStream;
    this.tellFacts();
  }

  private tellFacts(): void {
    if (this.facts !== undefined && !this.over) this.sink.facts({ ...this.facts, mainStream: this.mainStream });
  }

  private attach(frame: Frame): void {
    const { lease, timestamp, cameraId, sequence } = frame;
    const arrival = machineTime();
    this.clock.see(timestamp, arrival);
    const { stream } = this;
    if (stream === undefined) return;
    let found: Promise<Frame | undefined> | undefined;
    lease.detail = (atHand = false) => {
      if (atHand && found === undefined) return Promise.resolve(undefined);
      found ??= this.fetch(stream, frame.width, { timestamp, cameraId, sequence }).then((detail) => {
        if (detail === undefined) return undefined;
        lease.onIdle(() => {
          // Whoever asks later asks anew.
          found = undefined;
          stream.giveBack(detail);
        });
        return detail;
      });
      return found;
    };
  }

  private async fetch(
    stream: DetailStream,
    width: number,
    stamp: { timestamp: number; cameraId: string; sequence: number },
  ): Promise<Frame | undefined> {
    const offset = this.clock.offset;
    if (offset === undefined || !this.clock.settled || this.over || stream !== this.stream) return undefined;
    const detail = await stream.at(stamp.timestamp + offset - this.wayMs + (this.settings.detailOffsetMs ?? 0), stamp);
    if (detail === undefined || detail.width > width) return detail;
    stream.giveBack(detail);
    const received = `${detail.width} pixels beside ${width}`;
    this.complain(
      new SourceError(
        `Expected a main stream that is wider than the other for plates but received ${received}. It is not used`,
        'ALPR_SOURCE_SETTINGS',
      ),
    );
    this.turn('lost');
    void this.closeStream();
    return undefined;
  }

  private complain(error: SourceError): void {
    if (!this.over) this.sink.problem(error);
  }

  private closeStream(): Promise<void> {
    this.streamGone ??= this.stream?.close();
    this.stream = undefined;
    return this.streamGone ?? Promise.resolve();
  }
}
