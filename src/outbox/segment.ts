import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSettled, recordBody, scanRecords, scanSettled, type RecordPlace } from './record.js';

/** `<id of the first message>.log`, so that their names sort by age. */
const NAME = /^\d{16}\.log$/;

/**
 * One file of messages, and one beside it (`.done`) with the ids of those that are settled while others are not. Messages are
 * only ever added at the end; the files go when all of them are settled.
 */
export class Segment {
  /** Bytes that are safely on the disk. */
  size = 0;
  /** Messages in it that are not settled. */
  live = 0;
  /** What the store has counted of it, bytes. */
  counted = 0;
  /** Settled ids that the `.done` file does not have yet. */
  unsaved: number[] = [];
  #file: FileHandle | undefined;
  #hasDone = false;

  private constructor(readonly path: string) {}

  static isName(name: string): boolean {
    return NAME.test(name);
  }

  /** A new, empty one that takes messages. */
  static async create(folder: string, firstId: number): Promise<Segment> {
    const segment = new Segment(join(folder, `${String(firstId).padStart(16, '0')}.log`));
    segment.#file = await open(segment.path, 'wx', 0o600);
    return segment;
  }

  /**
   * One that was left by an earlier run; it takes no more messages.
   *
   * @returns its messages that are not settled, with their bodies for the caller to look at, and the bytes that are none
   */
  static async read(
    folder: string,
    name: string,
  ): Promise<{ segment: Segment; messages: (RecordPlace & { body: Buffer })[]; damaged: number }> {
    const segment = new Segment(join(folder, name));
    const bytes = await readFile(segment.path);
    const done = await readFile(segment.#donePath).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    segment.#hasDone = done !== undefined;
    const settled = new Set(done === undefined ? [] : scanSettled(done));
    const { records, damaged } = scanRecords(bytes);
    const messages = records
      .filter(({ id }) => !settled.has(id))
      .map((place) => ({ ...place, body: recordBody(bytes, place.offset)! }));
    segment.size = bytes.length;
    segment.live = messages.length;
    return { segment, messages, damaged };
  }

  /** False once it has been closed. */
  get takesMore(): boolean {
    return this.#file !== undefined;
  }

  /** Adds records and waits until the disk has them. When that fails the file is as before and takes nothing more. */
  async append(records: Buffer): Promise<void> {
    const file = this.#file!;
    try {
      let written = 0;
      while (written < records.length) {
        const { bytesWritten } = await file.write(records, written, records.length - written, this.size + written);
        written += bytesWritten;
      }
      await file.datasync();
      this.size += records.length;
    } catch (error) {
      await file.truncate(this.size).catch(() => undefined);
      await this.close();
      throw error;
    }
  }

  /** The body of a record; undefined when the file does not hold it whole any more. */
  async body({ offset, length }: { offset: number; length: number }): Promise<Buffer | undefined> {
    const file = await open(this.path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      return bytesRead === length ? recordBody(bytes, 0) : undefined;
    } finally {
      await file.close();
    }
  }

  /** Writes down which messages are settled, so that a restart does not bring them back. */
  async saveSettled(): Promise<void> {
    const ids = this.unsaved;
    if (ids.length === 0) return;
    const file = await open(this.#donePath, 'a', 0o600);
    try {
      this.#hasDone = true;
      await file.writeFile(encodeSettled(ids));
      await file.datasync();
    } finally {
      await file.close();
    }
    this.unsaved = this.unsaved.slice(ids.length);
  }

  /** Deletes the files: messages first, so that what is left for a moment knows no message. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    if (this.#hasDone) await rm(this.#donePath, { force: true });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  get #donePath(): string {
    return this.path.replace(/\.log$/, '.done');
  }
}
