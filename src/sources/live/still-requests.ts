import type { Frame } from '../../frame/frame.js';
import type { FrameAllocator } from '../source.js';

interface Request {
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

/** People who want to see a camera's next frame. While nobody does, a frame costs one comparison. */
export class StillRequests {
  private requests: Request[] = [];

  /** @param changed called when `wanted` may have changed */
  constructor(
    private readonly pool: FrameAllocator,
    private readonly changed: () => void = () => undefined,
  ) {}

  get wanted(): boolean {
    return this.requests.length > 0;
  }

  /**
   * A copy of the next frame, as it comes from the camera (before masks). It is the caller's: whoever is done with it gives it
   * back with `pool.recycle`. Rejects with the signal's reason, or with why no more frames come.
   */
  next(signal?: AbortSignal): Promise<Frame> {
    return new Promise<Frame>((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const abort = (): void => {
        this.requests = this.requests.filter((other) => other !== request);
        this.changed();
        request.reject(signal?.reason as Error);
      };
      const settled = (): void => signal?.removeEventListener('abort', abort);
      const request: Request = {
        resolve: (frame) => (settled(), resolve(frame)),
        reject: (error) => (settled(), reject(error)),
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.requests.push(request);
      this.changed();
    });
  }

  /** Every frame of the camera passes here. */
  offer(frame: Frame): void {
    if (this.requests.length === 0) return;
    for (const request of this.requests.splice(0)) {
      try {
        request.resolve(this.copy(frame));
      } catch (error) {
        request.reject(error as Error);
      }
    }
  }

  /** Nobody gets a frame any more. */
  fail(error: Error): void {
    for (const request of this.requests.splice(0)) request.reject(error);
  }

  private copy(frame: Frame): Frame {
    const { cameraId, sequence, timestamp, width, height } = frame;
    const copy = this.pool.acquire({ cameraId, sequence, timestamp, width, height });
    copy.pixels.set(frame.pixels);
    return copy;
  }
}
