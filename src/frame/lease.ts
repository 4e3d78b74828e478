/**
 * The right to look at one pooled pixel buffer.
 *
 * A function, because functions are the one kind of object that every copier on a message's way passes by reference
 * (lodash cloneDeep, which Node-RED uses where a wire forks). `retain`/`release` count which of our nodes are still working
 * on the frame: sources wait for that count to fall to zero before they send more (back-pressure). They do not free memory:
 * a user's node may keep a frame for as long as it likes. Memory returns to the pool when the lease is garbage-collected.
 */
export interface PixelLease {
  (): SharedArrayBuffer;
  /** A node starts to work on the frame. */
  retain(): void;
  /** It has sent its result on. Called once per retain. */
  release(): void;
  /** How many nodes are at it now. */
  readonly holders: number;
  /** Calls back once, when nobody has held the lease for a few turns of the event loop (so that the next node had time to take it). */
  onIdle(callback: () => void): void;
}
