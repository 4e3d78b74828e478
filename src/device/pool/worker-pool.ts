import type { Worker } from 'node:worker_threads';
import { WorkerError } from '../errors.js';
import { endWorker } from './end-worker.js';
import { FairQueue } from './fair-queue.js';
import { type WorkerReply, fromPlainError } from './protocol.js';

/** Jobs posted to one worker at a time: one runs, the next is there when it ends. More would undo the fair queue. */
const POSTED_PER_WORKER = 2;
const DEFAULT_CLOSE_LIMIT_MS = 5000;
/** How long a thread that has nothing to do, or was waited for already, may take to end. */
const END_LIMIT_MS = 2000;

export interface WorkerPoolOptions<Job> {
  /** How many threads at most; they start when there is work for them. */
  size: number;
  /** Starts one; its module calls `serve`. */
  start: () => Worker;
  /** What becomes of threads when the pool closes: they do `job`, which makes them forget all, and are kept. Default: they end. */
  keep?: { job: Job; take: (worker: Worker) => void };
  /** How long `close` waits for accepted jobs, ms. Default 5000. */
  closeLimitMs?: number;
}

/** Counters for a status line. */
export interface PoolBacklog {
  /** Waiting for a worker. */
  waiting: number;
  /** Posted to one. */
  running: number;
  /** Threads alive. */
  workers: number;
  /** Threads that ended by themselves since the pool was made. */
  crashes: number;
}

/** Makes the job for the worker that will do it; `known` is that worker's own notebook of what it was told already. */
type MakeJob<Job> = (known: Set<string>) => Job;

interface Pending<Job, Result> {
  makeJob: MakeJob<Job>;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

interface Member<Job, Result> {
  worker: Worker;
  known: Set<string>;
  posted: Map<number, Pending<Job, Result>>;
}

/**
 * Worker threads behind a fair queue. A thread that dies fails its own jobs only (WorkerError, code ALPR_WORKER) and is
 * replaced. Idle threads do not keep the process alive.
 */
export class WorkerPool<Job, Result> {
  private readonly members: Member<Job, Result>[] = [];
  private readonly queue = new FairQueue<Pending<Job, Result>>();
  private nextId = 1;
  private crashes = 0;
  private closing: Promise<void> | undefined;
  private onDrained: (() => void) | undefined;

  constructor(private readonly options: WorkerPoolOptions<Job>) {
    if (!Number.isInteger(options.size) || options.size < 1) {
      throw new RangeError(`Expected a positive integer for size but received ${options.size}`);
    }
  }

  get backlog(): PoolBacklog {
    let running = 0;
    for (const member of this.members) running += member.posted.size;
    return { waiting: this.queue.size, running, workers: this.members.length, crashes: this.crashes };
  }

  /** Queues a job; requests of different keys take turns. Rejects with the worker's error or WorkerError. */
  run(fairKey: string, makeJob: MakeJob<Job>): Promise<Result> {
    if (this.closing) return Promise.reject(closedError());
    return new Promise<Result>((resolve, reject) => {
      this.queue.push(fairKey, { makeJob, resolve, reject });
      this.dispatch();
    });
  }

  /** Sends a job to every living worker past the queue, and waits for none of the results; failures are ignored. */
  broadcast(makeJob: MakeJob<Job>): void {
    const nobody = { makeJob, resolve: () => {}, reject: () => {} };
    for (const member of [...this.members]) this.post(member, nobody);
  }

