import { OutboxError } from './errors.js';

/** A Node-RED message, or any object like it. */
export type Message = Record<string, unknown>;

/**
 * What is not kept: connections of http in, which no other process can answer; pixels and lists of the frame, which delivery does
 * not need and which would keep more of people than the message is about; the mark of an outbox.
 */
const LEFT_OUT = new Set([
  ...['req', 'res', 'frame', 'vehicles', 'plates', 'timings', 'tracker', 'departed', '_alprOutbox'],
  ...['error', 'statusCode', 'responseUrl', 'redirectList', 'responseCookies'],
]);

/** Deeper than any message people build, shallower than the stack. */
const MAX_DEPTH = 100;

interface Part {
  path: (string | number)[];
  length: number;
}

/**
 * A message as bytes: the length of a JSON text (uint32, little-endian), the text, then the bytes of every Buffer in it, so that a
 * JPEG comes back as it was. Everything else comes back as JSON keeps it (a Date as text, no functions).
 *
 * @throws OutboxError `ALPR_OUTBOX_MESSAGE` for what JSON cannot carry: circles, BigInt, depth beyond 100
 */
export function encodeMessage(message: Message): Buffer {
  const parts: Part[] = [];
  const blobs: Uint8Array[] = [];
  const parents = new Set<object>();

  const plain = (value: unknown, path: (string | number)[]): unknown => {
    if (typeof value === 'bigint') throw refused(path, 'a bigint');
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Uint8Array) {
      parts.push({ path, length: value.byteLength });
      blobs.push(value);
      return null;
    }
    const { toJSON } = value as { toJSON?: () => unknown };
    if (typeof toJSON === 'function') return value;
    if (parents.has(value)) throw refused(path, 'a part that contains itself');
    if (path.length > MAX_DEPTH) throw refused(path.slice(0, 3), `more than ${MAX_DEPTH} levels`);
    parents.add(value);
    const copy = Array.isArray(value)
      ? value.map((entry, index) => plain(entry, [...path, index]))
      : Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry, [...path, key])]));
    parents.delete(value);
    return copy;
  };

  const kept = Object.fromEntries(Object.entries(message).filter(([key]) => !LEFT_OUT.has(key)));
  let text: string;
  try {
    text = JSON.stringify({ message: plain(kept, []), parts });
  } catch (cause) {
    if (cause instanceof OutboxError) throw cause;
    // A toJSON of the user's, or a value it gave.
    throw refused([], `${(cause as Error).message}`, cause);
  }
  const json = Buffer.from(text, 'utf8');
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(json.length, 0);
  return Buffer.concat([length, json, ...blobs]);
}

/**
 * The message again, a new object at every call.
 *
 * @throws Error when the bytes were not made by `encodeMessage`
 */
export function decodeMessage(bytes: Buffer): Message {
  const end = 4 + bytes.readUInt32LE(0);
  const { message, parts } = JSON.parse(bytes.toString('utf8', 4, end)) as { message: Message; parts: Part[] };
  let offset = end;
  for (const { path, length } of parts) {
    let holder: Record<string | number, unknown> = message;
    for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
    // A copy: the message outlives the segment that was read.
    holder[path.at(-1)!] = Buffer.from(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return message;
}

/** Of a retained message its topic: a newer one takes the place of an older one that waits. */
export function retainedTopic({ retain, topic }: Message): string | undefined {
  return (retain === true || retain === 'true') && typeof topic === 'string' && topic !== '' ? topic : undefined;
}

function refused(path: (string | number)[], received: string, cause?: unknown): OutboxError {
  const where = ['msg', ...path].join('.');
  const text = `Expected only what JSON and Buffers can carry in ${where} but received ${received}; nothing was kept`;
  return new OutboxError('ALPR_OUTBOX_MESSAGE', text, cause === undefined ? {} : { cause });
}
