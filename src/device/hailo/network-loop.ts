import type { View, ViewResult } from '../device.js';
import { decodeView } from '../request/decode-view.js';
import type { Manifest } from '../../models/manifest.js';
import type { ViewTransform } from '../../image/transform.js';
import { HailoError } from './errors.js';
import { isDeviceLost, Status } from './library/status.js';
import type { NetworkStreams } from './network-streams.js';
import {
  type ConfiguredGroup,
  type FromNetworkThread,
  type ThreadFault,
  type ToNetworkThread,
  toPlainHailoError,
} from './thread-protocol.js';

/** Out of memory on the host, and of memory that the device can reach (hailort-c-api §5). */
const MEMORY = new Set([3, 81]);

type RunMessage = ToNetworkThread & { kind: 'run' };

interface Job {
  request: RunMessage;
  /** [undefined]: the whole picture. */
  views: readonly (View | undefined)[];
  /** The next view to write; those before it are in flight or done. */
  next: number;
  /** Of the views that are done, in order. */
  results: ViewResult[];
  started: number;
  prepare: number;
  decode: number;
  failed: boolean;
}

interface Frame {
  job: Job;
  transform: ViewTransform;
}

/** What there is after a fault, and the group it belongs to. */
export interface RecreatedStreams {
  streams: NetworkStreams;
  group: ConfiguredGroup;
}

export interface LoopPort {
  post(message: FromNetworkThread): void;
  /** The next message that has come in, without waiting. */
  receive(): ToNetworkThread | undefined;
}

/**
 * The life of a network thread once its network is open. The calls of the library block, so messages are fetched between them
 * instead of by the event loop; frames are written ahead while the device computes the ones before (§8.2: first in, first out).
 */
export class NetworkLoop {
  private readonly waiting: Job[] = [];
  private readonly inFlight: Frame[] = [];
  private goodFrames = 0;
  private stopped = false;

  /**
   * @param recreate releases the vstreams and makes them anew
   * @param close releases everything
   */
  constructor(
    private readonly port: LoopPort,
    private readonly manifest: Manifest,
    private readonly depth: number,
    private streams: NetworkStreams,
    private readonly recreate: () => RecreatedStreams,
    private readonly close: () => void,
  ) {}

  /** Works until there is nothing to do; to be called again when a message comes in. @returns false once closed */
  work(): boolean {
    for (;;) {
      for (let message = this.port.receive(); message; message = this.port.receive()) {
        if (!this.take(message)) return false;
      }
      const waits = this.waiting.length > 0 && !this.stopped;
      if (waits && this.inFlight.length < this.depth) this.writeNext();
      else if (this.inFlight.length > 0) this.readOldest();
      else return true;
    }
  }

  /** @returns false when it was the last one */
  take(message: ToNetworkThread): boolean {
    switch (message.kind) {
      case 'run':
        this.waiting.push({
          request: message,
          views: message.views.length > 0 ? message.views : [undefined],
          next: 0,
          results: [],
          started: 0,
          prepare: 0,
          decode: 0,
          failed: false,
        });
        return true;
      case 'recreate':
        this.startAgain();
        return true;
      case 'close':
        this.drain();
        this.close();
        return false;
    }
  }

  private writeNext(): void {
    const job = this.waiting[0] as Job;
    const begun = performance.now();
    if (job.next === 0) job.started = begun;
    let bytes: Uint8Array;
    let transform: ViewTransform;
    try {
      ({ bytes, transform } = this.streams.frames.make(job.request.source, job.views[job.next]));
    } catch (error) {
      this.fail(job, error);
      return;
    }
    job.prepare += performance.now() - begun;
    try {
      this.streams.write(bytes);
    } catch (error) {
      this.fault(error, job, true);
      return;
    }
    this.inFlight.push({ job, transform });
    job.next++;
    if (job.next === job.views.length) this.waiting.shift();
  }

  private readOldest(): void {
    const { job, transform } = this.inFlight[0] as Frame;
    try {
      this.streams.read();
    } catch (error) {
      this.fault(error, job, false);
      return;
    }
    this.inFlight.shift();
    this.goodFrames++;
    if (job.failed) return;
    const begun = performance.now();
    try {
      const { source, options } = job.request;
      const { width, height } = this.manifest.input;
      const picture = { index: 0, count: 1, transform };
      job.results.push(decodeView(this.manifest, this.streams.tensors(), picture, source, { width, height }, options));
    } catch (error) {
      this.fail(job, error);
      return;
    }
    const now = performance.now();
    job.decode += now - begun;
    if (job.results.length < job.views.length) return;
    const { prepare, decode } = job;
    const infer = Math.max(0, now - job.started - prepare - decode);
    this.port.post({ kind: 'done', id: job.request.id, results: job.results, timings: { prepare, infer, decode } });
  }

  /** Its frames in flight are still read, and forgotten. */
  private fail(job: Job, error: unknown): void {
    if (job.failed) return;
    job.failed = true;
    const place = this.waiting.indexOf(job);
    if (place >= 0) this.waiting.splice(place, 1);
    this.port.post({ kind: 'failed', id: job.request.id, error: toPlainHailoError(error) });
  }

  private fault(error: unknown, job: Job, writing: boolean): void {
    const status = error instanceof HailoError ? error.status : undefined;
    // A frame that was not taken leaves the others as they were.
    if (writing && status !== undefined && MEMORY.has(status)) {
      this.fail(job, error);
      return;
    }
    let what: ThreadFault['what'] = 'error';
    if (isDeviceLost(status) !== undefined) what = 'lost';
    else if (status === Status.TIMEOUT) what = 'timeout';
    else if (status !== undefined && MEMORY.has(status)) what = 'memory';

    const flying = this.inFlight.splice(0).map((frame) => frame.job);
    this.stopped = true;
    // Who opened the network fails everything at once, with a better error.
    if (what === 'lost') this.waiting.length = 0;
    else this.sortOut(job, flying, what, error);
    const { goodFrames } = this;
    this.goodFrames = 0;
    this.port.post({ kind: 'fault', what, error: toPlainHailoError(error), goodFrames });
  }

  private sortOut(job: Job, flying: readonly Job[], what: ThreadFault['what'], error: unknown): void {
    // After a timeout nobody knows which frame an answer belongs to: all that are on the way are lost (§8.4).
    for (const lost of what === 'timeout' ? new Set([...flying, job]) : [job]) this.fail(lost, error);
    // What else was on the way is shown to the network again.
    const again = [...new Set(flying)].filter((other) => !other.failed);
    for (const other of [...again, ...this.waiting]) other.next = other.results.length;
    this.waiting.unshift(...again.filter((other) => !this.waiting.includes(other)));
  }

  private startAgain(): void {
    let recreated: RecreatedStreams;
    try {
      recreated = this.recreate();
    } catch (error) {
      this.port.post({ kind: 'recreate-failed', error: toPlainHailoError(error) });
      return;
    }
    this.streams = recreated.streams;
    this.stopped = false;
    this.port.post({ kind: 'recreated', group: recreated.group, streams: this.streams.plain });
  }

  /** Frames on their way are read, so that the group can be used again. A device that does not answer is not waited for twice. */
  private drain(): void {
    if (this.stopped) return;
    try {
      for (; this.inFlight.length > 0; this.inFlight.shift()) this.streams.read();
    } catch {
      // The group is not empty then, which its streams know.
    }
  }
}
