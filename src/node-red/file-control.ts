import type { Frame } from '../frame/frame.js';
import { Snapshots } from '../sources/live/snapshots.js';
import { StateLine } from '../sources/live/state-line.js';
import { StillRequests } from '../sources/live/still-requests.js';
import { systemTimers } from '../sources/live/timers.js';
import type { CameraCounts } from '../sources/live/camera-state.js';
import { SourceError, type FrameAllocator, type FrameSource } from '../sources/source.js';
import type { CameraControl, CameraOutlet } from './camera-control.js';
import { CameraRuns, type CameraRunsOptions } from './camera-runs.js';
import type { CameraView } from './camera-view.js';
import { cameraRuns } from './cameras.js';
import { statusOf } from './handle-input.js';
import { RateMeter, withRate, type StatusLine } from './status.js';

export type FileControlOptions = Pick<CameraRunsOptions, 'pace' | 'finishFirst' | 'minIntervalMs' | 'inFlight'> & {
  camera: string;
  nodeId: string;
  /** File or folder of the settings. */
  path: string;
  open(file: string): Promise<FrameSource>;
  pool: FrameAllocator;
  view: CameraView;
  /** It runs as soon as it is open, with or without a frame: a watched folder. */
  waits?: boolean;
  /** How long a snapshot may take, ms. */
  timeoutMs: number;
  outlet: CameraOutlet;
  status: StatusLine;
};

/** Frames from files, folders and the sample behind a node: run after run, with status and reports. */
export class FileControl implements CameraControl {
  private readonly runs: CameraRuns;
  private readonly rate = new RateMeter();
  private readonly line: StateLine;
  private readonly stills: StillRequests;
  private readonly snapshots = new Snapshots(systemTimers, () => undefined);
  private readonly counts: CameraCounts = { received: 0, sent: 0, dropped: 0, held: 0, damaged: 0, lost: 0 };
  /** Opened for a single frame. */
  private readonly singles = new Set<FrameSource>();
  private delist: (() => void) | undefined;
  /** Frames of this run. */
  private sent = 0;
  private closed = false;
  private opened: () => void = () => undefined;

  constructor(private readonly options: FileControlOptions) {
    const { camera, outlet, pace, finishFirst = false, minIntervalMs = 0, inFlight } = options;
    this.stills = new StillRequests(options.pool);
    this.line = new StateLine(
      camera,
      systemTimers,
      () => ({ ...this.counts }),
      (report) => outlet.report(report),
    );
    this.runs = new CameraRuns({
      ...{ pace, finishFirst, minIntervalMs, inFlight },
      open: (file) => this.open(file),
      admit: (frame) => this.admit(frame),
      drop: (frame) => options.pool.recycle(frame),
      send: (frame, decodeMs) => this.send(frame, decodeMs),
      ended: (why) => this.ended(why),
      failed: (error) => {
        this.fail(error);
        outlet.error(error);
      },
    });
  }

  async start(file = this.options.path): Promise<void> {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    const started = this.runs.start(file);
    let isOpen = false;
    const failed = started.catch((thrown: unknown) => {
      this.fail(thrown as Error);
      if (!isOpen) throw thrown;
      this.options.outlet.error(thrown as Error);
    });
    await (this.options.waits === true ? Promise.race([failed, opened]) : failed);
    isOpen = true;
  }

  stop(): Promise<void> {
    return this.runs.stop();
  }

  async snapshot(file = this.options.path): Promise<void> {
    const { camera, timeoutMs, open } = this.options;
    if (this.runs.running) return this.snapshots.ask(camera, timeoutMs);
    const source = await open(file);
    this.singles.add(source);
    const timer = setTimeout(() => void source.close().catch(() => undefined), timeoutMs);
    try {
      const asked = performance.now();
      const frame = await source.next();
      if (frame === null || this.closed) {
        if (frame !== null) this.options.pool.recycle(frame);
        throw new SourceError(`Expected a frame of ${source.description} for a snapshot but it gave none`);
      }
      this.counts.received += 1;
      this.prepare(frame);
      this.send(frame, performance.now() - asked);
    } finally {
      clearTimeout(timer);
      this.singles.delete(source);
      await source.close();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.line.close();
    this.list(false);
    const gone = new SourceError(`Expected frames of ${this.options.camera} but the camera is being closed`);
    this.stills.fail(gone);
    this.snapshots.fail(gone);
    await Promise.all([this.runs.close(), ...[...this.singles].map((source) => source.close())]);
  }

  private async open(file: string): Promise<FrameSource> {
    const { status, waits = false, open } = this.options;
    this.sent = 0;
    status.waitingFor('opening');
    this.line.set('connecting');
    const source = await open(file);
    if (waits) {
      status.idle('waiting');
      this.line.see('live');
      this.opened();
    }
    return source;
  }

  private admit(frame: Frame): boolean {
    const { view, pool } = this.options;
    this.counts.received += 1;
    this.stills.offer(frame);
    this.list(true);
    const asked = this.snapshots.waiting;
    const passes = view.gate(frame, frame.timestamp) === 'pass';
    this.line.learn({ width: frame.width, height: frame.height });
    this.line.see(view.still ? 'still' : 'live');
    if (!passes && !asked) {
      this.counts.held += 1;
      pool.recycle(frame);
      this.options.status.ok(withRate(this.rate, `${this.sent} sent`));
      return false;
    }
    view.prepare(frame);
    return true;
  }

  private prepare(frame: Frame): void {
    try {
      this.options.view.prepare(frame);
    } catch (thrown) {
      this.options.pool.recycle(frame);
      throw thrown;
    }
  }

  private send(frame: Frame, decodeMs: number): void {
    this.sent += 1;
    this.counts.sent += 1;
    this.rate.tick();
    const answers = this.snapshots.answers();
    this.options.outlet.frame(frame, decodeMs);
    this.options.status.ok(withRate(this.rate, `${this.sent} sent`));
    for (const answer of answers) answer();
  }

  private ended(why: 'ended' | 'stopped'): void {
    const { camera, outlet, status } = this.options;
    this.list(false);
    this.snapshots.fail(new SourceError(`Expected a frame of ${camera} for a snapshot but it has ${why}`));
    this.stills.fail(new SourceError(`Expected frames of ${camera} but it has ${why}`));
    status.idle(`${why} · ${this.sent} sent`);
    this.line.set('stopped');
    outlet.complete();
  }

  private fail(error: Error): void {
    this.list(false);
    this.snapshots.fail(error);
    this.stills.fail(error);
    this.options.status.failed(statusOf(error));
    const { code } = error as { code?: unknown };
    this.line.set('failed', { reason: error.message, ...(typeof code === 'string' ? { code } : {}) });
  }

  private list(comes: boolean): void {
    if (comes && !this.closed) {
      this.delist ??= cameraRuns(this.options.nodeId, { still: (signal) => this.stills.next(signal) });
    } else {
      this.delist?.();
      this.delist = undefined;
    }
  }
}
