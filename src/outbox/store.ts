import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OutboxError, systemReason } from './errors.js';
import { decodeMessage, encodeMessage, retainedTopic, type Message } from './kept-message.js';
import { lockFolder } from './lock.js';
import { encodeRecord } from './record.js';
import { Segment } from './segment.js';

/** A file takes no more messages beyond this size, bytes. */
const SEGMENT_BYTES = 256 * 1024;
/** A message of this size (a picture) gets a file of its own, which goes as soon as it is delivered: bytes. */
const LARGE_BYTES = 16 * 1024;
/** Messages waiting to be written, bytes: what a burst may cost in memory. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

interface Entry {
  segment: Segment;
  /** ms since the epoch. */
  time: number;
  offset: number;
  length: number;
  retained: string | undefined;
}

interface Append {
  id: number;
  record: Buffer;
  time: number;
  retained: string | undefined;
  resolve: (id: number) => void;
  reject: (error: Error) => void;
}

interface Settle {
  segment: Segment;
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * Messages on disk, in the order in which they came. `append` resolves when a message is safe; `settle` when a restart would not
 * bring it back. All writing is one after the other; what arrives meanwhile shares the next write and the next fsync.
 */
export class OutboxStore {
  readonly #entries = new Map<number, Entry>();
  /** The waiting retained messages of each topic, oldest first. */
  readonly #retained = new Map<string, number[]>();
  readonly #segments = new Set<Segment>();
  #active: Segment | undefined;
  #appends: Append[] = [];
  #settles: Settle[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #nextId = Date.now() * 1000;
  #closed = false;

  private constructor(
    readonly folder: string,
    private readonly unlock: () => Promise<void>,
  ) {}

  /**
   * Opens a folder, which is made when there is none, with all that an earlier run left in it.
   *
   * @param report told what is damaged; the rest is used
   * @throws OutboxError `ALPR_OUTBOX_LOCKED`, `ALPR_OUTBOX_DISK`
   */
  static async open(path: string, report: (problem: string) => void): Promise<OutboxStore> {
    const folder = resolve(path);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw diskError(`to make the folder ${folder}`, cause);
    }
    const store = new OutboxStore(folder, await lockFolder(folder));
    try {
      await store.#load(report);
    } catch (cause) {
      await store.close();
      throw diskError(`to read the folder ${folder}`, cause);
    }
    return store;
  }

  /** Messages that wait. */
  get size(): number {
    return this.#entries.size;
  }

  /** Bytes of the files with messages that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Ids of the messages that wait, oldest first. */
  ids(): IterableIterator<number> {
    return this.#entries.keys();
  }

  /** When a message was taken, ms since the epoch; undefined when it does not wait (any more). */
  timeOf(id: number): number | undefined {
    return this.#entries.get(id)?.time;
  }

