import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { diskError } from './download-error.js';
import { replaceFile } from './record.js';

/** What the server said of the file whose beginning is in a part; decides whether the rest may be asked for. */
export interface PartOrigin {
  /** Without credentials and query. */
  url: string;
  etag?: string;
  lastModified?: string;
  /** Bytes of the whole file. */
  total?: number;
}

/**
 * The beginning of a file, `<file>.part`, kept until the rest has come, also over restarts. Bytes are written to their place in
 * the file rather than behind its end, so that nothing shifts whoever else should write there.
 */
export class PartFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private length: number,
    private known: PartOrigin | undefined,
    /** Bytes that an earlier run left. */
    readonly inherited: number,
  ) {}

  /** @throws DownloadError (`disk`) */
  static async open(path: string): Promise<PartFile> {
    try {
      const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return open(path, 'wx+');
      });
      const info = await file.stat();
      if (info.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
      return new PartFile(path, file, info.size, await readOrigin(originPath(path)), info.size);
    } catch (error) {
      throw diskError(error, path);
    }
  }

  /** Bytes so far. */
  get size(): number {
    return this.length;
  }

  /** Where they are from; undefined when nothing is known. */
  get origin(): PartOrigin | undefined {
    return this.known;
  }

  /** Forgets what there is and begins a file of `origin`. */
  async restart(origin?: PartOrigin): Promise<void> {
    try {
      // First the bytes: an origin must never stand beside bytes that are not from there.
      if (this.length > 0) await this.file.truncate(0);
      this.length = 0;
      this.known = origin;
      if (origin === undefined) await rm(originPath(this.path), { force: true });
      else await replaceFile(originPath(this.path), JSON.stringify(origin));
    } catch (error) {
      throw diskError(error, this.path);
    }
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, this.length);
        done += bytesWritten;
        this.length += bytesWritten;
      }
    } catch (error) {
      throw diskError(error, this.path, this.known?.total);
    }
  }

  /** The first bytes, at most `count`. */
  async head(count: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  }

  /** Makes sure that the bytes are on the disk and not only on their way there. */
  async sync(): Promise<void> {
    await this.file.sync().catch((error: unknown) => {
      throw diskError(error, this.path);
    });
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** Takes the file away, after `close`. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true }).catch(() => undefined);
    await this.removeOrigin();
  }

  /** What is left when the part has become the file. */
  async removeOrigin(): Promise<void> {
    await rm(originPath(this.path), { force: true }).catch(() => undefined);
  }
}

function originPath(path: string): string {
  return `${path}.origin`;
}

async function readOrigin(path: string): Promise<PartOrigin | undefined> {
  try {
    const origin = JSON.parse(await readFile(path, 'utf8')) as PartOrigin | null;
    return typeof origin?.url === 'string' ? origin : undefined;
  } catch {
    return undefined;
  }
}
