import assert from 'node:assert/strict';
import { CatchUp } from '../../../src/sources/live/catch-up.js';

describe('the beginning of a connection', () => {
  let passed: number[];
  let dropped: number[];
  let start: CatchUp<number>;
  beforeEach(() => {
    passed = [];
    dropped = [];
    start = new CatchUp(
      (item) => passed.push(item),
      (item) => dropped.push(item),
    );
  });
  afterEach(() => start.close());

  it('sends the newest of the frames that waited, and all that come in their time', () => {
    for (let i = 0; i < 10; i++) start.offer(i, i / 25, 1000 + i);
    for (let i = 10; i < 13; i++) start.offer(i, i / 25, 1009 + (i - 9) * 40);
    assert.deepEqual(
      [passed, dropped],
      [
        [9, 10, 11, 12],
        [0, 1, 2, 3, 4, 5, 6, 7, 8],
      ],
    );
  });

  it('sends a frame that stays alone, after a moment', async () => {
    const alone = new Promise<number>((resolve) => {
      start = new CatchUp<number>(resolve, (item) => dropped.push(item));
    });
    start.offer(7, 0, 1000);
    assert.equal(await alone, 7);
  });

  it('waits for nothing where the stream has no clock', () => {
    for (let i = 0; i < 3; i++) start.offer(i, NaN, 1000 + i);
    assert.deepEqual([passed, dropped], [[0, 1, 2], []]);
  });

  it('gives up after a second: what is always faster than its clock is no backlog', () => {
    for (let i = 0; i < 2000; i++) start.offer(i, i / 25, 1000 + i);
    assert.equal(dropped.length, 999);
    assert.deepEqual(passed.slice(0, 2), [999, 1000]);
    assert.equal(passed.length, 1001);
  });

  it('sends or drops what it holds when the connection ends, once', () => {
    start.offer(1, 0, 1000);
    start.flush();
    start.flush();
    start.close();
    assert.deepEqual([passed, dropped], [[1], []]);
    start = new CatchUp<number>(
      (item) => passed.push(item),
      (item) => dropped.push(item),
    );
    start.offer(2, 0, 1000);
    start.close();
    start.flush();
    assert.deepEqual([passed, dropped], [[1], [2]]);
  });
});
