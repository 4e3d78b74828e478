import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { FeedContext, OpenFeed } from '../feed.js';
import type { LiveSettings } from '../settings.js';
import { wallClock } from '../wall-clock.js';
import { ByteCollector } from './byte-collector.js';
import type { CameraClient } from './client.js';
import { HttpFeed, type HttpWork } from './http-feed.js';
import { largestPicture, seconds } from './limits.js';
import { describeType, mediaType } from './sentences.js';

const defaultIntervalS = 1;
/** After a failed attempt the next one comes sooner than a long interval says. */
const soonestRetryMs = 1000;

/**
 * A camera that gives one picture per request, asked every `interval` seconds: one request at a time, and at once where the last one took
 * longer than that. A picture of the same bytes as the one before (or a 304) is no new frame, but it shows that the camera is there.
 *
 * A request that fails is a problem, and the next one comes as planned. The feed is over when the first fails, when `timeoutMs` have passed
 * since the last good answer, and at once when the camera refuses us (401, 403) or has nothing there (404).
 */
export function openSnapshotFeed(settings: LiveSettings, context: FeedContext): OpenFeed {
  return (sink) => new SnapshotFeed(settings, context, sink, 'a picture', 'jpeg');
}

class SnapshotFeed extends HttpFeed {
  private timer: NodeJS.Timeout | undefined;
  private wake: (() => void) | undefined;
  private etag: string | undefined;
  private last: Buffer | undefined;

  protected async run(work: HttpWork): Promise<void> {
    const { timeoutMs } = this;
    const interval = (this.settings.interval ?? defaultIntervalS) * 1000;
    const retry = Math.min(interval, Math.max(soonestRetryMs, timeoutMs / 4));
    let due = performance.now();
    let failingSince: number | undefined;
    let hasWorked = false;
    while (!this.isOver) {
      const started = performance.now();
      try {
        await this.poll(work);
        hasWorked = true;
        // A picture that has not changed is no frame, but a sign of life.
        if (!this.isOver) this.sink.alive?.();
        failingSince = undefined;
      } catch (error) {
        if (this.isOver) return;
        const fault = work.client.broken(error);
        failingSince ??= started;
        // A timer may fire a millisecond early.
        const isOver = performance.now() - failingSince >= timeoutMs - 1;
        if (!hasWorked || fault.final || isOver) throw fault;
        this.sink.problem(fault);
      }
      due = Math.max(due + (failingSince === undefined ? interval : retry), performance.now());
      await this.pause(due);
    }
  }

  protected stop(): void {
    clearTimeout(this.timer);
    this.wake?.();
  }

  private async poll({ client, decoder }: HttpWork): Promise<void> {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      client.abort();
    }, this.timeoutMs);
    try {
      // A picture that could not be used is asked for again, and looked at again.
      const known = decoder.isDamaged ? undefined : this.etag;
      const headers: OutgoingHttpHeaders = known === undefined ? {} : { 'If-None-Match': known };
      const response = await client.get(headers);
      const arrived = wallClock().now();
      const bytes = await this.read(response, client);
      if (response.statusCode === 304) return;
      this.etag = response.headers.etag;
      if (!decoder.isDamaged && this.last?.equals(bytes) === true) return;
      this.last = bytes;
      decoder.offer({ bytes, arrived, whole: true });
    } catch (error) {
      if (!late) throw error;
      // Final is only what the camera said; silence may end.
      throw client.fault(`none came within ${seconds(this.timeoutMs)}`, 'ALPR_SOURCE_STALLED', false);
    } finally {
      clearTimeout(deadline);
    }
  }

  private async read(response: IncomingMessage, client: CameraClient): Promise<Buffer> {
    const limit = largestPicture(this.settings.maxMegapixels);
    const refuse = (received: string): Error => {
      response.on('error', () => undefined).destroy();
      return client.fault(received);
    };
    if (response.statusCode === 304) {
      response.resume();
      return Buffer.alloc(0);
    }
    const type = mediaType(response.headers['content-type']);
    if (type.startsWith('multipart/')) throw refuse('it is a stream that does not end: choose the source for MJPEG');
    if (/html|json|xml|^(video|audio)\//.test(type)) throw refuse(describeType(type));
    const body = new ByteCollector(limit);
    const collected = new Promise<Buffer>((resolve, reject) => {
      response.on('data', (chunk: Buffer) => {
        if (!body.add(chunk)) reject(refuse(`received one of more than ${Math.round(limit / 1024)} KiB`));
      });
      response.on('end', () => resolve(body.take()));
      response.on('error', reject);
    });
    const bytes = await collected;
    if (bytes.length === 0) throw client.fault('received 0 bytes');
    return bytes;
  }

  /** While nothing is due, silence is as it should be. */
  private async pause(until: number): Promise<void> {
    const longest = this.timeoutMs / 3;
    for (let left = until - performance.now(); left > 0 && !this.isOver; left = until - performance.now()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        this.timer = setTimeout(resolve, Math.min(left, longest));
      });
      if (!this.isOver && left > longest) this.sink.alive?.();
    }
  }
}
