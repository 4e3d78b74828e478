import type { DetailCodec } from './access-unit.js';

/**
 * IVF, the simplest of containers: ffmpeg takes every picture out of it at once, without waiting for the next to begin, and with
 * whatever time it carries.
 */
export function ivfHeader(codec: DetailCodec): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(32, 6);
  header.write(codec === 'h264' ? 'H264' : 'HEVC', 8, 'latin1');
  // Times in half ticks of 90 kHz: rate and scale.
  header.writeUInt32LE(180_000, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/** What stands before a picture's bytes. @param time half ticks of 90 kHz, 0 … 2^53 */
export function ivfFrameHeader(bytes: number, time: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt32LE(bytes, 0);
  header.writeBigUInt64LE(BigInt(Math.round(time)), 4);
  return header;
}
