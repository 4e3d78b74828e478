interface Lane<T> {
  key: string;
  items: T[];
  /** Index of the first item not taken yet; the array is cut when it is empty, so that taking costs O(1). */
  head: number;
}

/** A queue in which keys take turns: one item of each key, round after round; within a key first in, first out. */
export class FairQueue<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** Keys that have items, the next one first. */
  private readonly turns: Lane<T>[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(key: string, item: T): void {
    this.count++;
    const lane = this.lanes.get(key);
    if (lane) {
      lane.items.push(item);
      return;
    }
    const fresh = { key, items: [item], head: 0 };
    this.lanes.set(key, fresh);
    this.turns.push(fresh);
  }

  /** The next item, or undefined when there is none. */
  shift(): T | undefined {
    const lane = this.turns.shift();
    if (!lane) return undefined;
    const item = lane.items[lane.head++] as T;
    this.count--;
    if (lane.head < lane.items.length) this.turns.push(lane);
    else this.lanes.delete(lane.key);
    return item;
  }

  /** How many items of a key wait. */
  waiting(key: string): number {
    const lane = this.lanes.get(key);
    return lane ? lane.items.length - lane.head : 0;
  }

  /** Empties the queue and gives back what was in it, in the order in which it would have been taken. */
  drain(): T[] {
    const rest: T[] = [];
    while (this.count > 0) rest.push(this.shift() as T);
    return rest;
  }
}
