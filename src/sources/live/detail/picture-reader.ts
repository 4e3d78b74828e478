/** Where a picture's pixels are written to; RGB, exactly as large as the picture. */
export type PictureSink = (width: number, height: number) => Target | Promise<Target>;
export type Target = Uint8Array | undefined;

export interface PictureReaderOptions {
  /** A picture begins. Without a target its pixels are thrown away; while a promise is waited for, `paused` is true. */
  begin: PictureSink;
  end(): void;
  /** What comes is no picture. */
  fail(message: string): void;
  /** Bytes may be pushed again. */
  resume(): void;
}

const longestHeader = 32;

/** Reads pictures in the format PPM (P6, 8 bits), one after the other, as they come out of a pipe. */
export class PictureReader {
  private readonly chunks: Buffer[] = [];
  private target: Uint8Array | undefined;
  private left = 0;
  private filled = 0;
  private waiting = false;
  private closed = false;

  constructor(private readonly options: PictureReaderOptions) {}

  /** True while a target is waited for. */
  get paused(): boolean {
    return this.waiting;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.go();
  }

  close(): void {
    this.closed = true;
    this.chunks.length = 0;
  }

  private go(): void {
    while (!this.closed && !this.waiting && this.chunks.length > 0) {
      if (this.left === 0) {
        if (!this.header()) return;
      } else this.fill();
    }
  }

  /** @returns false when more bytes are needed for it */
  private header(): boolean {
    if (this.chunks.length > 1 && this.chunks[0]!.length < longestHeader)
      this.chunks.splice(0, this.chunks.length, Buffer.concat(this.chunks));
    const first = this.chunks[0]!;
    const match = /^P6\s(\d{1,5})\s(\d{1,5})\s255\s/.exec(first.toString('latin1', 0, longestHeader));
    if (match === null) {
      if (first.length < longestHeader) return false;
      this.close();
      this.options.fail('sent something that is no picture');
      return false;
    }
    this.drop(match[0].length);
    const [width, height] = [Number(match[1]), Number(match[2])];
    this.left = width * height * 3;
    this.filled = 0;
    this.target = undefined;
    const target = this.options.begin(width, height);
    if (target instanceof Promise) {
      this.waiting = true;
      void target.then((pixels) => {
        this.waiting = false;
        this.target = pixels;
        this.go();
        if (!this.waiting) this.options.resume();
      });
    } else this.target = target;
    return true;
  }

  private fill(): void {
    const first = this.chunks[0]!;
    const count = Math.min(first.length, this.left);
    this.target?.set(first.subarray(0, count), this.filled);
    this.filled += count;
    this.left -= count;
    this.drop(count);
    if (this.left === 0) this.options.end();
  }

  private drop(bytes: number): void {
    const first = this.chunks[0]!;
    if (bytes >= first.length) this.chunks.shift();
    else this.chunks[0] = first.subarray(bytes);
  }
}
