import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startWorker } from '../../../src/device/pool/worker-file';
import { WorkerPool } from '../../../src/device/pool/worker-pool';
import type { PoolJob } from '../../support/pool-worker';

const support = join(__dirname, '..', '..', 'support');

describe('WorkerPool', () => {
  let pool: WorkerPool<PoolJob, unknown> | undefined;
  const makePool = (size: number): WorkerPool<PoolJob, unknown> => {
    pool = new WorkerPool({ size, start: () => startWorker(support, 'pool-worker') });
    return pool;
  };
  const run = (job: PoolJob, key = 'a'): Promise<unknown> => pool!.run(key, () => job);

  afterEach(async () => {
    await pool?.close();
    pool = undefined;
  });

  it('gives every caller the result of its own job', async () => {
    makePool(2);
    const values = Array.from({ length: 20 }, (_, i) => i);
    assert.deepEqual(await Promise.all(values.map((value) => run({ do: 'echo', value }))), values);
  });

  it('starts no thread before the first job and no more than its size', async () => {
    makePool(2);
    assert.equal(pool!.backlog.workers, 0);
    const threads = await Promise.all(Array.from({ length: 12 }, () => run({ do: 'thread' })));
    assert.equal(new Set(threads).size, 2);
    assert.deepEqual(pool!.backlog, { waiting: 0, running: 0, workers: 2, crashes: 0 });
  });

  it('works on two jobs at the same time with two threads', async () => {
    makePool(2);
    const flags = [new SharedArrayBuffer(4), new SharedArrayBuffer(4)];
    // Each waits for a flag that is raised only after the other thread has answered: one thread alone would never end.
    const first = run({ do: 'wait', flag: flags[0]!, value: 1 });
    await run({ do: 'echo', value: 'the other thread' });
    raise(flags[0]!);
    assert.equal(await first, 1);
  });

  it('lets keys take turns while one key has a long queue', async () => {
    makePool(1);
    const gate = new SharedArrayBuffer(4);
    const list = new SharedArrayBuffer(4 * 16);
    const jobs = [run({ do: 'wait', flag: gate, value: 0 }, 'gate')];
    // The second post fills the thread's own short queue; what follows is in the fair queue.
    jobs.push(run({ do: 'mark', list, mark: 9 }, 'gate'));
    for (let i = 0; i < 4; i++) jobs.push(run({ do: 'mark', list, mark: 1 }, 'busy'));
    for (let i = 0; i < 2; i++) jobs.push(run({ do: 'mark', list, mark: 2 }, 'quiet'));
    assert.deepEqual(pool!.backlog, { waiting: 6, running: 2, workers: 1, crashes: 0 });
    raise(gate);
    await Promise.all(jobs);
    assert.deepEqual([...new Int32Array(list, 4, 7)], [9, 1, 2, 1, 2, 1, 1]);
  });

  it('keeps the event loop free while threads compute', async () => {
    makePool(1);
    await run({ do: 'echo', value: 0 });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await run({ do: 'spin', ms: 300, value: 0 });
    delay.disable();
    clearInterval(timer);
    // Computed on this thread, the timer would not have fired once.
    assert.ok(turns > 10, `Expected the event loop to turn while a thread computes but it turned ${turns} times`);
    assert.ok(delay.count > 0);
  });

  it('passes errors on with name, message and code', async () => {
    makePool(1);
    await assert.rejects(run({ do: 'throw', message: 'too far', code: 'ALPR_TEST' }), {
      name: 'RangeError',
      message: 'too far',
      code: 'ALPR_TEST',
    });
    assert.equal(await run({ do: 'echo', value: 'still there' }), 'still there');
  });

  const ends: { name: string; job: PoolJob; message: RegExp }[] = [
    { name: 'exits', job: { do: 'exit', code: 3 }, message: /ended with exit code 3/ },
    { name: 'throws outside of a job', job: { do: 'crash' }, message: /failed: Error: out of thin air/ },
  ];
  for (const { name, job, message } of ends) {
    it(`replaces a thread that ${name}, and fails only the jobs it had`, async () => {
      makePool(1);
      const gone = run(job);
      const waiting = [1, 2, 3].map((value) => run({ do: 'echo', value }));
      await assert.rejects(gone, { code: 'ALPR_WORKER', message });
      const rest = await Promise.allSettled(waiting);
      // One of them may have been posted to the thread already; those in the queue must live.
      assert.deepEqual(
        rest.slice(1).map((outcome) => outcome.status === 'fulfilled' && outcome.value),
        [2, 3],
      );
      assert.equal(pool!.backlog.crashes, 1);
      assert.equal(await run({ do: 'echo', value: 'next' }), 'next');
    });
  }

  it('fails the jobs of a thread that does not even start, and tries again with the next', async () => {
    pool = new WorkerPool({ size: 1, start: () => startWorker(support, 'there-is-no-such-worker') });
    await assert.rejects(run({ do: 'echo', value: 1 }), { code: 'ALPR_WORKER', message: /there-is-no-such-worker/ });
    await assert.rejects(run({ do: 'echo', value: 2 }), { code: 'ALPR_WORKER' });
  });

  it('rejects everything that waits when no thread can be made at all', async () => {
    pool = new WorkerPool({
      size: 2,
      start: () => {
        throw new Error('no more threads');
      },
    });
    const jobs = await Promise.allSettled([run({ do: 'echo', value: 1 }), run({ do: 'echo', value: 2 })]);
    for (const job of jobs) {
      assert.equal(job.status, 'rejected');
      assert.match(String(job.reason), /Could not start a worker thread: Error: no more threads/);
    }
  });

  it('rejects a job that cannot cross to a thread and goes on', async () => {
    makePool(1);
    await assert.rejects(run({ do: 'echo', value: () => 1 }), { code: 'ALPR_WORKER', message: /hand a job/ });
    assert.equal(await run({ do: 'echo', value: 2 }), 2);
  });

  it('forgets what it noted for a job that did not cross to the thread', async () => {
    makePool(1);
    await run({ do: 'echo', value: 1 });
    let wasKnown: boolean | undefined;
    const note = (value: unknown) =>
      pool!.run('key', (known): PoolJob => {
        wasKnown = known.has('model');
        known.add('model');
        return { do: 'echo', value };
      });
    await assert.rejects(
      note(() => 1),
      { code: 'ALPR_WORKER' },
    );
    await note(1);
    assert.equal(wasKnown, false, 'the thread was never told');
    await note(2);
    assert.equal(wasKnown, true);
  });

  it('keeps a notebook per thread, and starts a new one with a new thread', async () => {
    makePool(1);
    const seen: boolean[] = [];
    const note = (known: Set<string>): PoolJob => {
      seen.push(known.has('model'));
      known.add('model');
      return { do: 'echo', value: 0 };
    };
    await pool!.run('a', note);
    await pool!.run('a', note);
    await assert.rejects(run({ do: 'exit', code: 0 }));
    await pool!.run('a', note);
    assert.deepEqual(seen, [false, true, false]);
  });

  it('ends accepted jobs before it closes, then refuses new ones', async () => {
    makePool(1);
    const gate = new SharedArrayBuffer(4);
    const jobs = [run({ do: 'wait', flag: gate, value: 'gate' })];
    for (let value = 0; value < 4; value++) jobs.push(run({ do: 'echo', value }));
    const closing = pool!.close();
    await assert.rejects(run({ do: 'echo', value: 'late' }), { code: 'ALPR_WORKER', message: /closed/ });
    raise(gate);
    assert.deepEqual(await Promise.all(jobs), ['gate', 0, 1, 2, 3]);
    await closing;
    assert.equal(pool!.backlog.workers, 0);
  });

  it('does not wait for ever for a job that does not end', async () => {
    pool = new WorkerPool({ size: 1, closeLimitMs: 50, start: () => startWorker(support, 'pool-worker') });
    const never = run({ do: 'wait', flag: new SharedArrayBuffer(4), value: 0 });
    const queued = Array.from({ length: 3 }, (_, value) => run({ do: 'echo', value }));
    const outcomes = Promise.allSettled([never, ...queued]);
    await pool.close();
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.equal((outcome.reason as { code?: string }).code, 'ALPR_WORKER');
    }
  });

  it('refuses a size that is no positive integer', () => {
    for (const size of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => makePool(size), { message: `Expected a positive integer for size but received ${size}` });
    }
  });

  it('lets the process end while its threads are idle', () => {
    const script = `
      const { WorkerPool } = require(${JSON.stringify(require.resolve('../../../src/device/pool/worker-pool'))});
      const { startWorker } = require(${JSON.stringify(require.resolve('../../../src/device/pool/worker-file'))});
      const pool = new WorkerPool({ size: 2, start: () => startWorker(${JSON.stringify(support)}, 'pool-worker') });
      pool.run('a', () => ({ do: 'echo', value: 'answered' })).then((value) => console.log(value));`;
    const printed = execFileSync(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], {
      encoding: 'utf8',
      timeout: 15_000,
    });
    assert.equal(printed.trim(), 'answered');
  });
});

function raise(flag: SharedArrayBuffer): void {
  const value = new Int32Array(flag);
  Atomics.store(value, 0, 1);
  Atomics.notify(value, 0);
}
