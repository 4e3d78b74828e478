import { crc32 } from './crc32.js';

/**
 * A message in a segment file, little-endian: the four bytes of `MAGIC`, CRC-32 of all that follows it, length of the body
 * (uint32), id (uint64), time (float64, ms since the epoch), body.
 */
const MAGIC = Buffer.from('PFO1', 'latin1');
const HEADER = 28;

/** A settled message in the `.done` file of its segment: id (uint64) and CRC-32 of it. */
const SETTLED = 12;

export interface RecordPlace {
  id: number;
  /** ms since the epoch. */
  time: number;
  /** Of the record in its file, header included. */
  offset: number;
  length: number;
}

export function encodeRecord(id: number, time: number, body: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(HEADER + body.length);
  MAGIC.copy(record, 0);
  record.writeUInt32LE(body.length, 8);
  record.writeBigUInt64LE(BigInt(id), 12);
  record.writeDoubleLE(time, 20);
  record.set(body, HEADER);
  record.writeUInt32LE(crc32(record.subarray(8)), 4);
  return record;
}

/** The body of a record that begins at `offset`; undefined when it is not whole. */
export function recordBody(bytes: Buffer, offset: number): Buffer | undefined {
  const place = placeAt(bytes, offset);
  return place === undefined ? undefined : bytes.subarray(offset + HEADER, offset + place.length);
}

/**
 * All whole records of a file. What is damaged is stepped over to the next record, so that one bad sector costs what was written
 * there and nothing behind it.
 *
 * @returns the records and how many bytes belong to none
 */
export function scanRecords(bytes: Buffer): { records: RecordPlace[]; damaged: number } {
  const records: RecordPlace[] = [];
  let damaged = 0;
  let offset = 0;
  while (offset < bytes.length) {
    const place = placeAt(bytes, offset);
    if (place !== undefined) {
      records.push(place);
      offset += place.length;
      continue;
    }
    const next = bytes.indexOf(MAGIC, offset + 1);
    const end = next === -1 ? bytes.length : next;
    damaged += end - offset;
    offset = end;
  }
  return { records, damaged };
}

function placeAt(bytes: Buffer, offset: number): RecordPlace | undefined {
  if (bytes.length - offset < HEADER || bytes.compare(MAGIC, 0, 4, offset, offset + 4) !== 0) return undefined;
  const length = HEADER + bytes.readUInt32LE(offset + 8);
  if (offset + length > bytes.length) return undefined;
  if (crc32(bytes.subarray(offset + 8, offset + length)) !== bytes.readUInt32LE(offset + 4)) return undefined;
  const id = Number(bytes.readBigUInt64LE(offset + 12));
  return { id, time: bytes.readDoubleLE(offset + 20), offset, length };
}

export function encodeSettled(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * SETTLED);
  ids.forEach((id, index) => {
    const start = index * SETTLED;
    bytes.writeBigUInt64LE(BigInt(id), start);
    bytes.writeUInt32LE(crc32(bytes.subarray(start, start + 8)), start + 8);
  });
  return bytes;
}

/** Ids in a `.done` file. A write that was cut short shifts what follows: every place is tried. */
export function scanSettled(bytes: Buffer): number[] {
  const ids: number[] = [];
  for (let start = 0; start + SETTLED <= bytes.length;) {
    if (crc32(bytes.subarray(start, start + 8)) === bytes.readUInt32LE(start + 8)) {
      ids.push(Number(bytes.readBigUInt64LE(start)));
      start += SETTLED;
    } else start += 1;
  }
  return ids;
}
