import type { Frame } from '../../frame/frame.js';
import type { FrameCounter } from '../counter.js';
import type { FrameAllocator, SourceError } from '../source.js';

/**
 * One connection to a live camera. Frames come when the camera has them, not when somebody asks: whoever gets them keeps the
 * newest and recycles the rest. A feed never tries again by itself; LiveCamera does (`camera.ts`).
 */
export interface Feed {
  /** For people, such as `rtsp://gate.lan/stream1`: never with a user, a password or a token. */
  readonly description: string;
  /** At any time, any number of times. Nothing reaches the sink after the call; child processes and sockets are gone when it resolves. */
  close(): Promise<void>;
  /**
   * Whether a frame would go on at once; yes until it is said otherwise. Feeds that get pictures undecoded keep only the newest while the
   * answer is no, and decode it when it turns to yes: what gives way to a newer one then costs no decoding. Others leave it out.
   * Numbers of frames that were passed over are missing in the sequence.
   */
  want?(wanted: boolean): void;
}

/** Who gets what a feed brings. */
export interface FeedSink {
  /** A frame of this camera. It belongs to the sink from now on, which sends it or gives it back to the pool. */
  frame(frame: Frame): void;
  /** Once before the first frame, and again when the camera changes what it sends. */
  facts(facts: FeedFacts): void;
  /** Something was lost and the stream goes on: a damaged picture, a refused decoder. No secrets in the message. */
  problem(error: SourceError): void;
  /** The camera is there although no frame comes of it, such as a picture that has not changed: silence is counted from now. */
  alive?(): void;
  /** Last call, once, unless the feed was closed before: the connection is over, and why. No secrets in the message. */
  ended(error: SourceError): void;
}

/** What is known of a stream. */
export interface FeedFacts {
  /** Of the frames as they are delivered, pixels. */
  width: number;
  height: number;
  /** As the camera says; undefined where it does not. */
  fps?: number | undefined;
  /** `h264`, `hevc`, `mjpeg` … */
  codec?: string | undefined;
  /** What decodes: `software`, `vaapi`, `v4l2m2m`, `cuda`, `auto` … */
  decoder?: string | undefined;
  /** With a larger stream beside this one: whether pictures of it can be had. */
  mainStream?: MainStreamState | undefined;
}

/** `lost`: it is tried again by itself, where that makes sense; the smaller stream serves meanwhile. */
export type MainStreamState = 'connecting' | 'live' | 'lost';

/** What a feed is opened in. */
export interface FeedContext {
  pool: FrameAllocator;
  /** Numbers and dates the frames, over all connections of the camera. */
  counter: FrameCounter;
}

/** Opens a connection; returns at once and never throws: what fails is said through `ended`, in a later turn of the event loop. */
export type OpenFeed = (sink: FeedSink) => Feed;
