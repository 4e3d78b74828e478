import type { AccessUnit, DetailCodec } from './access-unit.js';

const packetBytes = 188;
const sync = 0x47;
const videoTypes: Record<number, DetailCodec> = { 0x1b: 'h264', 0x24: 'hevc' };
/** No picture of a camera is larger; what seems to be is damage. */
const largestUnit = 16 * 1024 * 1024;

export interface TsReaderOptions {
  unit(unit: AccessUnit): void;
  /** The stream is of a kind that cannot be decoded here: its number in the standard's table of stream types. */
  unsupported(streamType: number): void;
  /** ms of the machine's monotonic clock. */
  now(): number;
}

interface OpenUnit {
  codec: DetailCodec;
  pts: number;
  key: boolean;
  arrival: number;
  parts: Buffer[];
  bytes: number;
  /** Of the payload; undefined where the packet does not say. */
  expected: number | undefined;
}

/**
 * Cuts an MPEG transport stream (ISO/IEC 13818-1) into access units, as far as ffmpeg writes it: one programme, one video stream,
 * a PES packet per access unit. What is damaged is left out, and reading goes on with the next packet.
 */
export class TsReader {
  /** Bytes that belonged to no packet. */
  skipped = 0;
  private rest: Buffer = Buffer.alloc(0);
  private mapId: number | undefined;
  private video: { id: number; codec: DetailCodec } | undefined;
  private refused: number | undefined;
  private open: OpenUnit | undefined;

  constructor(private readonly options: TsReaderOptions) {}

  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (at + packetBytes <= bytes.length) {
      // A byte that looks like a packet's first counts only when the next packet follows it.
      const next = bytes[at + packetBytes];
      if (bytes[at] !== sync || (next !== undefined && next !== sync)) {
        at++;
        this.skipped++;
        // The picture that was being read lacks something.
        this.open = undefined;
        continue;
      }
      this.packet(bytes.subarray(at, at + packetBytes));
      at += packetBytes;
    }
    this.rest = bytes.subarray(at);
  }

  private packet(packet: Buffer): void {
    const id = ((packet[1]! & 0x1f) << 8) | packet[2]!;
    const starts = (packet[1]! & 0x40) !== 0;
    const damaged = (packet[1]! & 0x80) !== 0;
    const control = (packet[3]! >> 4) & 3;
    const extra = (control & 2) === 0 ? 0 : 1 + packet[4]!;
    if (damaged || (control & 1) === 0 || 4 + extra >= packetBytes) return;
    const payload = packet.subarray(4 + extra);
    if (id === 0) this.association(section(payload, starts));
    else if (id === this.mapId) this.map(section(payload, starts));
    else if (id === this.video?.id) {
      if (starts) this.begin(payload, extra > 1 && (packet[5]! & 0x40) !== 0);
      else this.go(payload);
    }
  }

  /** PAT: where the list of streams is. */
  private association(table: Buffer | undefined): void {
    for (let at = 8; table !== undefined && at + 4 <= table.length; at += 4) {
      if (table.readUInt16BE(at) === 0) continue;
      this.mapId = table.readUInt16BE(at + 2) & 0x1fff;
      return;
    }
  }

  /** PMT: which stream is the video. */
  private map(table: Buffer | undefined): void {
    if (table === undefined || table.length < 12) return;
    let refused: number | undefined;
    for (let at = 12 + (table.readUInt16BE(10) & 0xfff); at + 5 <= table.length;) {
      const type = table[at]!;
      const codec = videoTypes[type];
      if (codec !== undefined) {
        this.video = { id: table.readUInt16BE(at + 1) & 0x1fff, codec };
        return;
      }
      refused ??= type;
      at += 5 + (table.readUInt16BE(at + 3) & 0xfff);
    }
    if (refused === undefined || refused === this.refused) return;
    this.refused = refused;
    this.options.unsupported(refused);
  }

  private begin(payload: Buffer, key: boolean): void {
    this.complete();
    const hasTime = payload.length >= 14 && (payload[7]! & 0x80) !== 0;
    if (payload.length < 9 || payload.readUIntBE(0, 3) !== 1 || !hasTime) return;
    const header = 9 + payload[8]!;
    if (header > payload.length) return;
    const length = payload.readUInt16BE(4);
    this.open = {
      codec: this.video!.codec,
      pts: timeAt(payload, 9),
      key,
      arrival: this.options.now(),
      parts: [],
      bytes: 0,
      expected: length === 0 ? undefined : length + 6 - header,
    };
    this.go(payload.subarray(header));
  }

  private go(payload: Buffer): void {
    const { open } = this;
    if (open === undefined) return;
    open.parts.push(payload);
    open.bytes += payload.length;
    if (open.bytes > largestUnit) this.open = undefined;
    else if (open.expected !== undefined && open.bytes >= open.expected) this.complete();
  }

  /** The end of a unit whose length is not known shows when the next one begins. */
  private complete(): void {
    const { open } = this;
    this.open = undefined;
    if (open === undefined || open.bytes === 0) return;
    const { codec, pts, key, arrival, parts, bytes, expected = bytes } = open;
    if (bytes < expected) return;
    this.options.unit({ codec, pts, key, arrival, data: Buffer.concat(parts, expected) });
  }
}

/** A table that begins in this packet; ffmpeg's fit into one. Without its checksum. */
function section(payload: Buffer, starts: boolean): Buffer | undefined {
  const from = starts ? 1 + payload[0]! : payload.length;
  if (from + 3 > payload.length) return undefined;
  const length = payload.readUInt16BE(from + 1) & 0xfff;
  const end = from + 3 + length - 4;
  return end > payload.length ? undefined : payload.subarray(from, end);
}

/** Five bytes: 33 bits between marker bits. Above 2^32, so not with shifts alone. */
function timeAt(bytes: Buffer, at: number): number {
  const high = (bytes[at]! >> 1) & 7;
  const middle = bytes.readUInt16BE(at + 1) >> 1;
  const low = bytes.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}
