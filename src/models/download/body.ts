import type { IncomingMessage } from 'node:http';
import { DownloadError } from './download-error.js';

/** Bytes that wait for the disk before the server is made to wait. */
const MOST_QUEUED = 1 << 20;

/**
 * The body of an answer, listened to from the moment the answer is there: what a connection brings before it breaks off counts,
 * and is lost in a stream that nobody reads yet. On a line that breaks every few kilobytes it is all there is to go on from.
 */
export class Body {
  private readonly queue: Buffer[] = [];
  private queued = 0;
  private end: { error?: unknown } | undefined;
  private wake: () => void = () => undefined;

  constructor(private readonly response: IncomingMessage) {
    response.on('data', (chunk: Buffer) => {
      this.queue.push(chunk);
      this.queued += chunk.length;
      if (this.queued > MOST_QUEUED) response.pause();
      this.wake();
    });
    response.on('end', () => this.finish({}));
    response.on('error', (error) => this.finish({ error }));
    response.on('close', () => this.finish({ error: new Error('the connection was closed') }));
  }

  /**
   * The pieces, in order; all that came are given before it throws.
   * @param stallMs without a byte for so long the connection counts as broken; the time that the caller takes does not count
   */
  async *chunks(stallMs: number): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.queue.shift();
      if (chunk !== undefined) {
        this.queued -= chunk.length;
        if (this.response.isPaused() && this.queued < MOST_QUEUED / 2) this.response.resume();
        yield chunk;
      } else if (this.end !== undefined) {
        if (this.end.error !== undefined) throw this.end.error;
        return;
      } else {
        await this.news(stallMs);
      }
    }
  }

  private async news(stallMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.finish({ error: stalled(stallMs) }), stallMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private finish(how: { error?: unknown }): void {
    this.end ??= how;
    this.wake();
  }
}

function stalled(stallMs: number): DownloadError {
  const text = `Expected more of the file but received nothing for ${Math.round(stallMs / 1000)} s`;
  return new DownloadError('broken', text, { again: true });
}
