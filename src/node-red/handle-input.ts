import type { Node, NodeMessageInFlow } from 'node-red';
import type { PixelLease } from '../frame/lease.js';
import { AlprNodeError, busyError, toError } from './errors.js';
import { InOrder, type Delivery } from './in-order.js';
import { cameraOf, frameOf, isControl, type AlprMessage } from './message.js';
import type { StatusLine } from './status.js';

/** What a node sends: one message, or one entry per output as in Node-RED; null sends nothing. */
export type Output = AlprMessage | (AlprMessage | AlprMessage[] | null)[] | null;

export interface InputContext {
  /** Aborted when the node closes. */
  readonly signal: AbortSignal;
  /** Green status line for when this message has been sent. */
  report(text: string): void;
}

export type InputHandler = (msg: AlprMessage, context: InputContext) => Promise<Output> | Output;

export interface InputOptions {
  status: StatusLine;
  /** Why the node cannot work at all: its settings. Every message fails with it. */
  problem?: Error | undefined;
  /** What becomes of control messages; they pass unchanged when left out. Runs after everything that came before was sent. */
  control?: (msg: AlprMessage) => Output;
  /** Handlers that run at the same time. 1 for nodes with a memory. */
  concurrency?: number;
  /** Messages that may wait for a handler. */
  queueLimit?: number;
  /** The status tells of more than messages: one that works does not turn a red line green. */
  ownStatus?: boolean;
  /** Runs when the last handler has returned. */
  onClose?: () => Promise<void> | void;
  /** Node-RED gives a node 15 s to close. */
  closeTimeoutMs?: number;
}

type Send = (msg: AlprMessage | (AlprMessage | AlprMessage[] | null)[]) => void;
type Done = (error?: Error) => void;

interface Job {
  msg: AlprMessage;
  send: Send;
  done: Done;
  lease: PixelLease | undefined;
  delivery: Delivery;
  report: string | undefined;
}

type Outcome = { output: Output } | { error: Error };

/**
 * The one way in which our nodes take messages: handlers run concurrently, results leave in the order of arrival per camera,
 * every message is answered with exactly one done(), and whatever a handler throws ends there.
 */
export function handleInput(node: Node, handler: InputHandler, options: InputOptions): InputQueue {
  const queue = new InputQueue(node, handler, options);
  node.on('input', (msg: NodeMessageInFlow, send, done) => queue.accept(msg as AlprMessage, send as Send, done));
  node.on('close', (done: () => void) => {
    queue.close().then(done, done);
  });
  if (options.problem !== undefined) options.status.failed('settings');
  return queue;
}

export class InputQueue {
  private readonly order = new InOrder();
  private readonly waiting: Job[] = [];
  private readonly abort = new AbortController();
  private running = 0;
  private readonly idleCallbacks: (() => void)[] = [];

  constructor(
    private readonly node: Node,
    private readonly handler: InputHandler,
    private readonly options: InputOptions,
  ) {}

  /** True from the moment Node-RED closes the node: nothing may be sent any more. */
  get closed(): boolean {
    return this.abort.signal.aborted;
  }

  /** Messages that wait for a handler. */
  get backlog(): number {
    return this.waiting.length;
  }

  accept(msg: AlprMessage, send: Send, done: Done): void {
    if (this.closed) return done();
    try {
      if (isControl(msg)) return this.acceptControl(msg, send, done);
      if (this.options.problem !== undefined) throw this.options.problem;
      const { queueLimit = 64 } = this.options;
      if (this.waiting.length >= queueLimit) throw busyError(queueLimit);
      const lease = frameOf(msg)?.lease;
      lease?.retain();
      this.waiting.push({ msg, send, done, lease, delivery: this.order.take(cameraOf(msg)), report: undefined });
      this.pump();
    } catch (thrown) {
      this.fail(thrown, done);
    }
  }

