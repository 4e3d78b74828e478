import type { Frame } from '../frame/frame.js';
import { LiveCamera, type LiveCameraOptions } from '../sources/live/camera.js';
import type { CameraReport } from '../sources/live/camera-state.js';
import { SourceError, type SourceErrorCode } from '../sources/source.js';
import type { CameraControl, CameraOutlet } from './camera-control.js';
import { CountRates, showCamera } from './camera-status.js';
import { cameraRuns } from './cameras.js';
import type { StatusLine } from './status.js';

const STATUS_MS = 1000;
/** Damaged pictures may come by the dozen. */
const WARN_EVERY_MS = 60_000;
/** Older than this a frame's date is of a camera's own clock, or somebody has set ours. */
const OLDEST_MS = 60_000;

export type LiveControlOptions = Pick<
  LiveCameraOptions,
  'camera' | 'open' | 'pool' | 'inFlight' | 'timeoutMs' | 'view'
> & {
  nodeId: string;
  outlet: CameraOutlet;
  status: StatusLine;
};

/** A live camera behind a node: its status, its reports, and its place in the list of running cameras. */
export class LiveControl implements CameraControl {
  private readonly camera: LiveCamera;
  private readonly rates = new CountRates();
  private timer: NodeJS.Timeout | undefined;
  private delist: (() => void) | undefined;
  private lostAt: number | undefined;
  private warnedAt = -Infinity;
  private unsaid = 0;
  private closed = false;

  constructor(private readonly options: LiveControlOptions) {
    const { outlet, nodeId: _nodeId, status: _status, ...rest } = options;
    this.camera = new LiveCamera({
      ...rest,
      send: (frame, waitedMs) => outlet.frame(frame, ageOf(frame, waitedMs)),
      report: (report) => this.tell(report),
      problem: (error) => this.warn(error),
    });
  }

  async start(): Promise<void> {
    this.camera.start();
  }

  async stop(): Promise<void> {
    const wasRunning = this.camera.state !== 'stopped';
    await this.camera.stop();
    if (wasRunning && !this.closed) this.options.outlet.complete();
  }

  snapshot(): Promise<void> {
    return this.camera.snapshot();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    this.delist?.();
    await this.camera.close();
  }

  private tell(report: CameraReport): void {
    const { state } = report;
    const comes = state === 'live' || state === 'still';
    this.list(comes);
    clearInterval(this.timer);
    if (state === 'live' || state === 'still') {
      if (report.previous !== 'live' && report.previous !== 'still') this.rates.reset();
      this.timer = setInterval(() => this.show(), STATUS_MS).unref();
    }
    this.show();
    this.log(report);
    this.options.outlet.report(report);
  }

  private show(): void {
    const { report } = this.camera;
    const comes = report.state === 'live' || report.state === 'still';
    showCamera(this.options.status, report, comes ? this.rates.sample(report.counts, performance.now()) : undefined);
  }

  private list(comes: boolean): void {
    if (!comes) {
      this.delist?.();
      this.delist = undefined;
    } else {
      this.delist ??= cameraRuns(this.options.nodeId, { still: (signal) => this.camera.still(signal) });
    }
  }

  /** Trouble is an error once, and its end a line in the log. */
  private log({ state, code, reason = '' }: CameraReport): void {
    const { outlet } = this.options;
    if (state === 'lost' || state === 'failed') {
      this.lostAt ??= performance.now();
      outlet.error(new SourceError(reason, code as SourceErrorCode));
      return;
    }
    if ((state === 'live' || state === 'still') && this.lostAt !== undefined) {
      const seconds = Math.round((performance.now() - this.lostAt) / 1000);
      outlet.log(`${this.options.camera} is back after ${seconds} s`);
    }
    if (state !== 'connecting') this.lostAt = undefined;
  }

  private warn(error: Error): void {
    this.unsaid += 1;
    const now = performance.now();
    if (now - this.warnedAt < WARN_EVERY_MS) return;
    const more = this.unsaid > 1 ? ` (and ${this.unsaid - 1} more since the last warning)` : '';
    this.warnedAt = now;
    this.unsaid = 0;
    this.options.outlet.warn(`${error.message}${more}`);
  }
}

/** ms since the frame was captured, as far as that is known; since it arrived otherwise. */
function ageOf({ timestamp }: Frame, waitedMs: number): number {
  const age = Date.now() - timestamp;
  return age >= waitedMs && age < OLDEST_MS ? age : waitedMs;
}
