import type { Watcher } from './previews.js';

/** Between the parts; no JPEG holds it, and its length is told anyway. */
const BOUNDARY = 'alpr-picture';
/** A client that takes nothing for so long is gone. */
const STALLED_MS = 30_000;

/** Where a stream goes, as far as it needs it: a Node.js response. */
export interface StreamResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** False when the client does not keep up; `drain` follows. */
  write(chunk: Buffer | string): boolean;
  end(chunk?: string): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/**
 * Sends JPEGs as `multipart/x-mixed-replace`, the form in which browsers and viewers show pictures as they come (MJPEG). A client
 * that does not keep up misses pictures: at most one is on its way to it and one, the latest, waits.
 */
export class PreviewStream implements Watcher {
  private busy = false;
  private ended = false;
  private waiting: Buffer | undefined;
  private stalled: NodeJS.Timeout | undefined;

  /** @param onEnd called once, when the client has gone or the stream has ended */
  constructor(
    private readonly response: StreamResponse,
    private readonly onEnd: () => void,
  ) {
    response.on('drain', () => this.goOn());
    response.on('close', () => this.stop());
    // Without a listener an error of the connection would end Node-RED.
    response.on('error', () => this.stop());
    response.writeHead(200, {
      'Content-Type': `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // Proxies that collect an answer before they pass it on would never show anything.
      'X-Accel-Buffering': 'no',
      Connection: 'close',
    });
    response.write(`--${BOUNDARY}\r\n`);
  }

  show(jpeg: Buffer): void {
    if (this.ended) return;
    if (this.busy) {
      this.waiting = jpeg;
      return;
    }
    this.response.write(`Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    this.response.write(jpeg);
    // The boundary goes right behind: browsers show a part once they know that it is whole.
    this.busy = !this.response.write(`\r\n--${BOUNDARY}\r\n`);
    if (this.busy) this.stalled = setTimeout(() => this.cut(), STALLED_MS).unref();
  }

  end(): void {
    if (this.ended) return;
    const { busy } = this;
    this.stop();
    if (busy) this.response.destroy();
    else this.response.end();
  }

  private goOn(): void {
    clearTimeout(this.stalled);
    this.busy = false;
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.show(waiting);
  }

  private cut(): void {
    this.stop();
    this.response.destroy();
  }

  private stop(): void {
    clearTimeout(this.stalled);
    if (this.ended) return;
    this.ended = true;
    this.waiting = undefined;
    this.onEnd();
  }
}
