import assert from 'node:assert/strict';
import { FairQueue } from '../../../src/device/pool/fair-queue';

describe('FairQueue', () => {
  const cases: { name: string; pushed: string[]; taken: string[] }[] = [
    { name: 'is first in, first out with one key', pushed: ['a1', 'a2', 'a3'], taken: ['a1', 'a2', 'a3'] },
    { name: 'lets keys take turns', pushed: ['a1', 'a2', 'a3', 'b1', 'b2'], taken: ['a1', 'b1', 'a2', 'b2', 'a3'] },
    {
      name: 'does not let a busy key starve two quiet ones',
      pushed: ['a1', 'a2', 'a3', 'a4', 'b1', 'c1'],
      taken: ['a1', 'b1', 'c1', 'a2', 'a3', 'a4'],
    },
    { name: 'is empty at first', pushed: [], taken: [] },
  ];
  for (const { name, pushed, taken } of cases) {
    it(name, () => {
      const queue = new FairQueue<string>();
      for (const item of pushed) queue.push(item[0]!, item);
      assert.equal(queue.size, pushed.length);
      const out: string[] = [];
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) out.push(item);
      assert.deepEqual(out, taken);
      assert.equal(queue.size, 0);
    });
  }

  it('puts a key that comes back behind those that wait', () => {
    const queue = new FairQueue<string>();
    queue.push('a', 'a1');
    queue.push('b', 'b1');
    assert.equal(queue.shift(), 'a1');
    queue.push('a', 'a2');
    queue.push('a', 'a3');
    assert.equal(queue.waiting('a'), 2);
    assert.deepEqual(queue.drain(), ['b1', 'a2', 'a3']);
    assert.equal(queue.waiting('a'), 0);
  });
});
