import assert from 'node:assert/strict';
import { openLog } from '../../src/log/open.js';
import { searchQuery } from '../../src/log/query.js';
import { event, NOON, user } from './events.js';
import { temporaryFolder } from './temporary.js';

const STORED = { events: 'all' as const, pictures: true };

describe('A burst of 10 000 events', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();

  it('is stored whole, in few transactions, and everything acknowledged is there', async () => {
    const { log, close } = openLog({ file: folder.path('plates.db'), key: '' }, user());
    const images = { plate: Buffer.alloc(5000, 3) };
    const acknowledged: string[] = [];
    let most = 0;
    await Promise.all(
      Array.from({ length: 10_000 }, async (_, n) => {
        const id = `b${n}`;
        const stored = log.append(event({ id, images, firstSeen: NOON + n, lastSeen: NOON + n }), STORED);
        most = Math.max(most, log.waiting);
        await stored;
        acknowledged.push(id);
      }),
    );
    assert.equal(most, 10_000, 'all of them waited at once');
    assert.deepEqual(
      acknowledged,
      Array.from({ length: 10_000 }, (_, n) => `b${n}`),
      'in the order in which they came',
    );
    assert.equal(log.waiting, 0);
    const { rows } = await log.search(searchQuery({ limit: 10_000, order: 'oldest' }));
    assert.deepEqual(
      rows.map(({ id }) => id),
      acknowledged,
    );
    assert.equal(await close(), 0);
  });

  it('takes no more memory than it may: what is too much is refused, and said to be', async () => {
    const limits = { maxEvents: 1000, maxBytes: 2_000_000 };
    const { log, close } = openLog({ file: folder.path('plates.db'), key: '' }, user(), { queue: limits });
    const images = { plate: Buffer.alloc(10_000, 3) };
    const results = await Promise.allSettled(
      Array.from({ length: 10_000 }, (_, n) => log.append(event({ id: `b${n}`, images }), STORED)),
    );
    const stored = results.filter(({ status }) => status === 'fulfilled').length;
    assert.ok(stored >= 170 && stored <= 1000, `${stored} were stored`);
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      const { code, message } = result.reason as { code: string; message: string };
      assert.equal(code, 'ALPR_LOG_BUSY');
      assert.equal(message, 'Expected at most 1000 events or 2 MiB waiting but received one more');
    }
    assert.equal((await log.look()).visits, stored);
    await close();
  });
});