  /** Sends something that no message asked for (a timer, a source), behind what the camera's earlier messages still give. */
  sendInOrder(camera: string, produce: () => Output): void {
    this.order.take(camera)(() => this.sendNow(camera, produce));
  }

  /** The same, past whatever is on its way. */
  sendNow(camera: string, produce: () => Output): void {
    if (this.closed) return;
    try {
      const output = produce();
      if (output !== null) this.node.send(output as AlprMessage);
    } catch (thrown) {
      this.node.error(toError(thrown).message, { topic: camera });
    }
  }

  /** Forgets what waits, lets what runs come to its end (for a while) and then releases what the node holds. */
  async close(): Promise<void> {
    this.abort.abort();
    for (const job of this.waiting.splice(0)) this.settle(job, { output: null });
    const { closeTimeoutMs = 8000, onClose } = this.options;
    if (this.running > 0)
      await withinTime(new Promise<void>((resolve) => this.idleCallbacks.push(resolve)), closeTimeoutMs);
    try {
      if (onClose !== undefined) await withinTime(Promise.resolve(onClose()), closeTimeoutMs / 2);
    } catch (thrown) {
      this.node.warn(`Closing: ${toError(thrown).message}`);
    }
    this.options.status.close();
  }

  private acceptControl(msg: AlprMessage, send: Send, done: Done): void {
    const { control } = this.options;
    const camera = cameraOf(msg);
    const delivery = camera === '' ? this.order.takeBehindAll() : this.order.take(camera);
    delivery(() =>
      this.guard(() => {
        if (this.closed) return done();
        try {
          const output = control === undefined ? msg : control(msg);
          if (output !== null) send(output);
        } catch (thrown) {
          return this.fail(thrown, done);
        }
        done();
      }),
    );
  }

  private pump(): void {
    const { concurrency = 4 } = this.options;
    while (this.running < concurrency) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      void this.run(job);
    }
  }

  private async run(job: Job): Promise<void> {
    this.running += 1;
    const context: InputContext = {
      signal: this.abort.signal,
      report: (text) => (job.report = text),
    };
    let outcome: Outcome;
    try {
      outcome = { output: await this.handler(job.msg, context) };
    } catch (thrown) {
      outcome = { error: toError(thrown) };
    }
    this.running -= 1;
    this.settle(job, outcome);
    this.pump();
    if (this.running === 0) for (const callback of this.idleCallbacks.splice(0)) callback();
  }

  private settle(job: Job, outcome: Outcome): void {
    job.delivery(() => {
      this.guard(() => this.deliver(job, outcome));
      job.lease?.release();
    });
  }

  /** done() runs hooks and other nodes' code; what they throw must not break the line of the messages behind. */
  private guard(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.node.error(toError(thrown).message);
    }
  }

  private deliver(job: Job, outcome: Outcome): void {
    if (this.closed) return job.done();
    if ('error' in outcome) return this.fail(outcome.error, job.done);
    try {
      if (outcome.output !== null) job.send(outcome.output);
    } catch (thrown) {
      return this.fail(thrown, job.done);
    }
    const { status, ownStatus = false } = this.options;
    if (job.report !== undefined) status.ok(job.report);
    else if (status.isFailed && !ownStatus) status.ok('ready');
    job.done();
  }

  private fail(thrown: unknown, done: Done): void {
    const error = toError(thrown);
    this.options.status.failed(statusOf(error));
    done(error);
  }
}

/** What the error says in brief; else `ALPR_NO_FRAME` → `no frame`; errors without a code of ours show the start of their message. */
export function statusOf(error: Error): string {
  const { brief, code } = error as Partial<AlprNodeError> & { brief?: unknown };
  if (typeof brief === 'string') return brief;
  if (code === 'ALPR_DECODE') return 'check the model';
  if (typeof code === 'string' && code.startsWith('ALPR_')) return code.slice(5).toLowerCase().replaceAll('_', ' ');
  return error.message;
}

/** Resolves with the promise, or without it after `ms`. */
async function withinTime(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
