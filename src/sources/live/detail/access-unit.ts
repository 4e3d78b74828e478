export type DetailCodec = 'h264' | 'hevc';

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
