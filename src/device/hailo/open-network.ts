import { keepingAlive } from '../../frame/keep-alive.js';
import { WorkerError } from '../errors.js';
import type { RunOptions, RunRequest, RunResponse, View } from '../device.js';
import { FairQueue } from '../pool/fair-queue.js';
import { checkSource, checkViews } from '../request/check-request.js';
import { inputSize } from '../request/input-size.js';
import { plainView } from '../request/plain-view.js';
import { type SharedPicture, sharedPicture } from '../request/shared-picture.js';
import { HailoError } from './errors.js';
import type { NetworkThread } from './network-thread.js';
import type { HailoModel, Session } from './session.js';
import { within } from './within.js';

/**
 * Requests that a thread has at a time: one is computed and one is ready behind it, two are there for when this thread, Node-RED's,
 * is late. More would undo the fair queue.
 */
const POSTED = 4;
/** Faults in a row, without a frame that came back, after which the device counts as lost unless it answers other networks. */
const MOST_FAULTS = 3;
/** ms that what was accepted has to end when a network is closed. */
const CLOSE_LIMIT = 1500;

/** What a network asks of the device it runs on. */
export interface NetworkHost {
  /** @throws HailoError, at once, while the device is lost */
  session(): Session;
  /** Whether any network of the device had an answer since then (performance.now()). */
  answeredSince(time: number): boolean;
  /** The device is gone, as `session`'s network noticed. */
  lost(session: Session, error: Error): void;
}

/** Counters since the network was opened. */
export interface NetworkCounters {
  frames: number;
  timeouts: number;
  /** How often its vstreams were made anew. */
  recreated: number;
  /** Threads that ended by themselves. */
  deaths: number;
}

interface Pending {
  picture: SharedPicture;
  views: View[];
  options: RunOptions;
  started: number;
  resolve: (response: RunResponse) => void;
  reject: (error: Error) => void;
}

/** A network that is open on the device, once for all its callers. It outlives its thread and, while the device is away, its session. */
export class OpenNetwork {
  users = 0;
  readonly counters: NetworkCounters = { frames: 0, timeouts: 0, recreated: 0, deaths: 0 };
  private readonly queue = new FairQueue<Pending>();
  private readonly posted = new Map<number, Pending>();
  private nextId = 1;
  /** performance.now() of the last answer. */
  lastAnswer = -Infinity;
  private faults = 0;
  private firstFault = 0;
  private thread: { thread: NetworkThread; session: Session } | undefined;
  private starting: Promise<void> | undefined;
  /** Until a thread that died is cleaned up after: its group can then be used again. */
  private dying: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;
  private onDrained: (() => void) | undefined;

  constructor(
    readonly model: HailoModel,
    private readonly host: NetworkHost,
  ) {}

  get backlog(): { waiting: number; running: number } {
    return { waiting: this.queue.size, running: this.posted.size };
  }

  /** Opens its thread unless it is open. @throws HailoError, ModelError why it cannot be opened */
  start(): Promise<void> {
    if (this.thread) return Promise.resolve();
    return (this.starting ??= this.openThread().finally(() => (this.starting = undefined)));
  }

  /** @throws at once for a request that cannot be run, and while the device is lost */
  async run(request: RunRequest): Promise<RunResponse> {
    const { source, views, options = {}, fairKey } = request;
    checkSource(source);
    checkViews(views);
    inputSize(this.model.manifest, options.inputSize);
    if (this.closing) throw closedError(this.model);
    this.host.session();
    const work = new Promise<RunResponse>((resolve, reject) => {
      const picture = sharedPicture(source);
      const pending = { picture, views: views.map(plainView), options, started: performance.now(), resolve, reject };
      this.queue.push(fairKey, pending);
      this.dispatch();
    });
    return keepingAlive(source, work);
  }

  /** Rejects all that was accepted; the device is lost, or the thread is. */
  fail(error: Error): void {
    const rest = [...this.posted.values(), ...this.queue.drain()];
    this.posted.clear();
    for (const { reject } of rest) reject(error);
    this.onDrained?.();
  }

  /** The session is being released, and the thread with it. */
  detach(): void {
    this.thread = undefined;
  }

