import type { Frame } from '../../frame/frame.js';
import { SourceError, type FrameAllocator } from '../source.js';
import { BackOff, failureKind } from './back-off.js';
import type { CameraCounts, CameraReport, CameraState } from './camera-state.js';
import { Connection } from './connection.js';
import type { OpenFeed } from './feed.js';
import { LatestFrame } from './latest-frame.js';
import { Snapshots } from './snapshots.js';
import { StateLine } from './state-line.js';
import { StillRequests } from './still-requests.js';
import { settledWithin, systemTimers, type Timers } from './timers.js';

/** A connection whose frames came for so long (ms) was a good one: the next loss is a first one. */
const WELL_AFTER_MS = 10_000;
/** After so long (ms) without having closed, a feed is left alone: the next one is opened, and a deploy goes on. */
const CLOSE_LIMIT_MS = 3500;

/** What is done to a camera's frames before they go into the flow. */
export interface LiveView {
  /** Frames in the order of their arrival. @param now ms of a clock that does not go back */
  gate(frame: Frame, now: number): 'pass' | 'hold';
  /** Nothing moved in the last frame that the gate saw, whether it passed or not. */
  readonly still: boolean;
  /** For every frame that is sent. What throws, here or in the gate, is not sent. */
  prepare(frame: Frame): void;
}

export interface LiveCameraOptions {
  /** Its id in messages. */
  camera: string;
  open: OpenFeed;
  pool: FrameAllocator;
  /** Frames in the flow at once. */
  inFlight: number;
  /** Without a frame for so long the camera is lost, ms. */
  timeoutMs: number;
  view?: LiveView | undefined;
  /** A frame for the flow. `waitedMs`: from its arrival until now. */
  send(frame: Frame, waitedMs: number): void;
  /** The state has changed, or what is known of it. */
  report(report: CameraReport): void;
  /** Something was lost and the stream goes on. */
  problem?: ((error: Error) => void) | undefined;
  timers?: Timers;
  /** From 0 up to 1, for waits that differ between cameras. */
  random?: () => number;
}

/**
 * A camera that is to run until it is told to stop: opens connections, watches them, opens new ones when they are lost, and
 * lets the newest frame win when the flow is busy. Never throws for what the camera does; that is in its reports.
 */
export class LiveCamera {
  private readonly timers: Timers;
  private readonly line: StateLine;
  private readonly outlet: LatestFrame;
  private readonly snapshots: Snapshots;
  private readonly stills: StillRequests;
  private readonly backOff: BackOff;
  private readonly counted: CameraCounts = { received: 0, sent: 0, dropped: 0, held: 0, damaged: 0, lost: 0 };
  /** Feeds that are being closed. */
  private readonly closing = new Set<Promise<void>>();
  private connection: Connection | undefined;
  private isOpening = false;
  private running = false;
  private closed = false;
  private attempts = 0;
  /** The login was refused at the last attempt, and when the next one may be made. */
  private refused: { error: SourceError; until: number } | undefined;
  private lastSequence: number | undefined;
  private forgetRetry: (() => void) | undefined;

  constructor(private readonly options: LiveCameraOptions) {
    const { camera, pool, inFlight, timers = systemTimers, random } = options;
    this.timers = timers;
    this.backOff = new BackOff(random);
    this.line = new StateLine(camera, timers, () => this.counts, options.report);
    this.outlet = new LatestFrame({
      inFlight,
      pool,
      timers,
      send: (frame, waitedMs) => this.send(frame, waitedMs),
      dropped: () => void this.counted.dropped++,
      changed: () => this.tellWanted(),
    });
    this.snapshots = new Snapshots(timers, () => this.settle());
    this.stills = new StillRequests(pool, () => this.tellWanted());
  }

  get state(): CameraState {
    return this.line.state;
  }

  /** As it was told last. Its counts are those of now. */
  get report(): CameraReport {
    return this.line.report;
  }

  get counts(): CameraCounts {
    return { ...this.counted };
  }

  /** Frames are to come. A camera that is lost is tried at once, unless it refused the login. */
  start(): void {
    if (this.closed) return;
    const wasRunning = this.running;
    this.running = true;
    const { refused } = this;
    const refusedFor = refused === undefined ? 0 : refused.until - this.timers.now();
    if (!wasRunning && refused !== undefined && refusedFor > 0) {
      this.waitAfter(refused.error, refusedFor);
      return;
    }
    if (!wasRunning) this.line.set('connecting');
    else if (this.forgetRetry === undefined || refusedFor > 0) return;
    this.connect();
  }

  /** No frames are to come. Resolves when the connection is closed, or has had its time. */
  async stop(): Promise<void> {
    this.running = false;
    this.cancelRetry();
    this.outlet.clear();
    this.line.set('stopped');
    this.settle();
    await Promise.all(this.closing);
  }

