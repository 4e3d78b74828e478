/** Why there is no picture. `early`: nothing has been received yet; `late`: what was asked for is no longer kept; `gap`: the stream lacks that moment. */
export type NoPicture = 'early' | 'late' | 'gap' | 'lost' | 'decoder';

/** Where the supply's answers go. */
export interface SupplyReplies {
  none(id: number, why: NoPicture, message?: string): void;
  /** The picture that was given for this unit lately is the right one. */
  same(id: number, unit: number): void;
  /** A picture for these requests; undefined when nobody wants it any more. `error`: ms that it was taken later than asked for. */
  picture(ids: number[], unit: number, width: number, height: number, error: number): Promise<Uint8Array | undefined>;
  filled(unit: number): void;
  /** The decoder has ended; the next request starts it anew. */
  resting(): void;
}
