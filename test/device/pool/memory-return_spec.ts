import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { endWorker } from '../../../src/device/pool/end-worker';
import { mallocTrim, memoryReturn, MemoryReturn } from '../../../src/device/pool/memory-return';
import { startWorker } from '../../../src/device/pool/worker-file';

const isGlibc = (): boolean =>
  process.platform === 'linux' && 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

/** A trim whose calls can be awaited. */
function watched(fail = false) {
  const waiting: (() => void)[] = [];
  const calls = { count: 0, next: () => new Promise<void>((resolve) => waiting.push(resolve)) };
  const trim = async (): Promise<void> => {
    calls.count++;
    for (const resolve of waiting.splice(0)) resolve();
    if (fail) throw new Error('no such function');
  };
  return { calls, trim };
}

describe('Memory that was freed', () => {
  it('is given back once for much that was freed at a time', async () => {
    const { calls, trim } = watched();
    const memory = new MemoryReturn(trim, 5, 5);
    const first = calls.next();
    for (let n = 0; n < 100; n++) memory.soon();
    await first;
    assert.equal(calls.count, 1);
    const second = calls.next();
    memory.soon();
    await second;
    assert.equal(calls.count, 2);
  });

  it('is not given back again before the interval is over', async () => {
    const { calls, trim } = watched();
    const memory = new MemoryReturn(trim, 1, 600_000);
    const first = calls.next();
    memory.soon();
    await first;
    memory.soon();
    const other = watched();
    const next = other.calls.next();
    new MemoryReturn(other.trim, 20, 20).soon();
    await next;
    assert.equal(calls.count, 1);
  });

  it('stays where it is when the C library does not do that', async () => {
    const { calls, trim } = watched(true);
    const memory = new MemoryReturn(trim, 1, 1);
    for (let time = 1; time <= 2; time++) {
      const next = calls.next();
      memory.soon();
      await next;
      assert.equal(calls.count, time);
    }
  });

  it('is given back by glibc', async function () {
    if (!isGlibc()) {
      console.log('    skipped: this C library is not glibc');
      await assert.rejects(mallocTrim());
      this.skip();
    }
    await mallocTrim();
    await Promise.all([mallocTrim(), mallocTrim()]);
  });

  it('is given back after a thread has ended', async () => {
    const asked = new Promise<void>((resolve) => {
      memoryReturn.soon = () => resolve();
    });
    try {
      const worker = startWorker(join(__dirname, '..', '..', 'support'), 'pool-worker');
      await once(worker, 'online');
      await endWorker(worker, 60_000);
      await asked;
    } finally {
      Reflect.deleteProperty(memoryReturn, 'soon');
    }
  });
});