  /** Waiting retained messages of this retained message's topic but for the newest, oldest first. */
  olderRetained(message: Message): number[] {
    const topic = retainedTopic(message);
    return topic === undefined ? [] : (this.#retained.get(topic) ?? []).slice(0, -1);
  }

  /**
   * Keeps a message.
   *
   * @returns its id, once the disk has it; ids grow
   * @throws OutboxError `ALPR_OUTBOX_MESSAGE`; `ALPR_OUTBOX_FULL` when more waits to be written than memory should hold;
   *   `ALPR_OUTBOX_DISK`, and then nothing of it was kept
   */
  async append(message: Message, now = Date.now()): Promise<number> {
    const body = encodeMessage(message);
    if (this.#closed)
      throw new OutboxError('ALPR_OUTBOX_DISK', 'Expected an open outbox but received a message after its end');
    if (this.#waitingBytes + body.length > MAX_WAITING_BYTES && this.#waitingBytes > 0) {
      const text = `Expected at most ${MAX_WAITING_BYTES >> 20} MB that wait for the disk but received more: not kept`;
      throw new OutboxError('ALPR_OUTBOX_FULL', text);
    }
    const id = this.#nextId++;
    const record = encodeRecord(id, now, body);
    this.#waitingBytes += record.length;
    return new Promise((resolve, reject) => {
      this.#appends.push({ id, record, time: now, retained: retainedTopic(message), resolve, reject });
      this.#write();
    });
  }

  /** @returns the message; undefined when it does not wait, or its place on the disk is damaged */
  async read(id: number): Promise<Message | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    try {
      const body = await entry.segment.body(entry);
      return body === undefined ? undefined : decodeMessage(body);
    } catch (cause) {
      if (!this.#entries.has(id)) return undefined;
      throw diskError(`to read a message from ${entry.segment.path}`, cause);
    }
  }

  /**
   * The message is done with. From this call on it does not wait any more; the promise resolves when the disk knows it, too, and
   * its file is deleted when no other message is left in it.
   *
   * @throws OutboxError `ALPR_OUTBOX_DISK`: a restart may bring the message back
   */
  settle(id: number): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return Promise.resolve();
    const { segment, retained } = entry;
    this.#entries.delete(id);
    if (retained !== undefined) {
      const others = this.#retained.get(retained)!.filter((other) => other !== id);
      if (others.length > 0) this.#retained.set(retained, others);
      else this.#retained.delete(retained);
    }
    segment.live -= 1;
    segment.unsaved.push(id);
    this.#count(segment);
    return new Promise((resolve, reject) => {
      this.#settles.push({ segment, resolve, reject });
      this.#write();
    });
  }

  /** Deletes all messages that were handed over so far. @returns how many */
  async clear(): Promise<number> {
    await this.#writing;
    const ids = [...this.#entries.keys()];
    await Promise.all(ids.map((id) => this.settle(id)));
    return ids.length;
  }

  /** Waits for what is being written and gives the folder back. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#writing !== undefined) await this.#writing;
    for (const segment of this.#segments) await segment.close();
    await this.unlock();
  }

  async #load(report: (problem: string) => void): Promise<void> {
    const names = await readdir(this.folder);
    const logs = names.filter((name) => Segment.isName(name)).sort();
    const found: [number, Entry][] = [];
    for (const name of logs) {
      const { segment, messages, damaged } = await Segment.read(this.folder, name);
      if (damaged > 0) {
        report(
          `Expected whole messages in ${join(this.folder, name)} but received ${damaged} bytes that are none: ` +
            'the end of a message that was not taken any more when Node-RED was stopped, or damage of the disk',
        );
      }
      for (const { id, time, offset, length, body } of messages) {
        let retained: string | undefined;
        try {
          retained = retainedTopic(decodeMessage(body));
        } catch {
          // Whole, but not ours: read() says so when its turn comes.
        }
        found.push([id, { segment, time, offset, length, retained }]);
      }
      if (segment.live === 0) await segment.remove();
      else this.#segments.add(segment);
      this.#count(segment);
    }
    // Large messages have files of their own between those of smaller ones.
    for (const [id, entry] of found.sort(([a], [b]) => a - b)) {
      this.#enter(id, entry);
      this.#nextId = Math.max(this.#nextId, id + 1);
    }
    const orphans = names.filter(
      (name) => /^\d{16}\.done$/.test(name) && !logs.includes(name.replace('.done', '.log')),
    );
    for (const name of orphans) await rm(join(this.folder, name), { force: true });
  }

  #enter(id: number, entry: Entry): void {
    this.#entries.set(id, entry);
    const { retained } = entry;
    if (retained !== undefined) this.#retained.set(retained, [...(this.#retained.get(retained) ?? []), id]);
  }

  #write(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#appends.length + this.#settles.length > 0) this.#write();
    });
  }

  async #writeAll(): Promise<void> {
    // Those that are handed over in the same turn of the event loop share one write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#appends.length + this.#settles.length > 0) {
      const settles = this.#settles.splice(0);
      if (settles.length > 0) await this.#writeSettles(settles);
      if (this.#appends.length > 0) await this.#writeAppends();
    }
  }

  /** As many of the waiting messages as go into one file. */
  async #writeAppends(): Promise<void> {
    const batch: Append[] = [];
    let bytes = 0;
    for (const append of this.#appends) {
      const { length } = append.record;
      if (batch.length > 0 && (length >= LARGE_BYTES || bytes + length > SEGMENT_BYTES)) break;
      batch.push(append);
      bytes += length;
      if (length >= LARGE_BYTES) break;
    }
    this.#appends.splice(0, batch.length);
    this.#waitingBytes -= bytes;
    try {
      const isLarge = batch.length === 1 && bytes >= LARGE_BYTES;
      const segment = await this.#segmentFor(bytes, batch[0]!.id, isLarge);
      let offset = segment.size;
      await segment.append(Buffer.concat(batch.map(({ record }) => record)));
      for (const { id, record, time, retained } of batch) {
        this.#enter(id, { segment, time, offset, length: record.length, retained });
        offset += record.length;
        segment.live += 1;
      }
      this.#count(segment);
      if (segment !== this.#active) await segment.close();
      for (const { id, resolve } of batch) resolve(id);
    } catch (cause) {
      const error = diskError(`to keep a message in ${this.folder}`, cause);
      // A new file that took nothing.
      for (const segment of this.#segments) {
        if (segment.size === 0 && !segment.takesMore) await this.#remove(segment).catch(() => undefined);
      }
      for (const { reject } of batch) reject(error);
    }
  }

  /** An open file for so many bytes: the one at hand, or a new one. */
  async #segmentFor(bytes: number, firstId: number, isLarge: boolean): Promise<Segment> {
    const active = this.#active;
    if (!isLarge && active?.takesMore === true && active.size + bytes <= SEGMENT_BYTES) return active;
    const segment = await Segment.create(this.folder, firstId);
    this.#segments.add(segment);
    if (!isLarge) {
      await active?.close();
      this.#active = segment;
    }
    await syncFolder(this.folder);
    return segment;
  }

  async #writeSettles(settles: Settle[]): Promise<void> {
    for (const segment of new Set(settles.map((settle) => settle.segment))) {
      const waiting = settles.filter((settle) => settle.segment === segment);
      try {
        if (segment.live === 0) await this.#remove(segment);
        else await segment.saveSettled();
        for (const { resolve } of waiting) resolve();
      } catch (cause) {
        const error = diskError(`to note in ${this.folder} that a message was delivered`, cause);
        for (const { reject } of waiting) reject(error);
      }
    }
    await syncFolder(this.folder);
  }

  async #remove(segment: Segment): Promise<void> {
    if (segment === this.#active) this.#active = undefined;
    try {
      await segment.remove();
    } catch (error) {
      // The file stays: then at least a restart must not bring its messages back.
      await segment.saveSettled().catch(() => undefined);
      throw error;
    }
    this.#segments.delete(segment);
  }

  #count(segment: Segment): void {
    const now = segment.live > 0 ? segment.size : 0;
    this.#bytes += now - segment.counted;
    segment.counted = now;
  }
}

function diskError(what: string, cause: unknown): OutboxError {
  if (cause instanceof OutboxError) return cause;
  return new OutboxError('ALPR_OUTBOX_DISK', `Expected ${what} but received ${systemReason(cause)}`, { cause });
}

/** Makes the names of files safe, too, where the system can. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // Windows opens no folders.
  }
}
