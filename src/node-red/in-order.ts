/** What `InOrder.take` gives out: call it once, when the work is done. */
export type Delivery = (deliver: () => void) => void;

interface Slot {
  deliver: (() => void) | undefined;
}

/**
 * Work of one key may finish in any order; what it delivers leaves in the order in which the places were taken.
 * Keys (camera ids) do not wait for each other, and a key without open places costs no memory.
 */
export class InOrder {
  private readonly lines = new Map<string, Slot[]>();

  /** Takes a place in the line of `key`. The returned function runs `deliver` as soon as every earlier place has run its own. */
  take(key: string): Delivery {
    const slot: Slot = { deliver: undefined };
    const line = this.lines.get(key);
    if (line === undefined) this.lines.set(key, [slot]);
    else line.push(slot);
    return (deliver) => {
      slot.deliver ??= deliver;
      this.advance(key);
    };
  }

  /** Takes a place behind everything that is open now, whatever its key. */
  takeBehindAll(): Delivery {
    const places = [...this.lines.keys()].map((key) => this.take(key));
    if (places.length === 0) return (deliver) => deliver();
    return (deliver) => {
      let remaining = places.length;
      const arrive = (): void => {
        remaining -= 1;
        if (remaining === 0) deliver();
      };
      for (const place of places) place(arrive);
    };
  }

  /** Keys with open places. */
  get size(): number {
    return this.lines.size;
  }

  private advance(key: string): void {
    const line = this.lines.get(key);
    if (line === undefined) return;
    for (let head = line[0]; head?.deliver !== undefined; head = line[0]) {
      line.shift();
      // Before the call: it may take a new place of the same key.
      if (line.length === 0) this.lines.delete(key);
      head.deliver();
    }
  }
}
