import type { Frame } from '../../../frame/frame.js';
import { SourceError, type FrameAllocator, type FrameStamp } from '../../source.js';
import { decodeSlots, type DecodeSlots, type SlotOwner } from './decode-slots.js';
import type { DetailStart, FromDetailThread, ToDetailThread } from './detail-protocol.js';
import { DetailWorker, type StartDetailThread } from './detail-worker.js';

export interface DetailStreamOptions {
  start: DetailStart;
  pool: FrameAllocator;
  /** Told once per trouble that the stream, or pictures of it, do not come; frames of the other stream are used meanwhile. */
  problem(error: SourceError): void;
  maxMegapixels?: number | undefined;
  /** A picture that takes longer (ms) is done without. Default 3000: ten seconds of 1080p from one key frame to the next. */
  patienceMs?: number | undefined;
  slots?: DecodeSlots | undefined;
  /** The first picture of a connection came (true), or no pictures come until the next one (false). */
  state?: ((comes: boolean) => void) | undefined;
  /** Default: the thread beside this module. */
  startThread?: StartDetailThread | undefined;
  /** From 0 up to 1, for the waits between threads. */
  random?: (() => number) | undefined;
}

interface Request {
  at: number;
  stamp: FrameStamp;
  again: boolean;
  resolve(frame: Frame | undefined): void;
  timer: NodeJS.Timeout;
}

/**
 * A camera's main stream, as the main thread sees it: pictures of moments, decoded on demand in a thread of its own. While there is
 * no thread there are no pictures.
 */
export class DetailStream implements SlotOwner {
  private readonly worker: DetailWorker;
  private readonly slots: DecodeSlots;
  private readonly requests = new Map<number, Request>();
  /** Being filled, by the unit they show. */
  private readonly filling = new Map<number, { frame: Frame; ids: number[] }>();
  /** In somebody's hands, by the unit they show. */
  private readonly out = new Map<number, Frame>();
  private next = 1;
  private closed = false;
  private lossTold = false;
  private missTold = false;

  constructor(private readonly options: DetailStreamOptions) {
    this.slots = options.slots ?? decodeSlots();
    this.worker = new DetailWorker(
      options.start,
      {
        message: (message) => this.receive(message),
        gone: () => this.gone(),
        failed: ({ message, code }) => this.lose(message, code),
      },
      options.startThread,
      options.random,
    );
  }

