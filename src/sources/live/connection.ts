import type { Frame } from '../../frame/frame.js';
import { SourceError, type FrameAllocator } from '../source.js';
import type { Feed, FeedFacts, OpenFeed } from './feed.js';
import type { Timers } from './timers.js';

/** A timer that fires so much late tells of a machine that slept or an event loop that was blocked, not of a silent camera. */
const LATE_MS = 1000;
/** What arrived meanwhile gets so long to be seen, at most. */
const GRACE_MS = 2000;

export interface ConnectionOptions {
  open: OpenFeed;
  pool: Pick<FrameAllocator, 'recycle'>;
  timers: Timers;
  /** Without a frame for so long the connection is lost, ms. */
  timeoutMs: number;
  frame(frame: Frame): void;
  facts(facts: FeedFacts): void;
  problem(error: SourceError): void;
  /** Last call, once, unless the connection was closed before; the feed is closed by then, or is being closed. */
  lost(error: SourceError): void;
}

/** One feed under watch: it is over when the feed says so, when it stays silent for too long, or when it is closed. */
export class Connection {
  /** When its first frame came, by the timers' clock. */
  firstFrameAt: number | undefined;
  private readonly feed: Feed | undefined;
  private over = false;
  private wanted = true;
  private lastSign: number;
  private due = 0;
  private forget: () => void = () => undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.lastSign = options.timers.now();
    try {
      this.feed = options.open({
        frame: (frame) => this.receive(frame),
        facts: (facts) => this.guard(() => options.facts(facts)),
        problem: (error) => this.guard(() => options.problem(error)),
        alive: () => this.note(),
        ended: (error) => this.end(error),
      });
      this.watch(options.timeoutMs);
    } catch (thrown) {
      const error = asSourceError(thrown);
      queueMicrotask(() => this.end(error));
    }
  }

  /** As the feed describes itself, for errors. */
  get description(): string {
    return this.feed?.description ?? 'the camera';
  }

  /** See Feed.want. */
  want(wanted: boolean): void {
    if (wanted === this.wanted || this.over) return;
    this.wanted = wanted;
    this.note();
    this.guard(() => this.feed?.want?.(wanted));
  }

  /** Nothing comes any more. Resolves when the feed has released what it held; that may take for ever. */
  close(): Promise<void> {
    this.over = true;
    this.forget();
    this.closing ??= this.closeFeed();
    return this.closing;
  }

  private async closeFeed(): Promise<void> {
    try {
      await this.feed?.close();
    } catch (thrown) {
      process.emitWarning(asSourceError(thrown));
    }
  }

  private receive(frame: Frame): void {
    if (this.over) {
      this.options.pool.recycle(frame);
      return;
    }
    this.note();
    this.firstFrameAt ??= this.lastSign;
    this.guard(() => this.options.frame(frame));
  }

  private note(): void {
    this.lastSign = this.options.timers.now();
  }

  /** A feed that was told that frames are not wanted is silent because of that. */
  private get maySayNothing(): boolean {
    return !this.wanted && this.feed?.want !== undefined;
  }

  private end(error: SourceError): void {
    if (this.over) return;
    void this.close();
    this.options.lost(error);
  }

  /** One timer at a time, however many frames come. */
  private watch(ms: number): void {
    const { timers, timeoutMs } = this.options;
    this.due = timers.now() + ms;
    this.forget = timers.after(ms, () => {
      const now = timers.now();
      const silence = now - this.lastSign;
      if (this.maySayNothing) this.watch(timeoutMs);
      else if (silence < timeoutMs) this.watch(timeoutMs - silence);
      else if (now - this.due > LATE_MS) this.watch(Math.min(GRACE_MS, timeoutMs));
      else this.end(this.silent());
    });
  }

  private silent(): SourceError {
    const seconds = Math.round(this.options.timeoutMs / 100) / 10;
    const what = this.firstFrameAt === undefined ? 'a first frame' : 'frames';
    return new SourceError(
      `Expected ${what} from ${this.description} within ${seconds} s but received none`,
      'ALPR_SOURCE_STALLED',
    );
  }

  /** What others throw must not reach the feed, which may be a thread's message handler. */
  private guard(work: () => void): void {
    if (this.over) return;
    try {
      work();
    } catch (thrown) {
      process.emitWarning(asSourceError(thrown));
    }
  }
}

function asSourceError(thrown: unknown): SourceError {
  if (thrown instanceof SourceError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SourceError(message, 'ALPR_SOURCE', { cause: thrown });
}
