/**
 * Zeroed memory whose address stays: V8 keeps small typed arrays in its own heap, where the garbage collector moves them, but never
 * the bytes of an ArrayBuffer.
 */
export function memory(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size));
}

/** A text as C wants it, with its NUL. */
export function cString(text: string): Buffer {
  const bytes = memory(Buffer.byteLength(text) + 1);
  bytes.write(text);
  return bytes;
}

/** A name in a field of fixed length: up to its NUL, what follows is rubbish (hailort-c-api §3). */
export function readName(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

/** A text with its length in the byte before it; it needs no NUL, and the length may lie. */
export function readCounted(bytes: Buffer, lengthOffset: number, capacity: number): string {
  const start = lengthOffset + 1;
  const length = Math.min(bytes.readUInt8(lengthOffset), capacity);
  return readName(bytes, start, length);
}
