import type { Frame } from './frame.js';

/**
 * The right to look at one pooled pixel buffer.
 *
 * A function, because functions are the one kind of object that every copier on a message's way passes by reference
 * (lodash cloneDeep, which Node-RED uses where a wire forks). `retain`/`release` count which of our nodes are still working
 * on the frame: sources wait for that count to fall to zero before they send more (back-pressure).
 *
 * Memory returns to the pool when the lease is garbage-collected. While it rests (our nodes had it, none has it now) the pool
 * may also take it for a new frame, longest rest first, once frames fill their budget; reading it then throws. `keep` forbids
 * that: a user's function node that holds a frame back for more than a moment says `msg.frame.lease.keep()` first. Such frames
 * count against the budget until every message with them is forgotten and garbage-collected.
 */
export interface PixelLease {
  (): SharedArrayBuffer;
  /** A node starts to work on the frame. */
  retain(): void;
  /** It has sent its result on. Called once per retain. */
  release(): void;
  /** How many nodes are at it now. */
  readonly holders: number;
  /** The pixels stay for as long as anybody has the frame: for frames that leave the stream, like those of plate events. */
  keep(): void;
  /** Calls back once, when nobody has held the lease for a few turns of the event loop (so that the next node had time to take it). */
  onIdle(callback: () => void): void;
  /**
   * The same moment as the camera's larger stream shows it; undefined where there is no such picture in time. Left out by sources
   * that have one stream only. Whoever looks at it retains its lease meanwhile (src/stages/detail.ts does); all who ask while the
   * frame is in the flow get the same picture.
   * @param atHand only where somebody has asked for it already: nothing is decoded
   */
  detail?: (atHand?: boolean) => Promise<Frame | undefined>;
}
