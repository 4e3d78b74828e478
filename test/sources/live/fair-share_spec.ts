import assert from 'node:assert/strict';
import { join } from 'node:path';
import { startWorker } from '../../../src/device/pool/worker-file.js';
import { WorkerPool } from '../../../src/device/pool/worker-pool.js';
import { LiveCamera } from '../../../src/sources/live/camera.js';
import { FrameCounter } from '../../../src/sources/counter.js';
import { FakeCamera } from '../../support/fake-feed.js';
import { turns } from '../../support/fake-timers.js';
import type { PoolJob } from '../../support/pool-worker.js';

describe('Cameras on one worker', () => {
  let pool: WorkerPool<PoolJob, unknown>;
  before(() => {
    const support = join(__dirname, '..', '..', 'support');
    pool = new WorkerPool({ size: 1, start: () => startWorker(support, 'pool-worker') });
  });
  after(() => pool.close());

  /** Whose job was done, in order. */
  const done: string[] = [];

  function cameraOf(name: string, job: () => PoolJob, finished: () => void): { camera: LiveCamera; fake: FakeCamera } {
    const fake = new FakeCamera(new FrameCounter(name));
    const camera = new LiveCamera({
      camera: name,
      open: fake.open,
      pool: fake.pool,
      // Without turns a frame of the slow camera would wait for all of the fast one's.
      inFlight: 16,
      timeoutMs: 60_000,
      send: (frame) => {
        // As every node of ours does with the frame of a message, and with the camera's id as key.
        frame.lease.retain();
        void pool.run(frame.cameraId, job).then(() => {
          done.push(name);
          finished();
          frame.lease.release();
        });
      },
      report: () => undefined,
    });
    camera.start();
    return { camera, fake };
  }

  it('take turns: a slow one loses no frame to a fast one, and does not hold it up', async () => {
    const JOBS = 300;
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    /** Jobs of the fast camera between the arrival of a frame of the slow one and its own job. */
    const waits: number[] = [];
    let arrivedAt: number | undefined;

    const next = (): void => {
      if (done.length >= JOBS) return finish();
      // More than there is room for, always.
      for (let n = 0; n < 20; n++) fast.fake.feed.give();
      if (done.length % 5 === 0 && arrivedAt === undefined) {
        arrivedAt = done.length;
        slow.fake.feed.give();
      }
    };
    const fast = cameraOf(
      'fast',
      () => ({ do: 'echo', value: 0 }),
      () => next(),
    );
    // Its networks take longer, too.
    const slow = cameraOf(
      'slow',
      () => ({ do: 'spin', ms: 2, value: 0 }),
      () => {
        waits.push(done.length - 1 - arrivedAt!);
        arrivedAt = undefined;
        next();
      },
    );
    await turns();
    next();
    await finished;

    // Two jobs lie at the worker already, and one of the fast camera's may have its turn first.
    assert.ok(Math.max(...waits) <= 3, `waited for ${Math.max(...waits)} jobs of the fast camera`);
    const { sent, dropped, received } = slow.camera.counts;
    assert.deepEqual([dropped, sent], [0, received]);
    assert.ok(waits.length >= JOBS / 5 / 2, `${waits.length} frames of the slow camera`);
    const fastJobs = done.filter((name) => name === 'fast').length;
    assert.ok(fastJobs > JOBS / 2, `${fastJobs} frames of the fast camera`);
    assert.ok(fast.camera.counts.dropped > 0);
    await Promise.all([fast.camera.close(), slow.camera.close()]);
  });
});
