import { HailoError } from '../errors.js';
import type { Handle } from './api.js';

export type HandleKind = 'device' | 'vdevice' | 'hef' | 'network-group' | 'input-vstream' | 'output-vstream';

interface Live {
  /** What it belongs to: a group to its vdevice, a vstream to its group. */
  owner?: bigint;
  /** A borrowed one is not ours to release. */
  borrowed: boolean;
}

/**
 * The handles this thread may use. The library follows whatever pointer it is given (hailort-c-api §2), so one that was released,
 * made elsewhere or is of another kind must not reach it.
 */
export class Handles {
  private readonly live = new Map<HandleKind, Map<bigint, Live>>();

  /** @throws HailoError for NULL, which the library never gives together with success */
  add<Kind extends HandleKind>(
    kind: Kind,
    handle: unknown,
    { owner, borrowed = false }: { owner?: bigint; borrowed?: boolean } = {},
  ): Handle<Kind> {
    if (typeof handle !== 'bigint' || handle === 0n) {
      throw new HailoError(`Expected the pointer of a ${kind} but received ${String(handle)}. Please report it.`);
    }
    this.of(kind).set(handle, owner === undefined ? { borrowed } : { owner, borrowed });
    return handle as Handle<Kind>;
  }

  /** A handle that another thread made, and will release; one that is known already stays as it is. */
  adopt<Kind extends HandleKind>(kind: Kind, handle: unknown): Handle<Kind> {
    if (typeof handle === 'bigint' && this.of(kind).has(handle)) return handle as Handle<Kind>;
    return this.add(kind, handle, { borrowed: true });
  }

  /** A handle that another thread made and this one is to release. */
  adoptOwn<Kind extends HandleKind>(kind: Kind, handle: unknown): Handle<Kind> {
    const live = typeof handle === 'bigint' ? this.of(kind).get(handle) : undefined;
    if (!live) return this.add(kind, handle);
    live.borrowed = false;
    return handle as Handle<Kind>;
  }

  /** @throws HailoError unless it is a live handle of this kind, known to this thread */
  check<Kind extends HandleKind>(kind: Kind, handle: unknown): Handle<Kind> {
    this.entry(kind, handle);
    return handle as Handle<Kind>;
  }

  /** Like `check`, and not borrowed: only its maker may release it. */
  checkOwn<Kind extends HandleKind>(kind: Kind, handle: unknown): Handle<Kind> {
    if (this.entry(kind, handle).borrowed) {
      throw new HailoError(
        `Expected a ${kind} that this thread made but received one that belongs to something else: its owner releases it`,
      );
    }
    return handle as Handle<Kind>;
  }

  /** Live handles of a kind that belong to `owner`, directly or through another one. */
  ownedBy(kind: HandleKind, owner: bigint): bigint[] {
    const direct = (of: HandleKind, by: bigint): bigint[] =>
      [...this.of(of)].filter(([, live]) => live.owner === by).map(([handle]) => handle);
    if (kind !== 'input-vstream' && kind !== 'output-vstream') return direct(kind, owner);
    return [owner, ...direct('network-group', owner)].flatMap((by) => direct(kind, by));
  }

  /** Forgets a handle and the groups and devices that die with it. */
  remove(kind: HandleKind, handle: bigint): void {
    if (!this.of(kind).delete(handle) || kind !== 'vdevice') return;
    for (const group of this.ownedBy('network-group', handle)) this.of('network-group').delete(group);
    for (const device of this.ownedBy('device', handle)) this.of('device').delete(device);
  }

  private entry(kind: HandleKind, handle: unknown): Live {
    const live = typeof handle === 'bigint' ? this.of(kind).get(handle) : undefined;
    if (live) return live;
    const received = typeof handle === 'bigint' ? `0x${handle.toString(16)}` : typeof handle;
    throw new HailoError(
      `Expected a live ${kind} of this thread but received ${received}: it was released, is of another kind, or comes from ` +
        'another thread and was not adopted',
    );
  }

  private of(kind: HandleKind): Map<bigint, Live> {
    let handles = this.live.get(kind);
    if (!handles) this.live.set(kind, (handles = new Map()));
    return handles;
  }
}
