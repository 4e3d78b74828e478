import { setTimeout as delay } from 'node:timers/promises';
import type { Frame } from '../frame/frame.js';
import type { FrameSource } from '../sources/source.js';
import { toError } from './errors.js';

export interface RunOptions {
  open(): Promise<FrameSource>;
  /** `recorded`: as far apart as their timestamps; `fast`: as fast as the flow takes them. */
  pace: 'recorded' | 'fast';
  /** At least so long between two frames, ms; for pictures, which have no pace of their own. */
  minIntervalMs?: number;
  /** Frames in the flow at once. */
  inFlight: number;
  /** Whether the frame goes into the flow; one that does not is the callee's. Left out: all go. */
  admit?: ((frame: Frame) => boolean) | undefined;
  /** A frame that was pulled and that nobody gets: the run was stopped meanwhile, or `admit` threw. Its pixels go back to the pool. */
  drop(frame: Frame): void;
  /** `decodeMs`: how long the source took to give the frame. */
  send(frame: Frame, decodeMs: number): void;
  /** The source came to its end, or was stopped by `stop`. Not called on errors. */
  ended(why: 'ended' | 'stopped'): void;
  /** The run is over because of this. */
  failed(error: Error): void;
}

/** Further behind than this the clock is set anew: a stalled flow is not made up for by a burst. */
const MAX_LAG_MS = 500;

/** Pulls frames out of a source and into the flow, no faster than the flow works them off. One run; make a new one to start again. */
export class SourceRunner {
  private readonly abort = new AbortController();
  /** Resolves when the run is over and has released everything; never rejects. */
  readonly finished: Promise<void>;
  private source: FrameSource | undefined;
  private held = 0;
  private wake: (() => void) | undefined;
  private isRunning = true;

  /** Starts at once. `opened` tells whether the source could be opened and gave its first frame. */
  constructor(
    private readonly options: RunOptions,
    opened: (error?: Error) => void = () => undefined,
  ) {
    this.finished = this.run(opened);
  }

  get running(): boolean {
    return this.isRunning;
  }

  /** Ends the run; resolves when the source has released everything. */
  async stop(): Promise<void> {
    this.abort.abort();
    this.wake?.();
    await this.source?.close().catch(() => undefined);
    await this.finished;
  }

  private get stopped(): boolean {
    return this.abort.signal.aborted;
  }

  private async run(opened: (error?: Error) => void): Promise<void> {
    let hasBegun = false;
    const begun = (): void => {
      if (!hasBegun) opened();
      hasBegun = true;
    };
    let failure: Error | undefined;
    try {
      this.source = await this.options.open();
      await this.play(this.source, begun);
    } catch (thrown) {
      failure = toError(thrown);
    }
    this.isRunning = false;
    if (!hasBegun) opened(this.stopped ? undefined : failure);
    try {
      if (this.stopped) this.options.ended('stopped');
      else if (failure === undefined) this.options.ended('ended');
      else if (hasBegun) this.options.failed(failure);
    } catch (thrown) {
      // Other nodes' code may run in there. Nobody waits for this promise who could handle it, and Node ends the process then.
      process.emitWarning(toError(thrown));
    }
  }

  private async play(source: FrameSource, begun: () => void): Promise<void> {
    const { pace, minIntervalMs = 0 } = this.options;
    let clock: number | undefined;
    let earliest = -Infinity;
    try {
      for (;;) {
        await this.room();
        if (this.stopped) return;
        const asked = performance.now();
        const frame = await source.next();
        const decodeMs = performance.now() - asked;
        begun();
        if (frame === null) return;
        await this.pause(earliest - performance.now());
        earliest = performance.now() + minIntervalMs;
        if (pace === 'recorded') {
          // clock: what performance.now() is at timestamp 0.
          clock ??= performance.now() - frame.timestamp;
          const wait = clock + frame.timestamp - performance.now();
          if (wait < -MAX_LAG_MS) clock = undefined;
          await this.pause(wait);
        }
        if (this.admits(frame)) this.sendOn(frame, decodeMs);
      }
    } finally {
      await source.close();
      this.source = undefined;
    }
  }

  private admits(frame: Frame): boolean {
    const { admit, drop } = this.options;
    if (this.stopped) {
      drop(frame);
      return false;
    }
    try {
      return admit?.(frame) !== false;
    } catch (thrown) {
      drop(frame);
      throw thrown;
    }
  }

  private sendOn(frame: Frame, decodeMs: number): void {
    this.held += 1;
    this.options.send(frame, decodeMs);
    frame.lease.onIdle(() => {
      this.held -= 1;
      this.wake?.();
    });
  }

  /** Resolves when another frame may go out, or when the run was stopped. */
  private async room(): Promise<void> {
    while (this.held >= this.options.inFlight && !this.stopped) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    this.wake = undefined;
  }

  private async pause(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.abort.signal }).catch(() => undefined);
  }
}
