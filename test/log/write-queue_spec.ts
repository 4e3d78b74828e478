import assert from 'node:assert/strict';
import { LogError } from '../../src/log/errors.js';
import type { Entry } from '../../src/log/visit.js';
import { WriteQueue } from '../../src/log/write-queue.js';
import { entry, until } from './events.js';

const soon = { first: 5, longest: 20 };

/** A database that does what it is told. */
class FakeDatabase {
  readonly batches: string[][] = [];
  failure: ((ids: string[]) => Error | undefined) | undefined;
  hold: Promise<void> = Promise.resolve();

  readonly write = async (entries: Entry[]): Promise<void> => {
    const ids = entries.map(({ visit }) => visit.id);
    await this.hold;
    const error = this.failure?.(ids);
    if (error !== undefined) throw error;
    this.batches.push(ids);
  };
}

const event = (id: string): Entry => entry({ id });
const full = new LogError('ALPR_LOG_DISK_FULL', 'Expected room but received none');

describe('The queue of a log', () => {
  it('gathers what comes while a transaction is written', async () => {
    const database = new FakeDatabase();
    const queue = new WriteQueue(database.write);
    await Promise.all(Array.from({ length: 1200 }, (_, n) => queue.append(event(`${n}`))));
    assert.deepEqual(
      database.batches.map(({ length }) => length),
      [1, 500, 500, 199],
    );
  });

  it('acknowledges nothing that is not written', async () => {
    const database = new FakeDatabase();
    let letGo = (): void => undefined;
    database.hold = new Promise((resolve) => (letGo = resolve));
    const queue = new WriteQueue(database.write);
    let acknowledged = false;
    const stored = queue.append(event('a')).then(() => (acknowledged = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual([acknowledged, queue.size], [false, 1]);
    letGo();
    await stored;
    assert.deepEqual([database.batches, queue.size], [[['a']], 0]);
  });

  it('tries again while the trouble may pass, keeps the order, and tells when it begins and ends', async () => {
    const database = new FakeDatabase();
    database.failure = () => full;
    const told: (string | undefined)[] = [];
    const queue = new WriteQueue(database.write, { retryMs: soon, onTrouble: (error) => told.push(error?.message) });
    const all = ['a', 'b', 'c'].map((id) => queue.append(event(id)));
    await until(() => queue.trouble !== undefined, 'trouble');
    await queue.settled();
    database.failure = undefined;
    await Promise.all(all);
    assert.deepEqual(database.batches.flat(), ['a', 'b', 'c']);
    assert.deepEqual(told, [full.message, undefined]);
  });

  it('gives an event up after its time, with the reason', async () => {
    const database = new FakeDatabase();
    database.failure = () => full;
    const queue = new WriteQueue(database.write, { retryMs: soon, giveUpMs: 30 });
    await assert.rejects(queue.append(event('a')), full);
    assert.equal(queue.size, 0);
    database.failure = undefined;
    await queue.append(event('b'));
    assert.deepEqual(database.batches, [['b']]);
  });

  it('gives up at once what waiting does not mend', async () => {
    const database = new FakeDatabase();
    const wrong = new LogError('ALPR_LOG_WRONG_KEY', 'Expected a log but received another');
    database.failure = () => wrong;
    const queue = new WriteQueue(database.write, { retryMs: soon });
    const results = await Promise.allSettled(['a', 'b', 'c'].map((id) => queue.append(event(id))));
    for (const result of results) assert.equal(result.status === 'rejected' && result.reason, wrong);
    assert.equal(queue.trouble, wrong);
  });

  it('finds the one event that is refused, and writes all others', async () => {
    const database = new FakeDatabase();
    database.failure = (ids) => (ids.includes('bad') ? new Error('refused') : undefined);
    const queue = new WriteQueue(database.write, { retryMs: soon });
    const ids = ['first', ...Array.from({ length: 30 }, (_, n) => `${n}`), 'bad', 'last', 'later'];
    const results = await Promise.allSettled(ids.map((id) => queue.append(event(id))));
    assert.deepEqual(
      results.map(({ status }, index) => (status === 'rejected' ? ids[index] : undefined)).filter(Boolean),
      ['bad'],
    );
    assert.deepEqual(
      database.batches.flat(),
      ids.filter((id) => id !== 'bad'),
    );
    assert.equal(queue.trouble, undefined);
  });

  it('tries once more when it is closed, and says how many are lost', async () => {
    const database = new FakeDatabase();
    database.failure = () => full;
    const patient = { first: 60_000, longest: 60_000 };
    const queue = new WriteQueue(database.write, { retryMs: patient });
    const lost = ['a', 'b'].map((id) => queue.append(event(id)));
    const results = Promise.allSettled(lost);
    await until(() => queue.trouble !== undefined, 'trouble');
    assert.equal(await queue.close(), 2);
    for (const result of await results) assert.equal(result.status === 'rejected' && result.reason, full);
    await assert.rejects(queue.append(event('c')), { code: 'ALPR_LOG_CLOSED' });

    const mended = new FakeDatabase();
    mended.failure = () => full;
    const other = new WriteQueue(mended.write, { retryMs: patient });
    const kept = ['a', 'b'].map((id) => other.append(event(id)));
    await until(() => other.trouble !== undefined, 'trouble');
    mended.failure = undefined;
    assert.equal(await other.close(), 0);
    await Promise.all(kept);
    assert.deepEqual(mended.batches.flat(), ['a', 'b']);
  });
});
