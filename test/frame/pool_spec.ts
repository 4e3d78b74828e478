import assert from 'node:assert/strict';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { Frame, isFrame } from '../../src/frame/frame.js';
import { FramePool, framePool, type NewFrameHeader } from '../../src/frame/pool.js';

const { cloneMessage } = require('@node-red/util').util as { cloneMessage: <T>(message: T) => T };

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

const FULL_HD = { width: 1920, height: 1080 };
const SMALL = { width: 64, height: 48 };
let sequence = 0;

function header(size: { width: number; height: number }): NewFrameHeader {
  return { cameraId: 'gate', sequence: sequence++, timestamp: 1700000000000, ...size };
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

/** In a function of its own, so that no variable of the caller keeps the frame. */
function acquireAndDrop(pool: FramePool, size: { width: number; height: number }): void {
  pool.acquire(header(size)).pixels[0] = 1;
}

async function untilCollected(pool: FramePool, outstanding: number): Promise<void> {
  for (let i = 0; i < 50 && pool.stats().outstanding > outstanding; i++) {
    collectGarbage();
    await pause(5);
  }
}

describe('FramePool', () => {
  it('gives each frame its id, its header and room for its pixels', () => {
    const frame = new FramePool().acquire({ cameraId: 'gate', sequence: 7, timestamp: 5, width: 3, height: 2 });
    assert.equal(isFrame(frame), true);
    assert.equal(frame.id, 'gate#7');
    assert.equal(frame.pixels.length, 18);
    assert.equal(frame.buffer.byteLength > 18, true, 'pixel loops read a byte past the last pixel');
    assert.equal(new FramePool().acquire({ ...header(SMALL), id: 'mine' }).id, 'mine');
  });

  it('is one pool for the whole process when asked for the shared one', () => {
    assert.equal(framePool(), framePool());
  });

  for (const [width, height] of [
    [0, 5],
    [5, 0],
    [-4, 4],
    [1.5, 2],
    [NaN, 2],
    [40000, 40000],
  ] as const) {
    it(`refuses a frame of ${width} × ${height} with a sentence that names the size`, () => {
      assert.throws(
        () => new FramePool().acquire(header({ width, height })),
        (error: Error & { code?: string }) =>
          error.code === 'ALPR_FRAME_SIZE' && error.message.includes(`received ${width} × ${height}`),
      );
    });
  }

  it('uses recycled memory again for a frame of the same size and not for one of another size', () => {
    const pool = new FramePool();
    const first = pool.acquire(header(FULL_HD));
    const memory = first.buffer;
    pool.recycle(first);
    assert.deepEqual(pool.stats(), {
      allocated: 1,
      reused: 0,
      free: 1,
      freeBytes: memory.byteLength,
      outstanding: 0,
      taken: 0,
    });
    assert.notEqual(pool.acquire(header(SMALL)).buffer, memory);
    assert.equal(pool.acquire(header(FULL_HD)).buffer, memory);
    assert.deepEqual(pool.stats(), { allocated: 2, reused: 1, free: 0, freeBytes: 0, outstanding: 2, taken: 0 });
  });

  it('never gives the same memory to two frames that are in use', () => {
    const pool = new FramePool();
    const kept = pool.acquire(header(SMALL));
    for (let i = 0; i < 5; i++) {
      const other = pool.acquire(header(SMALL));
      assert.notEqual(other.buffer, kept.buffer);
      pool.recycle(other);
      pool.recycle(other);
    }
    assert.equal(pool.stats().free, 1, 'recycling twice gives the memory back once');
  });

  it('wastes at most an eighth of a large frame', () => {
    const pool = new FramePool();
    for (const size of [
      FULL_HD,
      { width: 1280, height: 720 },
      { width: 3840, height: 2160 },
      { width: 701, height: 333 },
    ]) {
      const frame = pool.acquire(header(size));
      assert.equal(frame.buffer.byteLength <= size.width * size.height * 3 * 1.125 + 8, true, `${size.width}`);
      pool.recycle(frame);
    }
  });

  it('keeps no more free bytes than allowed, and lets go of sizes not asked for lately first', () => {
    const bytes = new FramePool().acquire(header(FULL_HD)).buffer.byteLength;
    const pool = new FramePool({ maxFreeBytes: 2 * bytes });
    const small = pool.acquire(header({ width: 320, height: 240 }));
    const large = [0, 1, 2].map(() => pool.acquire(header(FULL_HD)));
    pool.recycle(small);
    for (const frame of large) pool.recycle(frame);
    assert.deepEqual(pool.stats(), {
      allocated: 4,
      reused: 0,
      free: 2,
      freeBytes: 2 * bytes,
      outstanding: 0,
      taken: 0,
    });
    const huge = pool.acquire(header({ width: 4000, height: 4000 }));
    pool.recycle(huge);
    assert.equal(pool.stats().freeBytes, 2 * bytes, 'memory larger than the limit is not kept');
  });

  it('throws when pixels are read after they were recycled, from a copy too', () => {
    const pool = new FramePool();
    const frame = pool.acquire({ ...header(SMALL), id: 'gate#99' });
    const copy = cloneMessage({ frame }).frame;
    pool.recycle(frame);
    for (const late of [frame, copy]) {
      assert.throws(
        () => late.pixels,
        (error: Error & { code?: string }) => error.code === 'ALPR_FRAME_RECYCLED' && error.message.includes('gate#99'),
      );
    }
    assert.equal(frame.toJSON().id, 'gate#99', 'the header stays readable');
  });

  it('refuses to recycle a frame that a node holds, or one of another pool', () => {
    const pool = new FramePool();
    const frame = pool.acquire(header(SMALL));
    frame.lease.retain();
    assert.throws(() => pool.recycle(frame), { code: 'ALPR_FRAME_HELD' });
    frame.lease.release();
    assert.throws(() => new FramePool().recycle(frame), { code: 'ALPR_FRAME_FOREIGN' });
    pool.recycle(frame);
  });

  describe('when its budget is full', () => {
    const frameBytes = new FramePool().acquire(header(FULL_HD)).buffer.byteLength;
    const small = { budgetBytes: 3 * frameBytes, leastRestMs: 0 };
    const rest = async (frame: Frame): Promise<Frame> => {
      frame.lease.retain();
      frame.lease.release();
      await turns(10);
      return frame;
    };
    const isReadable = (frame: Frame): boolean => {
      try {
        return frame.pixels.length > 0;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'ALPR_FRAME_RECYCLED');
        return false;
      }
    };

    it('takes the memory of the frame that rests longest, and of no more than it needs', async () => {
      const pool = new FramePool(small);
      const frames = [0, 1, 2].map(() => pool.acquire(header(FULL_HD)));
      await rest(frames[1]!);
      await rest(frames[2]!);
      await rest(frames[0]!);
      const memory = frames[1]!.buffer;
      assert.equal(pool.acquire(header(FULL_HD)).buffer, memory);
      assert.deepEqual(frames.map(isReadable), [true, false, true]);
      assert.equal(pool.stats().taken, 1);
    });

    it('takes nothing from frames that are held, kept, taken up again, or were never anybody’s', async () => {
      const pool = new FramePool(small);
      const [held, kept, never] = [0, 1, 2].map(() => pool.acquire(header(FULL_HD)));
      const again = pool.acquire(header(FULL_HD));
      held!.lease.retain();
      (await rest(kept!)).lease.keep();
      (await rest(again)).lease.retain();
      for (let i = 0; i < 5; i++) pool.acquire(header(FULL_HD));
      assert.deepEqual([held!, kept!, never!, again].map(isReadable), [true, true, true, true]);
      assert.equal(pool.stats().taken, 0);
    });

    it('leaves frames alone that came to rest a moment ago: a user’s node may have them', async () => {
      const pool = new FramePool({ ...small, leastRestMs: 60_000 });
      const frames = await Promise.all([0, 1, 2, 3, 4].map(() => rest(pool.acquire(header(FULL_HD)))));
      assert.equal(frames.every(isReadable), true);
    });

    it('leaves frames alone whose next node had no turn yet, however long the event loop was blocked', () => {
      const pool = new FramePool(small);
      const frames = [0, 1, 2].map(() => pool.acquire(header(FULL_HD)));
      for (const { lease } of frames) {
        lease.retain();
        lease.release();
      }
      pool.acquire(header(FULL_HD));
      assert.equal(frames.every(isReadable), true);
    });

    it('runs a stream on the memory of its budget, without garbage collection', async () => {
      const pool = new FramePool(small);
      for (let i = 0; i < 500; i++) await rest(pool.acquire(header(FULL_HD)));
      const { allocated, outstanding } = pool.stats();
      assert.deepEqual({ allocated, outstanding }, { allocated: 3, outstanding: 3 });
    });

    it('gives another size room too', async () => {
      const pool = new FramePool({ ...small, maxFreeBytes: 0 });
      for (let i = 0; i < 3; i++) await rest(pool.acquire(header(FULL_HD)));
      const small4k = pool.acquire(header({ width: 2560, height: 1440 }));
      assert.equal(isReadable(small4k), true);
      assert.equal(pool.stats().taken, 2, 'one frame of 1080p is too little for one of 1440p');
    });
  });

  it('takes pixels back when the last copy of a frame is garbage', async () => {
    const pool = new FramePool();
    for (let i = 0; i < 10; i++) acquireAndDrop(pool, SMALL);
    const kept = [cloneMessage({ frame: pool.acquire(header(SMALL)) })];
    await untilCollected(pool, 1);
    assert.deepEqual([pool.stats().outstanding, pool.stats().free], [1, 10]);
    assert.equal(kept.pop()?.frame.pixels.length, 64 * 48 * 3, 'the copy kept the pixels alive');
    await untilCollected(pool, 0);
    assert.deepEqual([pool.stats().outstanding, pool.stats().free], [0, 11]);
  });

  it('makes dropped frames count for the garbage collector, so that their memory stays bounded', async function () {
    this.timeout(120000);
    const pool = new FramePool();
    // A busy machine's collector comes late; without the frames' weight it would not come at all.
    while (pool.stats().reused < 50 && pool.stats().allocated < 400) {
      acquireAndDrop(pool, FULL_HD);
      await pause(2);
    }
    const { allocated, reused } = pool.stats();
    assert.equal(reused, 50, `${allocated} frames got fresh memory`);
  });
});

