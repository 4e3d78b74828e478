import type { Worker } from 'node:worker_threads';
import { WorkerError } from '../errors.js';
import { HailoError } from './errors.js';
import { startWorker } from '../pool/worker-file.js';
import { prepareHailoEnvironment } from './library/environment.js';
import { ReleaseGate } from './release-gate.js';
import { within } from './within.js';
import {
  type ConfiguredGroup,
  type FromNetworkThread,
  fromPlainHailoError,
  type NetworkThreadSpec,
  type PlainStreams,
  type ToNetworkThread,
} from './thread-protocol.js';

/** What a running network thread says of its requests. */
export interface NetworkThreadEvents {
  onDone(message: FromNetworkThread & { kind: 'done' }): void;
  onFailed(id: number, error: Error): void;
  onFault(what: (FromNetworkThread & { kind: 'fault' })['what'], error: Error, goodFrames: number): void;
  /** It ended by itself. Not called while it opens or closes. */
  onDeath(error: WorkerError): void;
}

/** ms that the library may take to read a HEF and to configure the device; large ones take seconds. */
const LONGEST_OPENING = 60_000;

interface Awaited {
  resolve: () => void;
  reject: (error: Error) => void;
}

/** The main thread's end of a network thread. */
export class NetworkThread {
  /** What the HEF was configured to; also after a failed opening, where it came so far. */
  group: ConfiguredGroup | undefined;
  /** What it holds of the library while it is open. */
  streams: PlainStreams | undefined;
  /** Nothing is left in the group: the next one can use it. Known once the thread has said so. */
  isGroupFree = false;
  /** It died while it made or released vstreams: nobody knows what is left of them. */
  lostTrack = false;
  /** Resolves when the thread has ended, whatever the reason: no call of its is under way any more. */
  readonly ended: Promise<void>;
  readonly gate = ReleaseGate.memory();
  private readonly worker: Worker;
  private state: 'opening' | 'open' | 'recreating' | 'closing' | 'ended' = 'opening';
  private awaited: Awaited | undefined;
  /** It has said that it holds nothing of the library. */
  private isEmpty = false;
  private readonly whenOpened: Promise<void>;

  constructor(
    spec: Omit<NetworkThreadSpec, 'gate'>,
    private readonly events: NetworkThreadEvents,
  ) {
    this.group = spec.group;
    prepareHailoEnvironment();
    const workerData: NetworkThreadSpec = { ...spec, gate: this.gate };
    this.worker = startWorker(__dirname, 'network-worker', { workerData });
    this.whenOpened = this.answered();
    this.ended = new Promise((resolve) => this.worker.on('exit', () => resolve()));
    this.worker.on('message', (message: FromNetworkThread) => this.hear(message));
    this.worker.on('messageerror', (error) => this.die(`sent an unreadable message: ${error.message}`, error));
    this.worker.on('error', (error) => this.die(`failed: ${String(error)}`, error));
    this.worker.on('exit', (code) => this.die(`ended with exit code ${code}`));
  }

  /** @throws HailoError, ModelError: why the network cannot be opened; nothing is open then and the thread ends */
  async open(): Promise<void> {
    try {
      if (!(await within(LONGEST_OPENING, this.whenOpened))) throw hangs();
      await this.whenOpened;
    } catch (error) {
      // One that hangs ends when the library lets it; the others have nothing left to do.
      void this.close();
      throw error;
    }
    this.state = 'open';
    this.worker.unref();
  }

  /** An idle network does not keep the process alive. */
  setBusy(busy: boolean): void {
    if (this.state === 'ended') return;
    if (busy) this.worker.ref();
    else this.worker.unref();
  }

  /** @throws DataCloneError for what cannot be posted */
  run(message: ToNetworkThread & { kind: 'run' }): void {
    this.worker.postMessage(message);
  }

  /** After a fault: makes the vstreams anew. @throws HailoError when that fails; the thread can only be closed then */
  async recreate(): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'recreating';
    this.streams = undefined;
    const recreated = this.answered();
    this.send({ kind: 'recreate' });
    if (!(await within(LONGEST_OPENING, recreated))) throw hangs();
    await recreated;
    if (this.state === 'recreating') this.state = 'open';
  }

  /** Asks it to forget what it has and to release everything. Resolves when the thread has ended; may be called again. */
  async close(): Promise<void> {
    if (this.state !== 'closing' && this.state !== 'ended') {
      this.state = 'closing';
      this.awaited?.reject(new WorkerError('Expected an open network but it is being closed'));
      this.awaited = undefined;
      this.worker.ref();
      this.send({ kind: 'close' });
    }
    await this.ended;
  }

  private answered(): Promise<void> {
    const answer = new Promise<void>((resolve, reject) => (this.awaited = { resolve, reject }));
    // Whether anybody waits for it depends on who comes first.
    answer.catch(() => {});
    return answer;
  }

  private send(message: ToNetworkThread): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromNetworkThread): void {
    switch (message.kind) {
      case 'opened':
        this.group = message.group;
        this.streams = message.streams;
        return this.answer();
      case 'open-failed':
        this.group = message.group;
        this.isEmpty = true;
        this.isGroupFree = true;
        return this.answer(fromPlainHailoError(message.error));
      case 'recreated':
        this.group = message.group;
        this.streams = message.streams;
        return this.answer();
      case 'recreate-failed':
        return this.answer(fromPlainHailoError(message.error));
      case 'closed':
        this.streams = undefined;
        this.isEmpty = true;
        this.isGroupFree = message.isGroupFree;
        return;
    }
    if (this.state === 'closing' || this.state === 'ended') return;
    if (message.kind === 'done') this.events.onDone(message);
    else if (message.kind === 'failed') this.events.onFailed(message.id, fromPlainHailoError(message.error));
    else this.events.onFault(message.what, fromPlainHailoError(message.error), message.goodFrames);
  }

  private answer(error?: Error): void {
    const { awaited } = this;
    this.awaited = undefined;
    if (error) awaited?.reject(error);
    else awaited?.resolve();
  }

  private die(why: string, cause?: unknown): void {
    if (this.state === 'ended') return;
    const { state } = this;
    this.state = 'ended';
    this.lostTrack = !this.isEmpty && state !== 'open';
    if (this.lostTrack) this.streams = undefined;
    void this.worker.terminate();
    const error = new WorkerError(`The network's thread ${why}; it is replaced, the next request works`, { cause });
    this.answer(error);
    if (state === 'open' || state === 'recreating') this.events.onDeath(error);
  }
}

function hangs(): HailoError {
  return new HailoError(
    `Expected the Hailo device to be configured within ${LONGEST_OPENING / 1000} s but it was not: the driver or the device hangs; ` +
      '`dmesg | grep hailo` shows what the driver saw',
  );
}