  /** Refuses new jobs, lets the accepted ones end (within the limit), then ends the threads, or has them kept. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    const deadline = performance.now() + (this.options.closeLimitMs ?? DEFAULT_CLOSE_LIMIT_MS);
    await this.drained(deadline);
    const rest = this.queue.drain();
    for (const pending of rest) pending.reject(closedError());
    const forgetful = await this.makeForget(deadline);
    const members = this.members.splice(0);
    for (const member of members) {
      // What it still owes would be taken for an answer by the next pool.
      if (member.posted.size > 0) forgetful.delete(member);
      for (const pending of member.posted.values()) pending.reject(closedError());
      member.posted.clear();
    }
    await Promise.all(members.map((member) => this.letGo(member, forgetful.has(member))));
  }

  /** Resolves when nothing waits and nothing runs, or when the time is over. */
  private async drained(deadline: number): Promise<void> {
    if (this.isIdle()) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onDrained = resolve;
      timer = setTimeout(resolve, deadline - performance.now());
    });
    clearTimeout(timer);
  }

  /** @returns threads that have forgotten all that they were told, where they are to be kept */
  private async makeForget(deadline: number): Promise<Set<Member<Job, Result>>> {
    const forgetful = new Set<Member<Job, Result>>();
    const { keep } = this.options;
    if (keep === undefined || !this.isIdle()) return forgetful;
    for (const member of [...this.members]) {
      this.post(member, { makeJob: () => keep.job, resolve: () => forgetful.add(member), reject: () => {} });
    }
    await this.drained(deadline);
    return forgetful;
  }

  private letGo({ worker }: Member<Job, Result>, isForgetful: boolean): Promise<void> | void {
    if (!isForgetful) return endWorker(worker, END_LIMIT_MS);
    for (const event of ['message', 'messageerror', 'error', 'exit']) worker.removeAllListeners(event);
    this.options.keep!.take(worker);
  }

  private isIdle(): boolean {
    const { waiting, running } = this.backlog;
    return waiting === 0 && running === 0;
  }

  private dispatch(): void {
    while (this.queue.size > 0) {
      const member = this.pickMember();
      if (!member) return;
      const pending = this.queue.shift();
      if (pending) this.post(member, pending);
    }
  }

  /** The least loaded worker that may take one more, or a new one where all are busy and there is room. */
  private pickMember(): Member<Job, Result> | undefined {
    let best: Member<Job, Result> | undefined;
    for (const member of this.members) {
      if (!best || member.posted.size < best.posted.size) best = member;
    }
    if (best?.posted.size === 0) return best;
    if (this.members.length < this.options.size) {
      try {
        return this.addMember();
      } catch (error) {
        if (!best) this.giveUp(error);
      }
    }
    return best && best.posted.size < POSTED_PER_WORKER ? best : undefined;
  }

  /** Without a single thread nothing that waits can ever run. */
  private giveUp(cause: unknown): void {
    const error = new WorkerError(`Could not start a worker thread: ${String(cause)}`, { cause });
    for (const pending of this.queue.drain()) pending.reject(error);
  }

  private addMember(): Member<Job, Result> {
    const member: Member<Job, Result> = { worker: this.options.start(), known: new Set(), posted: new Map() };
    member.worker.on('message', (reply: WorkerReply<Result>) => this.settle(member, reply));
    member.worker.on('messageerror', (error) => this.lose(member, `sent an unreadable reply: ${error.message}`, error));
    member.worker.on('error', (error) => this.lose(member, `failed: ${String(error)}`, error));
    member.worker.on('exit', (code) => this.lose(member, `ended with exit code ${code}`));
    member.worker.unref();
    this.members.push(member);
    return member;
  }

  private post(member: Member<Job, Result>, pending: Pending<Job, Result>): void {
    const id = this.nextId++;
    try {
      member.worker.postMessage({ id, job: pending.makeJob(member.known) });
    } catch (error) {
      // It may note what the worker now never hears of; telling it again does no harm.
      member.known.clear();
      pending.reject(new WorkerError(`Could not hand a job to a worker thread: ${String(error)}`, { cause: error }));
      return;
    }
    if (member.posted.size === 0) member.worker.ref();
    member.posted.set(id, pending);
  }

  private settle(member: Member<Job, Result>, reply: WorkerReply<Result>): void {
    const pending = member.posted.get(reply.id);
    if (!pending) return;
    member.posted.delete(reply.id);
    if (member.posted.size === 0) member.worker.unref();
    if ('error' in reply) pending.reject(fromPlainError(reply.error));
    else pending.resolve(reply.result);
    this.carryOn();
  }

  private lose(member: Member<Job, Result>, why: string, cause?: unknown): void {
    const index = this.members.indexOf(member);
    if (index < 0) return;
    this.members.splice(index, 1);
    this.crashes++;
    for (const pending of member.posted.values()) {
      pending.reject(new WorkerError(`The worker thread ${why}; it is replaced, the next request works`, { cause }));
    }
    member.posted.clear();
    void member.worker.terminate();
    this.carryOn();
  }

  private carryOn(): void {
    this.dispatch();
    if (this.onDrained && this.isIdle()) this.onDrained();
  }
}

function closedError(): WorkerError {
  return new WorkerError('The worker pool is closed: the device was shut down while requests were waiting');
}
