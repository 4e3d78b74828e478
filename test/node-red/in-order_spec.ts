import assert from 'node:assert/strict';
import { InOrder } from '../../src/node-red/in-order.js';

describe('InOrder', () => {
  const cases: { title: string; finish: number[]; expected: number[] }[] = [
    { title: 'delivers at once what finishes in order', finish: [0, 1, 2], expected: [0, 1, 2] },
    { title: 'holds back what finishes early', finish: [2, 1, 0], expected: [0, 1, 2] },
    { title: 'delivers as far as it can', finish: [1, 0, 2], expected: [0, 1, 2] },
  ];
  for (const { title, finish, expected } of cases) {
    it(title, () => {
      const order = new InOrder();
      const places = [0, 1, 2].map(() => order.take('a'));
      const delivered: number[] = [];
      for (const index of finish) places[index]!(() => delivered.push(index));
      assert.deepEqual(delivered, expected);
      assert.equal(order.size, 0);
    });
  }

  it('holds back only until the gap is closed', () => {
    const order = new InOrder();
    const [first, second, third] = [order.take('a'), order.take('a'), order.take('a')];
    const delivered: string[] = [];
    second(() => delivered.push('second'));
    assert.equal(delivered.length, 0);
    first(() => delivered.push('first'));
    assert.deepEqual(delivered, ['first', 'second']);
    assert.equal(order.size, 1);
    third(() => delivered.push('third'));
    assert.deepEqual(delivered, ['first', 'second', 'third']);
  });

  it('does not let one camera wait for another', () => {
    const order = new InOrder();
    order.take('slow');
    const delivered: string[] = [];
    order.take('quick')(() => delivered.push('quick'));
    assert.deepEqual(delivered, ['quick']);
  });

  it('lets a place behind all wait for every line that is open, and for no other', () => {
    const order = new InOrder();
    const a = order.take('a');
    const b = order.take('b');
    const all = order.takeBehindAll();
    const late = order.take('c');
    const delivered: string[] = [];
    all(() => delivered.push('all'));
    a(() => delivered.push('a'));
    late(() => delivered.push('c'));
    b(() => delivered.push('b'));
    assert.deepEqual(delivered, ['a', 'c', 'b', 'all']);
    order.takeBehindAll()(() => delivered.push('nothing open'));
    assert.equal(delivered.at(-1), 'nothing open');
    assert.equal(order.size, 0);
  });

  it('delivers each place once, even when it is finished twice', () => {
    const order = new InOrder();
    const blocked = order.take('a');
    const place = order.take('a');
    const delivered: string[] = [];
    place(() => delivered.push('once'));
    place(() => delivered.push('twice'));
    blocked(() => undefined);
    assert.deepEqual(delivered, ['once']);
  });

  it('lets a delivery take the next place of its own line', () => {
    const order = new InOrder();
    const delivered: string[] = [];
    order.take('a')(() => order.take('a')(() => delivered.push('inner')));
    assert.deepEqual(delivered, ['inner']);
    assert.equal(order.size, 0);
  });
});
