const inUse = new Map<symbol, unknown>();

/**
 * Keeps `owner` alive until `work` is over. A worker thread or an encoder sees only a frame's memory; were the frame itself
 * collected meanwhile, the pool would give that memory to the next frame.
 */
export async function keepingAlive<T>(owner: unknown, work: Promise<T>): Promise<T> {
  const key = Symbol('in use');
  inUse.set(key, owner);
  try {
    return await work;
  } finally {
    inUse.delete(key);
  }
}
