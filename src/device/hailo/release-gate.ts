const OPEN = 0;
const RELEASING = 1;
const SHUTTING_DOWN = 2;
const SHUT_DOWN = 3;

/**
 * Keeps two calls apart that must not meet (hailort-c-api §8.3): the network thread's release of its vstreams, and the shutdown
 * of their group by the control thread, which is there to end a read or write that the network thread is blocked in.
 */
export class ReleaseGate {
  private readonly state: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.state = new Int32Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  }

  /** The network thread's: does `release` while nobody shuts the group down; waits for a shutdown that has begun. */
  releasing(release: () => void): void {
    let before = Atomics.compareExchange(this.state, 0, OPEN, RELEASING);
    while (before === SHUTTING_DOWN) {
      Atomics.wait(this.state, 0, SHUTTING_DOWN);
      before = Atomics.load(this.state, 0);
    }
    try {
      release();
    } finally {
      // After a shutdown it stays shut: the group is of no use any more.
      Atomics.compareExchange(this.state, 0, RELEASING, OPEN);
    }
  }

  /** The control thread's: does `shutdown` unless the network thread releases at this moment; it then needs none. */
  shuttingDown(shutdown: () => void): boolean {
    if (Atomics.compareExchange(this.state, 0, OPEN, SHUTTING_DOWN) !== OPEN) return false;
    try {
      shutdown();
    } finally {
      Atomics.store(this.state, 0, SHUT_DOWN);
      Atomics.notify(this.state, 0);
    }
    return true;
  }

  /** Whether a shutdown was begun: the group cannot be used again. */
  get isShutDown(): boolean {
    return Atomics.load(this.state, 0) >= SHUTTING_DOWN;
  }
}