  /** Lets what was accepted end (within the limit), then ends the thread. */
  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    await this.starting?.catch(() => {});
    if (this.queue.size + this.posted.size > 0) {
      await within(CLOSE_LIMIT, new Promise<void>((resolve) => (this.onDrained = resolve)));
    }
    const { thread } = this;
    this.thread = undefined;
    this.fail(closedError(this.model));
    if (thread) await thread.session.closeThread(thread.thread);
  }

  private async openThread(): Promise<void> {
    await this.dying;
    const session = this.host.session();
    const opening: Promise<NetworkThread> = session.openThread(
      this.model,
      {
        onDone: ({ id, results, timings }) => {
          const pending = this.settle(id);
          if (!pending) return;
          this.counters.frames += results.length;
          this.faults = 0;
          this.lastAnswer = performance.now();
          const { prepare, infer, decode } = timings;
          const queue = Math.max(0, performance.now() - pending.started - prepare - infer - decode);
          pending.resolve({ results, timings: { queue, prepare, infer, decode } });
          this.dispatch();
        },
        onFailed: (id, error) => {
          this.settle(id)?.reject(error);
          this.dispatch();
        },
        onFault: (what, error, goodFrames) => void this.repair(session, what, error, goodFrames),
        onDeath: (error) => this.bury(session, error),
      },
      () => !this.closing,
    );
    await opening.catch(() => {});
    // Lost in the meantime: that is the news, whatever came of the opening. The session's release ends the thread.
    if (this.host.session() !== session) {
      throw new HailoError('Expected the Hailo device to stay but it was lost and came back: try again');
    }
    const thread = await opening;
    this.thread = { thread, session };
    this.faults = 0;
    this.dispatch();
  }

  private settle(id: number): Pending | undefined {
    const pending = this.posted.get(id);
    this.posted.delete(id);
    if (this.posted.size === 0) this.thread?.thread.setBusy(false);
    if (this.posted.size + this.queue.size === 0) this.onDrained?.();
    return pending;
  }

  private dispatch(): void {
    if (this.queue.size > 0 && !this.thread) return this.startForWaiting();
    while (this.thread && this.queue.size > 0 && this.posted.size < POSTED) {
      const pending = this.queue.shift() as Pending;
      const { picture: source, views, options } = pending;
      const id = this.nextId++;
      try {
        this.thread.thread.run({ kind: 'run', id, source, views, options });
      } catch (error) {
        pending.reject(
          new WorkerError(`Could not hand a request to the network's thread: ${String(error)}`, { cause: error }),
        );
        continue;
      }
      if (this.posted.size === 0) this.thread.thread.setBusy(true);
      this.posted.set(id, pending);
    }
  }

  /** Its thread died earlier, or could not be opened when the device came back. */
  private startForWaiting(): void {
    if (this.starting) return;
    this.start().catch((error: Error) => this.fail(error));
  }

  private async repair(
    session: Session,
    what: 'timeout' | 'memory' | 'lost' | 'error',
    error: Error,
    goodFrames: number,
  ): Promise<void> {
    if (this.closing || this.thread?.session !== session) return;
    const { thread } = this.thread;
    if (goodFrames > 0) this.faults = 0;
    if (what === 'timeout') this.counters.timeouts++;
    if (what !== 'memory' && this.faults++ === 0) this.firstFault = performance.now();
    const isStuck = this.faults >= MOST_FAULTS && !this.host.answeredSince(this.firstFault);
    if (what === 'lost' || isStuck) {
      this.host.lost(session, error);
      return;
    }
    try {
      await session.recreate(thread);
      this.counters.recreated++;
    } catch (failure) {
      if (failure instanceof WorkerError || this.closing) return;
      this.host.lost(session, failure as Error);
    }
  }

  private bury(session: Session, error: WorkerError): void {
    this.counters.deaths++;
    if (this.thread?.session !== session) return;
    const { thread } = this.thread;
    this.thread = undefined;
    this.dying = session.over(thread);
    for (const [id, { reject }] of [...this.posted]) {
      this.posted.delete(id);
      reject(error);
    }
    if (this.queue.size === 0) this.onDrained?.();
    else this.dispatch();
  }
}

function closedError({ manifest }: HailoModel): HailoError {
  return new HailoError(`Expected an open network but model ${manifest.name} was closed while requests were waiting`);
}