  /**
   * Sends one frame that comes after this call, whether the camera runs or not, and whether anything moves in it.
   * @throws SourceError why none comes
   */
  snapshot(): Promise<void> {
    if (this.closed) return Promise.reject(new SourceError('Expected an open camera but received a closed one'));
    const { refused } = this;
    // Somebody who asks again and again must not make the camera lock the account.
    if (refused !== undefined && this.timers.now() < refused.until) return Promise.reject(refused.error);
    const answer = this.snapshots.ask(this.options.camera, this.options.timeoutMs);
    this.connect();
    this.tellWanted();
    return answer;
  }

  /** A copy of the next frame; see StillRequests. */
  still(signal?: AbortSignal): Promise<Frame> {
    return this.stills.next(signal);
  }

  /** Stop, for good. */
  async close(): Promise<void> {
    this.closed = true;
    this.line.close();
    const gone = new SourceError(`Expected frames of ${this.options.camera} but the camera is being closed`);
    this.stills.fail(gone);
    this.snapshots.fail(gone);
    await this.stop();
  }

  /** Opens a connection unless there is one; when the one before is closed, or has had its time. */
  private connect(): void {
    this.cancelRetry();
    if (this.connection || this.isOpening) return;
    this.isOpening = true;
    void Promise.all(this.closing).then(() => {
      this.isOpening = false;
      if (this.closed || this.connection || !(this.running || this.snapshots.waiting)) return;
      this.lastSequence = undefined;
      const { open, pool, timeoutMs } = this.options;
      this.connection = new Connection({
        open,
        pool,
        timeoutMs,
        timers: this.timers,
        frame: (frame) => this.receive(frame),
        facts: (facts) => this.line.learn(facts),
        problem: (error) => this.damage(error),
        lost: (error) => this.lose(error),
      });
      this.tellWanted();
    });
  }

  /** Lets go of a connection that nobody needs any more. */
  private settle(): void {
    if (!this.running && !this.snapshots.waiting) this.disconnect();
  }

  private disconnect(): void {
    const { connection } = this;
    this.connection = undefined;
    if (connection === undefined) return;
    const closing = settledWithin([connection.close()], CLOSE_LIMIT_MS, this.timers);
    this.closing.add(closing);
    void closing.then(() => this.closing.delete(closing));
  }

  private receive(frame: Frame): void {
    this.counted.received++;
    this.countPassedOver(frame);
    this.attempts = 0;
    this.refused = undefined;
    const now = this.timers.now();
    const { firstFrameAt = now } = this.connection ?? {};
    if (now - firstFrameAt >= WELL_AFTER_MS) this.backOff.reset();
    this.stills.offer(frame);
    const answers = this.snapshots.answers();
    const passes = this.passes(frame, now) && this.running;
    if (passes || answers.length > 0) this.outlet.offer(frame, answers);
    else {
      this.counted.held++;
      this.options.pool.recycle(frame);
    }
    this.tellWanted();
  }

  private passes(frame: Frame, now: number): boolean {
    const { view } = this.options;
    try {
      const passes = view === undefined || view.gate(frame, now) === 'pass';
      if (this.running) this.line.see(view?.still === true ? 'still' : 'live');
      return passes;
    } catch (thrown) {
      this.damage(thrown);
      return false;
    }
  }

  /** Feeds that decode only what is wanted leave out the numbers of the rest. */
  private countPassedOver({ sequence }: Frame): void {
    const gap = this.lastSequence === undefined ? 0 : Math.max(0, sequence - this.lastSequence - 1);
    this.lastSequence = sequence;
    this.counted.received += gap;
    this.counted.dropped += gap;
  }

  private send(frame: Frame, waitedMs: number): boolean {
    try {
      this.options.view?.prepare(frame);
    } catch (thrown) {
      this.damage(thrown);
      return false;
    }
    this.counted.sent++;
    this.options.send(frame, waitedMs);
    return true;
  }

  private damage(thrown: unknown): void {
    this.counted.damaged++;
    this.options.problem?.(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }

  private lose(error: SourceError): void {
    if (this.connection?.firstFrameAt !== undefined) this.counted.lost++;
    this.disconnect();
    this.outlet.clear();
    const retryInMs = this.backOff.after(error);
    this.refused = failureKind(error) === 'login' ? { error, until: this.timers.now() + retryInMs } : undefined;
    this.attempts++;
    if (this.running) this.waitAfter(error, retryInMs);
    this.snapshots.fail(error);
  }

  private waitAfter(error: SourceError, ms: number): void {
    const retryInMs = Math.round(ms);
    this.forgetRetry = this.timers.after(retryInMs, () => this.connect());
    const details = { reason: error.message, code: error.code, retryInMs, attempts: this.attempts };
    this.line.set(failureKind(error) === 'lost' ? 'lost' : 'failed', details);
  }

  private cancelRetry(): void {
    this.forgetRetry?.();
    this.forgetRetry = undefined;
  }

  private tellWanted(): void {
    this.connection?.want(this.outlet.ready || this.stills.wanted || this.snapshots.waiting);
  }
}