describe('A frame in a forked message', () => {
  const pool = new FramePool();
  const frame = pool.acquire(header(FULL_HD));

  it('shares its pixels with the copy, which is a Frame all the same', () => {
    const message = { frame, payload: 'x' };
    const copy = cloneMessage(message);
    assert.notEqual(copy.frame, frame);
    assert.equal(copy.frame instanceof Frame, true);
    assert.equal(copy.frame.buffer, frame.buffer);
    assert.deepEqual(copy.frame.toJSON(), frame.toJSON());
    copy.frame.lease.retain();
    assert.equal(frame.lease.holders, 1, 'one count for all copies');
    copy.frame.lease.release();
  });

  it('takes no memory for pixels when it is copied a hundred times', () => {
    collectGarbage();
    const before = process.memoryUsage();
    const copies = Array.from({ length: 100 }, () => cloneMessage({ frame }));
    const after = process.memoryUsage();
    assert.equal(copies.length, 100);
    assert.equal(after.external + after.arrayBuffers - before.external - before.arrayBuffers < 100_000, true);
  });

  it('is small as JSON, so that a debug node on the whole message stays cheap', () => {
    const json = JSON.stringify({ frame, payload: [] });
    assert.equal(json.length < 1000, true);
    assert.deepEqual(Object.keys(JSON.parse(json).frame).sort(), [
      'cameraId',
      'height',
      'id',
      'sequence',
      'timestamp',
      'width',
    ]);
  });

  it('is copied faster than the same pixels as a typed array (printed, not judged)', function () {
    this.timeout(60000);
    const rounds = 1000;
    const started = performance.now();
    for (let i = 0; i < rounds; i++) cloneMessage({ frame });
    const ours = (performance.now() - started) / rounds;
    const bytes = new Uint8Array(1920 * 1080 * 3);
    const startedBytes = performance.now();
    const copied = cloneMessage({ pixels: bytes });
    const theirs = performance.now() - startedBytes;
    assert.notEqual(copied.pixels.buffer, bytes.buffer);
    console.log(
      `      Frame ${ours.toFixed(4)} ms, Uint8Array ${theirs.toFixed(0)} ms: 1 to ${Math.round(theirs / ours)}`,
    );
  });
});

