import type { PixelLease } from './lease.js';

/**
 * Turns of the event loop without a holder after which a frame counts as idle. Node-RED delivers each wire in a setImmediate of
 * its own, so a frame on its way through a few quick nodes of the user's is between holders for that many turns.
 */
const IDLE_TURNS = 8;

/** What a lease is made of. It must never refer to the lease itself, or that would not be garbage-collected. */
export interface LeaseState {
  /** Undefined once the pixels were taken back. */
  buffer: SharedArrayBuffer | undefined;
  /** For the error that a late reader gets. */
  frameId: string;
  holders: number;
  /** Counts every retain and release: tells whether anything happened since a turn ago. */
  changes: number;
  waiting: (() => void)[];
  isCounting: boolean;
  /** Never taken back while somebody has the frame. */
  kept: boolean;
  /** One of our nodes has held it at some time. */
  wasHeld: boolean;
  /** `performance.now()` of when it became idle; undefined while it is used, and before anybody held it. */
  restingSince: number | undefined;
  /** Tells the pool that `restingSince` or `kept` changed. */
  readonly onRest: (state: LeaseState) => void;
}

/** What reading recycled pixels throws. */
export class FrameRecycledError extends Error {
  readonly code = 'ALPR_FRAME_RECYCLED';

  constructor(frameId: string) {
    super(
      `Expected pixels that are in use for frame ${frameId} but received a frame whose pixels were recycled: ` +
        'it was held up for too long between two nodes (msg.frame.lease.keep() in a function node keeps it)',
    );
    this.name = 'FrameRecycledError';
  }
}

/** A lease on `state.buffer`; see PixelLease for what its members promise. */
export function createLease(state: LeaseState): PixelLease {
  const lease = (): SharedArrayBuffer => {
    if (state.buffer === undefined) throw new FrameRecycledError(state.frameId);
    return state.buffer;
  };
  const members: Omit<PixelLease, 'holders'> = {
    retain: () => {
      state.holders++;
      state.changes++;
      state.wasHeld = true;
      if (state.restingSince === undefined) return;
      state.restingSince = undefined;
      state.onRest(state);
    },
    release: () => {
      if (state.holders > 0) state.holders--;
      state.changes++;
      if (state.holders === 0) countTurns(state);
    },
    keep: () => {
      state.kept = true;
      state.onRest(state);
    },
    onIdle: (callback) => {
      state.waiting.push(callback);
      if (state.holders === 0) countTurns(state);
    },
  };
  Object.defineProperty(lease, 'holders', { get: () => state.holders, enumerable: true });
  return Object.assign(lease, members) as PixelLease;
}

/** Calls everybody back who waits for the frame to become idle. */
export function announceIdle(state: LeaseState): void {
  const waiting = state.waiting;
  state.waiting = [];
  for (const callback of waiting) {
    try {
      callback();
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function countTurns(state: LeaseState): void {
  if (state.isCounting) return;
  state.isCounting = true;
  let quietTurns = 0;
  let seenChanges = state.changes;
  const turn = (): void => {
    if (state.holders > 0) {
      // The release that follows starts anew.
      state.isCounting = false;
      return;
    }
    quietTurns = state.changes === seenChanges ? quietTurns + 1 : 0;
    seenChanges = state.changes;
    if (quietTurns < IDLE_TURNS) {
      setImmediate(turn);
      return;
    }
    state.isCounting = false;
    // Only now, not at the release: turns pass when the event loop runs, time also when somebody blocks it.
    if (state.wasHeld) {
      state.restingSince = performance.now();
      state.onRest(state);
    }
    announceIdle(state);
  };
  setImmediate(turn);
}
