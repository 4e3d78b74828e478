import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { RestingThreads } from '../../../src/device/pool/resting-threads';
import { startWorker } from '../../../src/device/pool/worker-file';
import { WorkerPool } from '../../../src/device/pool/worker-pool';
import type { PoolJob } from '../../support/pool-worker';

const support = join(__dirname, '..', '..', 'support');
/** ms; nobody waits so long. */
const FOR_EVER = 600_000;

describe('Resting threads', () => {
  const begun: Worker[] = [];
  const start = (): Worker => {
    const worker = startWorker(support, 'pool-worker');
    begun.push(worker);
    return worker;
  };
  let threads: RestingThreads;
  beforeEach(() => {
    threads = new RestingThreads(start, FOR_EVER);
  });
  afterEach(async () => {
    await Promise.all(begun.splice(0).map((worker) => worker.terminate()));
  });

  /** A pool whose threads come from and go back to `threads`; they do `job` before that. */
  const makePool = (size: number, job: PoolJob = { do: 'echo', value: 0 }, closeLimitMs?: number) =>
    new WorkerPool<PoolJob, unknown>({
      size,
      start: () => threads.take(),
      keep: { job, take: (worker) => threads.keep(worker) },
      ...(closeLimitMs === undefined ? {} : { closeLimitMs }),
    });

  it('serve one pool after the other', async () => {
    const ids = new Set<unknown>();
    for (let time = 0; time < 5; time++) {
      const pool = makePool(2);
      const answers = Array.from({ length: 8 }, () => pool.run('a', () => ({ do: 'thread' })));
      for (const id of await Promise.all(answers)) ids.add(id);
      await pool.close();
      assert.equal(threads.size, 2);
    }
    assert.equal(begun.length, 2);
    assert.equal(ids.size, 2);
  });

  it('are told anew by every pool', async () => {
    const known: number[] = [];
    for (let time = 0; time < 2; time++) {
      const pool = makePool(1);
      await pool.run('a', (notes) => {
        known.push(notes.size);
        notes.add('model');
        return { do: 'echo', value: 1 };
      });
      await pool.close();
    }
    assert.deepEqual(known, [0, 0]);
  });

  it('have no listeners of their former pool, which counts no crash when they end', async () => {
    const pool = makePool(1);
    await pool.run('a', () => ({ do: 'echo', value: 1 }));
    await pool.close();
    const worker = threads.take();
    for (const event of ['message', 'messageerror', 'error', 'exit']) assert.equal(worker.listenerCount(event), 0);
    await worker.terminate();
    assert.equal(pool.backlog.crashes, 0);
  });

  it('end when nobody takes them in time', async () => {
    const short = new RestingThreads(start, 1);
    const worker = short.take();
    const ended = once(worker, 'exit');
    short.keep(worker);
    assert.equal(short.size, 1);
    await ended;
    assert.equal(short.size, 0);
  });

  it('are forgotten when they end by themselves', async () => {
    const worker = threads.take();
    threads.keep(worker);
    const ended = once(worker, 'exit');
    worker.postMessage({ id: 1, job: { do: 'exit', code: 0 } satisfies PoolJob });
    await ended;
    assert.equal(threads.size, 0);
    assert.notEqual(threads.take(), worker);
  });

  it('keep no process alive', () => {
    const script = `
      const { RestingThreads } = require(${JSON.stringify(require.resolve('../../../src/device/pool/resting-threads'))});
      const { startWorker } = require(${JSON.stringify(require.resolve('../../../src/device/pool/worker-file'))});
      const threads = new RestingThreads(() => startWorker(${JSON.stringify(support)}, 'pool-worker'), ${FOR_EVER});
      const worker = threads.take();
      worker.once('online', () => threads.keep(worker));
      process.once('exit', () => console.log(threads.size));`;
    const printed = execFileSync(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(printed.trim(), '1');
  });

  it('are not those that break when they are to forget', async () => {
    const pool = makePool(1, { do: 'throw', message: 'cannot forget', code: 'ALPR_TEST' });
    await pool.run('a', () => ({ do: 'echo', value: 1 }));
    const ended = once(begun[0]!, 'exit');
    await pool.close();
    await ended;
    assert.equal(threads.size, 0);
  });

  it('are not those that are busy when their pool closes', async () => {
    const flag = new SharedArrayBuffer(4);
    const pool = makePool(1, { do: 'echo', value: 0 }, 20);
    const never = pool.run('a', () => ({ do: 'wait', flag, value: 0 }));
    const refused = assert.rejects(never, { code: 'ALPR_WORKER' });
    const ended = once(begun[0]!, 'exit');
    const closed = pool.close();
    await refused;
    assert.equal(threads.size, 0);
    Atomics.store(new Int32Array(flag), 0, 1);
    Atomics.notify(new Int32Array(flag), 0);
    await Promise.all([closed, ended]);
    assert.equal(threads.size, 0);
  });
});
