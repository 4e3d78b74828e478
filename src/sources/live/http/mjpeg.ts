import type { IncomingMessage } from 'node:http';
import type { FeedContext, OpenFeed } from '../feed.js';
import type { LiveSettings } from '../settings.js';
import { wallClock } from '../wall-clock.js';
import type { CameraClient } from './client.js';
import { HttpFeed, type HttpWork } from './http-feed.js';
import { JpegStream } from './jpeg-stream.js';
import { largestPicture, seconds } from './limits.js';
import { describeType, mediaType } from './sentences.js';

/**
 * A camera that sends JPEGs one after the other over one HTTP response (MJPEG, multipart/x-mixed-replace).
 *
 * A frame is dated by the arrival of its picture's first byte. What cameras write into headers such as X-Timestamp is left aside: it counts
 * from their start as often as from the epoch, and their clocks are as often wrong as right.
 */
export function openMjpegFeed(settings: LiveSettings, context: FeedContext): OpenFeed {
  return (sink) => new MjpegFeed(settings, context, sink, 'a stream of JPEG pictures', 'mjpeg');
}

/** Whoever watches this feed knows less of why it is silent, so we are the first to say so. */
const headStartMs = 20;

class MjpegFeed extends HttpFeed {
  private watchdog: NodeJS.Timeout | undefined;
  private stream: JpegStream | undefined;
  private pictures = 0;
  private type = '';

  protected async run({ client, decoder }: HttpWork): Promise<void> {
    this.watchdog = setTimeout(
      () => this.end(client.fault(this.silence(client), 'ALPR_SOURCE_STALLED')),
      Math.max(1, this.timeoutMs - headStartMs),
    );
    const response = await client.get();
    this.type = mediaType(response.headers['content-type']);
    if (isSomethingElse(this.type)) {
      response.on('error', () => undefined).destroy();
      throw client.fault(describeType(this.type));
    }
    const stream = new JpegStream(
      {
        picture: (picture) => {
          this.pictures++;
          this.watchdog?.refresh();
          // What the limit of frames per second leaves out is a sign of life, too.
          this.sink.alive?.();
          decoder.offer(picture);
        },
        damaged: (received) => decoder.damaged(`received ${received}`),
      },
      largestPicture(this.settings.maxMegapixels),
    );
    this.stream = stream;
    await readBody(response, (chunk) => {
      if (!this.isOver) stream.write(chunk, wallClock().now());
    });
    if (this.isOver) return;
    stream.end();
    await decoder.drain();
    throw client.fault(this.ending());
  }

  protected stop(): void {
    clearTimeout(this.watchdog);
  }

  private silence(client: CameraClient): string {
    const time = seconds(this.timeoutMs);
    if (!this.stream) {
      return client.phase === 'connecting'
        ? `nothing answered within ${time}`
        : `it accepted the connection and sent no answer within ${time}`;
    }
    if (this.pictures > 0) return `no picture came for ${time}`;
    const { bytes } = this.stream;
    return `no picture came within ${time} (${bytes} bytes of ${this.type === '' ? 'no type' : this.type.slice(0, 60)})`;
  }

  private ending(): string {
    if (this.pictures === 0) return `it ended without one (${this.stream?.bytes ?? 0} bytes)`;
    if (this.pictures === 1 && this.type === 'image/jpeg')
      return 'it is a single picture: choose the source for snapshots';
    return `it ended after ${this.pictures} pictures`;
  }
}

/** Types that are surely no stream of JPEGs. Anything else is looked into: small cameras name it as they like. */
function isSomethingElse(type: string): boolean {
  return /html|json|xml|mpegurl|^(video|audio|font|model)\/|^image\/(?!jpe?g$|pjpeg$)/.test(type);
}

function readBody(response: IncomingMessage, data: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    response.on('data', data);
    response.on('end', resolve);
    response.on('error', reject);
  });
}
