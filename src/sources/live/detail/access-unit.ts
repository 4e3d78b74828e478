export type DetailCodec = 'h264' | 'hevc';

const startCode = Buffer.from([0, 0, 1]);

/** Everything that one picture is decoded from, as the camera sent it. */
export interface AccessUnit {
  codec: DetailCodec;
  /** Presentation time, 90 kHz, 33 bit: wraps every 26.5 hours. */
  pts: number;
  /** A decoder can start here. */
  key: boolean;
  /** Annex B. */
  data: Buffer;
  /** ms of the machine's monotonic clock: when the first byte of it was read. */
  arrival: number;
}

/**
 * What a unit says of the pictures that follow: its sequence parameter sets, as text to compare. Empty for units that say nothing.
 * They stand before the picture itself.
 */
export function sequenceOf({ codec, data }: Pick<AccessUnit, 'codec' | 'data'>): string {
  let found = '';
  for (let at = data.indexOf(startCode); at >= 0 && at + 4 < data.length;) {
    const next = data.indexOf(startCode, at + 3);
    const kind = codec === 'h264' ? data[at + 3]! & 0x1f : (data[at + 3]! >> 1) & 0x3f;
    const isPicture = codec === 'h264' ? kind >= 1 && kind <= 5 : kind < 32;
    if (isPicture) break;
    if (kind === (codec === 'h264' ? 7 : 33)) found += data.toString('latin1', at + 3, next < 0 ? data.length : next);
    at = next;
  }
  // Zeros before a start code belong to none.
  return found.replace(/\0+$/, '');
}
