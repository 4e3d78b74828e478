import type { Schedule } from '../sources/live/schedule.js';
import { systemTimers, type Timers } from '../sources/live/timers.js';
import type { CameraCommand } from './camera-commands.js';
import type { CameraControl } from './camera-control.js';

const MINUTE_MS = 60_000;

export interface TimetableOptions {
  /** What no message waits for: a start by the clock that failed. */
  failed(error: unknown): void;
  timers?: Timers;
  /** Wall clock. */
  now?: () => Date;
}

/**
 * Starts and stops a camera by messages and by the clock. A message holds until the schedule's next change; a start for a
 * while ends in what the schedule says then. Time is looked at anew every minute: clocks are set, and computers sleep.
 */
export class CameraTimetable {
  private readonly timers: Timers;
  private schedule: Schedule | undefined;
  private wasOn = false;
  private forgetTick: () => void = () => undefined;
  private forgetEnd: () => void = () => undefined;
  private closed = false;

  constructor(
    private readonly camera: CameraControl,
    private readonly options: TimetableOptions,
  ) {
    this.timers = options.timers ?? systemTimers;
  }

  /** Resolves when the command is carried out; rejects with why it cannot be. */
  async obey({ action, file, forMs, schedule }: CameraCommand): Promise<void> {
    if (schedule === 'none') this.drop();
    else if (schedule !== undefined) await this.follow(schedule, action === undefined || action === 'snapshot');
    if (action === undefined) return;
    if (action === 'snapshot') return this.camera.snapshot(file);
    this.forgetEnd();
    if (action === 'stop') return this.camera.stop();
    // Counted from now, not from when the camera answers.
    if (forMs !== undefined) this.forgetEnd = this.timers.after(forMs, () => this.end());
    return this.camera.start(file);
  }

  /** The clock starts and stops nothing any more. */
  close(): void {
    this.closed = true;
    this.forgetEnd();
    this.drop();
  }

  private async follow(schedule: Schedule, atOnce: boolean): Promise<void> {
    this.forgetTick();
    this.schedule = schedule;
    this.wasOn = this.isOn;
    this.tickLater();
    if (!atOnce) return;
    this.forgetEnd();
    await (this.wasOn ? this.camera.start() : this.camera.stop());
  }

  private drop(): void {
    this.forgetTick();
    this.schedule = undefined;
  }

  private get isOn(): boolean {
    return this.schedule?.isOn(this.now()) === true;
  }

  private now(): Date {
    return this.options.now?.() ?? new Date();
  }

  private tickLater(): void {
    const wait = MINUTE_MS - (this.now().getTime() % MINUTE_MS);
    this.forgetTick = this.timers.after(wait, () => this.tick());
  }

  private tick(): void {
    this.tickLater();
    const { isOn } = this;
    if (isOn === this.wasOn) return;
    this.wasOn = isOn;
    if (!isOn) this.forgetEnd();
    this.carryOut(isOn);
  }

  private end(): void {
    if (!this.isOn) this.carryOut(false);
  }

  private carryOut(start: boolean): void {
    if (this.closed) return;
    const done = start ? this.camera.start() : this.camera.stop();
    done.catch((error: unknown) => this.options.failed(error));
  }
}