describe('PixelLease', () => {
  const pool = new FramePool();

  it('calls back when nobody ever takes the frame', async () => {
    const { lease } = pool.acquire(header(SMALL));
    let calls = 0;
    lease.onIdle(() => calls++);
    assert.equal(calls, 0);
    await turns(20);
    assert.equal(calls, 1);
    await turns(20);
    assert.equal(calls, 1, 'once');
  });

  it('waits while the frame is held, and over several turns between one holder and the next', async () => {
    const { lease } = pool.acquire(header(SMALL));
    let calls = 0;
    lease.onIdle(() => calls++);
    for (let node = 0; node < 4; node++) {
      await turns(4);
      lease.retain();
      await turns(30);
      assert.equal(calls, 0);
      lease.release();
    }
    await turns(20);
    assert.equal(calls, 1);
  });

  it('counts a very short hold as use', async () => {
    const { lease } = pool.acquire(header(SMALL));
    let calls = 0;
    lease.onIdle(() => calls++);
    for (let i = 0; i < 10; i++) {
      await turns(5);
      lease.retain();
      lease.release();
    }
    assert.equal(calls, 0);
    await turns(20);
    assert.equal(calls, 1);
  });

  it('never counts below zero', () => {
    const { lease } = pool.acquire(header(SMALL));
    lease.release();
    assert.equal(lease.holders, 0);
    lease.retain();
    assert.equal(lease.holders, 1);
  });

  it('serves several waiters, and goes on after one of them throws', async () => {
    const { lease } = pool.acquire(header(SMALL));
    const seen: string[] = [];
    const warnings: string[] = [];
    const listener = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listener);
    lease.onIdle(() => {
      throw new Error('waiter failed');
    });
    lease.onIdle(() => seen.push('second'));
    await turns(20);
    process.off('warning', listener);
    assert.deepEqual(seen, ['second']);
    assert.deepEqual(warnings, ['waiter failed']);
  });

  it('tells waiters when a frame is lost while a node held it', async () => {
    let calls = 0;
    const lose = (): void => {
      const { lease } = pool.acquire(header(SMALL));
      lease.retain();
      lease.onIdle(() => calls++);
    };
    lose();
    for (let i = 0; i < 50 && calls === 0; i++) {
      collectGarbage();
      await pause(5);
    }
    assert.equal(calls, 1);
  });
});
