import { FileStore } from '../../src/log/file-store.js';
import { entry } from './events.js';

/** A process that closes a log again and again while its thread computes. Argument: the file. Says `alive` in the end. */
async function closeOftenWhileBusy(path: string): Promise<void> {
  const retention = { keepMs: 1, thumbnailMs: 1, maxBytes: 1e9 };
  for (let round = 0; round < 20; round++) {
    const store = new FileStore({ path, key: '' });
    await store.health();
    const entries = Array.from({ length: 300 }, () => entry());
    const work = [store.write(entries), store.health(), store.retain(retention, Date.now()), store.vacuum()];
    const outcomes = Promise.allSettled(work);
    await new Promise((next) => setTimeout(next, round % 7));
    await store.close();
    await outcomes;
  }
  console.log('alive');
}

void closeOftenWhileBusy(process.argv[2]!);
