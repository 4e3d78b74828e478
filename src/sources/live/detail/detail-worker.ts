import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { shortageOf } from '../../shortage.js';
import { SourceError } from '../../source.js';
import { startThread } from '../../thread.js';
import { BackOff } from '../back-off.js';
import type { DetailStart, FromDetailThread, ToDetailThread } from './detail-protocol.js';
import { machineTime } from './moment-clock.js';

export interface DetailWorkerEvents {
  message(message: FromDetailThread): void;
  /** The thread has ended: nobody writes into buffers any more, and what it was asked is not answered. Another may follow. */
  gone(): void;
  /** It broke, or could not be started. Another attempt is made by itself. No secrets in the message. */
  failed(error: SourceError): void;
}

/** Starts the thread. @throws SourceError when the computer gives none */
export type StartDetailThread = (start: DetailStart) => Worker;

/** Longer than the thread takes to end programs that do not listen. */
const graceMs = 5000;
/** A thread that ran for so long (ms) was a good one: the next failure is a first one. */
const wellAfterMs = 10_000;

/** The thread of a main stream. One that breaks is followed by another, after the waits of a camera that is lost. */
export class DetailWorker {
  private readonly backOff: BackOff;
  private worker: Worker | undefined;
  private exited: Promise<void> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param random from 0 up to 1, for the waits */
  constructor(
    private readonly start: DetailStart,
    private readonly events: DetailWorkerEvents,
    private readonly startOne: StartDetailThread = (given) => startThread(join(__dirname, 'detail-thread'), given),
    random?: () => number,
  ) {
    this.backOff = new BackOff(random);
    this.launch();
  }

  /** Whether there is a thread to be asked. */
  get running(): boolean {
    return this.worker !== undefined && !this.closed;
  }

  post(message: ToDetailThread): void {
    this.worker?.postMessage(message);
  }

  /** Ends the thread and its programs, by force after some seconds. At any time, any number of times. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    this.post({ kind: 'close' });
    const timer = setTimeout(() => void this.worker?.terminate(), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  private launch(): void {
    const began = machineTime();
    let worker: Worker;
    try {
      worker = this.startOne(this.start);
    } catch (error) {
      this.again(error as Error);
      return;
    }
    this.worker = worker;
    let failure: Error | undefined;
    worker.on('message', (message: FromDetailThread) => {
      if (this.worker === worker) this.events.message(message);
    });
    worker.on('error', (error) => (failure = error));
    this.exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.worker = undefined;
        this.events.gone();
        if (machineTime() - began >= wellAfterMs) this.backOff.reset();
        this.again(failure ?? new Error('it has ended'));
        resolve();
      });
    });
  }

  private again(thrown: Error): void {
    if (this.closed) return;
    const why = shortageOf(thrown) ?? `it failed: ${thrown.message}`;
    const error =
      thrown instanceof SourceError
        ? thrown
        : new SourceError(`Expected the main stream’s thread to go on but ${why}`, 'ALPR_SOURCE', { cause: thrown });
    this.retry = setTimeout(() => this.launch(), this.backOff.after(error));
    // In a turn of its own: whoever makes us may not be ready for it.
    queueMicrotask(() => {
      if (!this.closed) this.events.failed(error);
    });
  }
}