  /**
   * The picture of a moment, retained: whoever gets it says `giveBack` once. Undefined where there is none in time.
   * @param at ms of the machine's monotonic clock
   * @param stamp of the frame that it belongs to
   */
  at(at: number, stamp: FrameStamp): Promise<Frame | undefined> {
    if (this.closed || !this.worker.running) return Promise.resolve(undefined);
    const id = this.next++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.giveUp(id), this.options.patienceMs ?? 3000);
      this.requests.set(id, { at, stamp, again: false, resolve, timer });
      void this.slots.enter(this).then(() => this.ask(id));
    });
  }

  /** The caller is done with the picture. Its pixels return to the pool when nobody else holds them. */
  giveBack(frame: Frame): void {
    frame.lease.release();
    if (frame.lease.holders > 0) return;
    for (const [unit, other] of this.out) if (other === frame) this.out.delete(unit);
    this.options.pool.recycle(frame);
  }

  rest(): void {
    if (this.requests.size === 0) this.post({ kind: 'rest' });
  }

  /** Ends the thread and its programs, by force after some seconds. At any time, any number of times. */
  async close(): Promise<void> {
    this.closed = true;
    for (const id of [...this.requests.keys()]) this.settle(id, undefined);
    await this.worker.close();
  }

  private ask(id: number): void {
    const request = this.requests.get(id);
    if (request !== undefined) this.post({ kind: 'want', id, at: request.at, again: request.again });
    // It took too long to get a slot.
    else if (this.requests.size === 0) this.rest();
  }

  private receive(message: FromDetailThread): void {
    switch (message.kind) {
      case 'picture':
        this.post({ kind: 'room', unit: message.unit, buffer: this.room(message) });
        return;
      case 'filled':
        this.deliver(message.unit);
        return;
      case 'same':
        this.share(message.id, message.unit);
        return;
      case 'none':
        this.settle(message.id, undefined);
        if (message.why === 'decoder')
          this.miss(message.message ?? 'Expected pictures of the main stream but its decoder gives none');
        return;
      case 'resting':
        if (this.requests.size === 0) this.slots.leave(this);
        return;
      case 'live':
        this.lossTold = false;
        this.options.state?.(true);
        return;
      case 'lost':
        this.lose(message.message, message.code);
        return;
      case 'problem':
        this.tell(message.message, message.code);
    }
  }

  private lose(message: string, code: SourceError['code']): void {
    if (this.closed) return;
    this.options.state?.(false);
    if (!this.lossTold) this.tell(message, code);
    this.lossTold = true;
  }

  private room({ ids, unit, width, height }: FromDetailThread & { kind: 'picture' }): SharedArrayBuffer | undefined {
    const stamp = ids.map((id) => this.requests.get(id)?.stamp).find((found) => found !== undefined);
    const { maxMegapixels = 64, pool } = this.options;
    if (stamp === undefined || this.closed) return undefined;
    if (width * height > maxMegapixels * 1e6) {
      this.miss(`Expected at most ${maxMegapixels} megapixels for the main stream but received ${width}x${height}`);
      for (const id of ids) this.settle(id, undefined);
      return undefined;
    }
    try {
      const frame = pool.acquire({ ...stamp, width, height });
      this.filling.set(unit, { frame, ids });
      return frame.buffer;
    } catch (error) {
      this.miss((error as Error).message);
      for (const id of ids) this.settle(id, undefined);
      return undefined;
    }
  }

  private deliver(unit: number): void {
    const filled = this.filling.get(unit);
    this.filling.delete(unit);
    if (filled === undefined) return;
    const { frame, ids } = filled;
    const waiting = ids.filter((id) => this.requests.has(id));
    // Held while it is handed over, so that nobody's giving back takes it away from the next.
    frame.lease.retain();
    this.out.set(unit, frame);
    for (const id of waiting) {
      frame.lease.retain();
      this.settle(id, frame);
    }
    this.giveBack(frame);
    if (waiting.length > 0) this.missTold = false;
  }

  private share(id: number, unit: number): void {
    const request = this.requests.get(id);
    const frame = this.out.get(unit);
    if (request === undefined) return;
    if (frame !== undefined) {
      frame.lease.retain();
      this.settle(id, frame);
    } else {
      request.again = true;
      this.ask(id);
    }
  }

  private giveUp(id: number): void {
    this.post({ kind: 'forget', id });
    this.settle(id, undefined);
    const { patienceMs = 3000 } = this.options;
    this.miss(`Expected a picture of the main stream within ${patienceMs} ms but received none`);
  }

  private settle(id: number, frame: Frame | undefined): void {
    const request = this.requests.get(id);
    if (request === undefined) return;
    this.requests.delete(id);
    clearTimeout(request.timer);
    request.resolve(frame);
  }

  private miss(message: string): void {
    if (!this.missTold) this.tell(message, 'ALPR_SOURCE');
    this.missTold = true;
  }

  private tell(message: string, code: SourceError['code']): void {
    if (!this.closed)
      this.options.problem(new SourceError(`${message}. Plates are read from the smaller stream meanwhile`, code));
  }

  private gone(): void {
    this.slots.leave(this);
    // The next thread counts its units from the beginning.
    this.out.clear();
    for (const id of [...this.requests.keys()]) this.settle(id, undefined);
    // Only now is nobody writing into them any more.
    for (const { frame } of this.filling.values()) this.options.pool.recycle(frame);
    this.filling.clear();
  }

  private post(message: ToDetailThread): void {
    this.worker.post(message);
  }
}
