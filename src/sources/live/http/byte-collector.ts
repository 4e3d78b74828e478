/** Puts chunks together in one growing buffer: a camera that sends single bytes must not cost an object for each. */
export class ByteCollector {
  /** Bytes so far. */
  size = 0;
  private bytes: Buffer = Buffer.alloc(0);
  private lastSize = 64 * 1024;

  constructor(private readonly maxBytes: number) {}

  /** @returns false, and keeps nothing of it, when that would be more than may be */
  add(chunk: Uint8Array): boolean {
    const needed = this.size + chunk.length;
    if (needed > this.maxBytes) return false;
    if (needed > this.bytes.length) {
      // Pictures of one camera are about as large as each other: mostly this is the only buffer of a picture.
      const capacity = Math.min(this.maxBytes, Math.max(needed, 2 * this.size, Math.ceil(this.lastSize * 1.25)));
      const larger = Buffer.allocUnsafeSlow(capacity);
      larger.set(this.bytes.subarray(0, this.size));
      this.bytes = larger;
    }
    this.bytes.set(chunk, this.size);
    this.size = needed;
    return true;
  }

  /** The first bytes of what was collected, which is theirs from now on; the next ones begin anew. */
  take(size = this.size): Buffer {
    const taken = this.bytes.subarray(0, size);
    this.lastSize = Math.max(size, 1024);
    this.bytes = Buffer.alloc(0);
    this.size = 0;
    return taken;
  }

  clear(): void {
    this.size = 0;
  }
}
