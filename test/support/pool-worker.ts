import { threadId } from 'node:worker_threads';
import { serve } from '../../src/device/pool/serve';

/** What the pool's tests let a worker do. */
export type PoolJob =
  | { do: 'echo'; value: unknown }
  /** Computes on the thread, as a network does. */
  | { do: 'spin'; ms: number; value: unknown }
  /** Waits until the flag is no longer 0. */
  | { do: 'wait'; flag: SharedArrayBuffer; value: unknown }
  /** Writes its turn into the list: list[0] is the count, the others are marks in the order of their runs. */
  | { do: 'mark'; list: SharedArrayBuffer; mark: number }
  | { do: 'thread' }
  | { do: 'throw'; message: string; code: string }
  | { do: 'exit'; code: number }
  | { do: 'crash' };

serve(async (job: PoolJob): Promise<unknown> => {
  switch (job.do) {
    case 'echo':
      return job.value;
    case 'spin': {
      const end = performance.now() + job.ms;
      while (performance.now() < end);
      return job.value;
    }
    case 'wait':
      Atomics.wait(new Int32Array(job.flag), 0, 0);
      return job.value;
    case 'mark': {
      const list = new Int32Array(job.list);
      const place = Atomics.add(list, 0, 1);
      list[place + 1] = job.mark;
      return place;
    }
    case 'thread':
      return threadId;
    case 'throw':
      throw Object.assign(new RangeError(job.message), { code: job.code });
    case 'exit':
      process.exit(job.code);
      return undefined;
    case 'crash':
      setImmediate(() => {
        throw new Error('out of thin air');
      });
      return new Promise(() => {});
  }
});
