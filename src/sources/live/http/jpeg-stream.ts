import { ByteCollector } from './byte-collector.js';
import { JpegWalker } from './jpeg-walker.js';

/** A picture as the camera sent it. */
export interface EncodedPicture {
  bytes: Buffer;
  /** When its first byte came, ms since the epoch. */
  arrived: number;
  /** False where it has no end of its own and is to be looked at more strictly. */
  whole: boolean;
}

export interface JpegStreamEvents {
  picture(picture: EncodedPicture): void;
  /** A picture that is lost; says what came instead of a whole one. */
  damaged(received: string): void;
}

/** Longest boundary that counts as one: RFC 2046 allows 70 characters, and there is room for spaces and more dashes. */
const longestBoundary = 200;
/** Pictures that may follow another without a boundary before the stream counts as one without boundaries. */
const patience = 8;
/** Bytes; no picture is smaller. Of the loss of less nobody is told: 64 KiB may hold 32,000 starts of pictures. */
const smallest = 100;
const startMarker = Buffer.from([0xff, 0xd8]);
const endMarker = Buffer.from([0xff, 0xd9]);

/**
 * Takes the pictures out of multipart/x-mixed-replace as cameras really send it. The pictures' own structure says where they end; lengths and
 * the declared boundary are not needed, and so cannot be wrong. Boundary lines (any line that begins with `--`) are only used to pass
 * over what else a part holds behind its picture, such as a preview in another size. Works as well on pictures one after the other.
 *
 * Memory: one picture of at most `maxBytes`.
 */
export class JpegStream {
  /** Bytes that came in all. */
  bytes = 0;
  private walker: JpegWalker | undefined;
  private readonly collected: ByteCollector;
  private arrived = 0;

  private usesBoundaries = false;
  private boundarySeen = false;
  private passedOver = 0;
  private previous = 0;
  private lineLength = 0;
  private lineHasDashes = true;

  constructor(
    private readonly events: JpegStreamEvents,
    private readonly maxBytes: number,
  ) {
    this.collected = new ByteCollector(maxBytes);
  }

  /** @param arrived when these bytes came, ms since the epoch */
  write(chunk: Buffer, arrived: number): void {
    this.bytes += chunk.length;
    let position = 0;
    while (position < chunk.length) {
      position = this.walker ? this.follow(this.walker, chunk, position) : this.search(chunk, position);
      // A start was found, whose two bytes may lie in two chunks.
      if (this.walker && this.collected.size === 0) {
        this.arrived = arrived;
        this.collected.add(startMarker);
      }
    }
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.walker) this.cutOff(this.collected.size);
  }

  private follow(walker: JpegWalker, chunk: Buffer, from: number): number {
    const found = walker.walk(chunk, from);
    const end = found?.at ?? chunk.length;
    if (!this.collected.add(chunk.subarray(from, end))) {
      this.events.damaged(`one of more than ${Math.round(this.maxBytes / 1024)} KiB`);
      this.startGap();
      return end;
    }
    if (found?.kind === 'end') {
      this.events.picture({ bytes: this.collected.take(), arrived: this.arrived, whole: true });
      this.startGap();
    } else if (found?.kind === 'start') {
      this.cutOff(this.collected.size - 2);
      this.walker = new JpegWalker();
    }
    return end;
  }

  /**
   * The picture's end marker did not come. Some cameras never send one: where a boundary follows, the picture is what lies before it,
   * and the decoder says whether its pixels are all there.
   */
  private cutOff(size: number): void {
    const bytes = this.collected.take(size);
    const boundary = bytes.lastIndexOf('\n--');
    if (size < smallest) {
      // Nothing was lost.
    } else if (boundary < 0) {
      this.events.damaged(`one that is cut off after ${size} bytes`);
    } else {
      const end = bytes[boundary - 1] === 0x0d ? boundary - 1 : boundary;
      const picture = Buffer.concat([bytes.subarray(0, end), endMarker]);
      this.events.picture({ bytes: picture, arrived: this.arrived, whole: false });
    }
    this.startGap();
  }

  /** Looks for the next picture's start; what lies before it is not kept. */
  private search(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === 0xd8 && this.previous === 0xff && this.mayStart()) {
        this.usesBoundaries = this.boundarySeen;
        this.walker = new JpegWalker();
        return i + 1;
      }
      this.previous = byte;
      this.noteLine(byte);
    }
    return chunk.length;
  }

  private mayStart(): boolean {
    if (!this.usesBoundaries || this.boundarySeen) return true;
    this.passedOver++;
    return this.passedOver > patience;
  }

  private noteLine(byte: number): void {
    const isText = (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x09;
    if (isText) {
      if (this.lineLength < 2) this.lineHasDashes &&= byte === 0x2d;
      this.lineLength++;
      return;
    }
    const isBoundary = this.lineHasDashes && this.lineLength > 2 && this.lineLength <= longestBoundary;
    if (byte === 0x0a && isBoundary) this.boundarySeen = true;
    this.startLine();
  }

  private startGap(): void {
    this.walker = undefined;
    this.collected.clear();
    this.boundarySeen = false;
    this.passedOver = 0;
    this.previous = 0;
    this.startLine();
  }

  private startLine(): void {
    this.lineLength = 0;
    this.lineHasDashes = true;
  }
}
