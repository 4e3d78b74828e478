/** A piece of an RTSP connection over TCP: a message as text, or a packet behind `$` (RFC 2326, section 10.12). */
export interface RtspUnit {
  kind: 'message' | 'packet';
  bytes: Buffer;
}

const dollar = 0x24;
const packetHeader = 4;
const headEnd = Buffer.from('\r\n\r\n');

/** Cuts one direction of a connection into messages and packets, however TCP delivers it. */
export class InterleavedSplitter {
  private rest: Buffer = Buffer.alloc(0);

  /** Units that are complete by now. */
  push(chunk: Buffer): RtspUnit[] {
    let rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const units: RtspUnit[] = [];
    for (;;) {
      const kind = rest[0] === dollar ? 'packet' : 'message';
      const length = kind === 'packet' ? packetLength(rest) : messageLength(rest);
      if (length === undefined || rest.length < length) break;
      units.push({ kind, bytes: rest.subarray(0, length) });
      rest = rest.subarray(length);
    }
    this.rest = rest;
    return units;
  }
}

function packetLength(bytes: Buffer): number | undefined {
  return bytes.length < packetHeader ? undefined : packetHeader + bytes.readUInt16BE(2);
}

function messageLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  return end + headEnd.length + Number(/^content-length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
}

/**
 * Where the picture's bytes of an RTP packet begin, counted from its `$`: behind the RTP header and the first two bytes of the
 * payload, which say what kind of NAL unit it is. Undefined for RTCP and for packets too short to hold any.
 */
export function pictureStart(packet: Buffer): number | undefined {
  const channel = packet[1]!;
  if (channel % 2 === 1 || packet.length < packetHeader + 12) return undefined;
  const contributors = packet[packetHeader]! & 0x0f;
  const extended = (packet[packetHeader]! & 0x10) !== 0;
  let start = packetHeader + 12 + 4 * contributors;
  if (extended) start += packet.length < start + 4 ? 4 : 4 + 4 * packet.readUInt16BE(start + 2);
  start += 2;
  return start < packet.length ? start : undefined;
}
