import { decodeImage } from '../../../image/decode.js';
import { ImageError } from '../../../image/errors.js';
import type { FrameStamp, SourceError } from '../../source.js';
import type { FeedContext, FeedSink } from '../feed.js';
import type { LiveSettings } from '../settings.js';
import type { EncodedPicture } from './jpeg-stream.js';
import { seconds } from './limits.js';
import { RateLimit } from './rate-limit.js';

export interface PictureDecoderOptions {
  settings: Pick<LiveSettings, 'fps' | 'maxWidth' | 'maxMegapixels'>;
  context: FeedContext;
  sink: FeedSink;
  codec: string;
  /** An error that names the camera. */
  fault(received: string): SourceError;
  /** ms of damaged pictures without a good one between them after which the feed is over. */
  timeoutMs: number;
  /** Nothing can be decoded any more. */
  failed(error: SourceError): void;
}

/**
 * Decodes the newest picture, one at a time. Every picture gets a number when it comes; those that a newer one overtakes before they are decoded
 * are dropped, and their numbers are missing. What `fps` leaves out gets no number: nobody has asked for it.
 */
export class PictureDecoder {
  private readonly limit: RateLimit;
  private waiting: (EncodedPicture & { stamp: FrameStamp }) | undefined;
  private work: Promise<void> | undefined;
  private wanted = true;
  private closed = false;
  private size = '';
  private damagedSince: number | undefined;

  constructor(private readonly options: PictureDecoderOptions) {
    this.limit = new RateLimit(options.settings.fps);
  }

  /** The last picture could not be used. */
  get isDamaged(): boolean {
    return this.damagedSince !== undefined;
  }

  /** A picture has come. */
  offer(picture: EncodedPicture): void {
    if (this.closed || !this.limit.admits(performance.now())) return;
    this.waiting = { ...picture, stamp: this.options.context.counter.next(picture.arrived) };
    this.pump();
  }

  /** While nobody wants a frame, the newest picture waits undecoded. */
  want(wanted: boolean): void {
    this.wanted = wanted;
    this.pump();
  }

  /** Something that was to become a picture is lost. */
  damaged(received: string): void {
    if (this.closed) return;
    const { sink, fault, timeoutMs, failed } = this.options;
    const error = fault(received);
    const now = performance.now();
    this.damagedSince ??= now;
    if (now - this.damagedSince < timeoutMs) sink.problem(error);
    else failed(fault(`for ${seconds(timeoutMs)} it ${received}`));
  }

  /** Resolves when the pictures that came so far are decoded, if they are wanted. */
  async drain(): Promise<void> {
    while (this.work) await this.work;
  }

  /** Resolves when nothing is being decoded any more. */
  async close(): Promise<void> {
    this.closed = true;
    this.waiting = undefined;
    await this.work;
  }

  private pump(): void {
    const { waiting } = this;
    if (this.work || !waiting || !this.wanted || this.closed) return;
    this.waiting = undefined;
    this.work = this.decode(waiting).then(() => {
      this.work = undefined;
      this.pump();
    });
  }

  /** Never rejects. */
  private async decode({ bytes, whole, stamp }: EncodedPicture & { stamp: FrameStamp }): Promise<void> {
    const { settings, context, sink, codec, fault, failed } = this.options;
    const { maxWidth, maxMegapixels } = settings;
    try {
      const frame = await decodeImage(bytes, stamp, { maxWidth, maxMegapixels, strict: !whole, pool: context.pool });
      if (this.closed) {
        context.pool.recycle(frame);
        return;
      }
      this.damagedSince = undefined;
      const size = `${frame.width}x${frame.height}`;
      if (size !== this.size) sink.facts({ width: frame.width, height: frame.height, codec, decoder: 'software' });
      this.size = size;
      sink.frame(frame);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof ImageError && error.code === 'ALPR_IMAGE_LIBRARY') failed(fault(message));
      else this.damaged(`received one that cannot be used: ${message}`);
    }
  }
}
