export interface ProtobufField {
  field: number;
  /** Varints as bigint, texts and messages as bytes; numbers of fixed width are skipped over, as no header has any. */
  value: bigint | Buffer | undefined;
}

const LONGEST_VARINT = 10;

/** Reads the fields of a protobuf message one by one and believes no length in it. */
export class ProtobufReader {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  /**
   * The next field, or undefined at the end.
   * @throws Error when the message is damaged or goes on behind its end
   */
  next(): ProtobufField | undefined {
    if (this.offset >= this.bytes.length) return undefined;
    const tag = this.varint();
    const field = Number(tag >> 3n);
    if (field < 1 || field > 0x1fffffff) throw new Error(`no field has number ${field}`);
    switch (tag & 7n) {
      case 0n:
        return { field, value: this.varint() };
      case 1n:
        this.take(8n);
        return { field, value: undefined };
      case 2n:
        return { field, value: this.take(this.varint()) };
      case 5n:
        this.take(4n);
        return { field, value: undefined };
      default:
        throw new Error(`no field has type ${tag & 7n}`);
    }
  }

  private varint(): bigint {
    let value = 0n;
    for (let index = 0; index < LONGEST_VARINT; index++) {
      const byte = this.bytes[this.offset];
      if (byte === undefined) throw new Error('a number goes on behind the end');
      this.offset++;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error('a number is too long');
  }

  private take(length: bigint): Buffer {
    const end = BigInt(this.offset) + length;
    if (end > this.bytes.length) throw new Error('a field goes on behind the end');
    const taken = this.bytes.subarray(this.offset, Number(end));
    this.offset = Number(end);
    return taken;
  }
}
