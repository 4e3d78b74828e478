import { availableParallelism } from 'node:os';

/** Somebody who holds a slot, or waits for one. */
export interface SlotOwner {
  /** Another waits: let go of the slot as soon as it is not needed. */
  rest(): void;
}

/** How many main streams are decoded at once. Who has a slot keeps it until nobody asked for a while, or until another waits and it is free. */
export class DecodeSlots {
  /** Least recently used first. */
  private readonly owners = new Set<SlotOwner>();
  private readonly waiting = new Map<SlotOwner, () => void>();

  constructor(private readonly limit: number) {}

  get taken(): number {
    return this.owners.size;
  }

  /** Resolves when the owner has a slot: at once if it has one, else when one is free. */
  enter(owner: SlotOwner): Promise<void> {
    if (this.owners.delete(owner) || this.owners.size < this.limit) {
      this.owners.add(owner);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const before = this.waiting.get(owner);
      this.waiting.set(owner, () => {
        before?.();
        resolve();
      });
      for (const other of this.owners) other.rest();
    });
  }

  /** Gives the slot back, and a place in the queue up. Those who waited with this owner go on without a slot. */
  leave(owner: SlotOwner): void {
    const waited = this.waiting.get(owner);
    this.waiting.delete(owner);
    waited?.();
    if (!this.owners.delete(owner)) return;
    const [next] = this.waiting;
    if (next === undefined) return;
    this.waiting.delete(next[0]);
    this.owners.add(next[0]);
    next[1]();
  }
}

let shared: DecodeSlots | undefined;

/** Of the process: as many as there are cores, two at least. */
export function decodeSlots(): DecodeSlots {
  shared ??= new DecodeSlots(Math.max(2, availableParallelism()));
  return shared;
}
