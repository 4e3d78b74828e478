import assert from 'node:assert/strict';
import type { LogError } from '../../src/log/errors.js';
import { openLog, type LogHandle } from '../../src/log/open.js';
import { forgetQuery, searchQuery } from '../../src/log/query.js';
import { findPostgres, freePort, startPostgres, type PostgresServer } from '../support/postgres-server.js';
import { event, until, user } from './events.js';

const STORED = { events: 'all' as const, pictures: true };
const soon = { queue: { retryMs: { first: 50, longest: 200 } } };

describe('A log on PostgreSQL in bad times', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  const open: LogHandle[] = [];

  before(async function () {
    this.timeout(120_000);
    const bin = findPostgres();
    if (bin !== undefined) {
      server = await startPostgres(bin);
      return;
    }
    if (process.env['CI'] !== undefined) throw new Error('Expected PostgreSQL but found none');
    console.log('      Skipped: PostgreSQL is not installed');
    this.skip();
  });
  after(() => server?.remove());
  afterEach(async () => {
    for (const handle of open.splice(0)) await handle.close();
  });

  function use(url = server.url, secret = server.password): LogHandle['log'] {
    const handle = openLog({ url, secret }, user(), soon);
    open.push(handle);
    return handle.log;
  }

  it('goes on when the server comes back, with all events once and in order', async () => {
    const log = use();
    const acknowledged: string[] = [];
    const send = async (n: number): Promise<void> => {
      await log.append(event({ id: `o${n}`, firstSeen: n, lastSeen: n }), STORED);
      acknowledged.push(`o${n}`);
    };
    await send(0);
    let n = 1;
    const running: Promise<void>[] = [];
    const timer = setInterval(() => running.push(send(n++)), 5);
    try {
      for (const how of ['immediate', 'fast'] as const) {
        server.stop(how);
        await until(() => log.trouble !== undefined && log.waiting > 5, 'events to wait');
        assert.equal((log.trouble as LogError).code, 'ALPR_LOG_SERVER');
        assert.ok(!log.trouble!.message.includes(server.password));
        await assert.rejects(log.search(searchQuery({})), { code: 'ALPR_LOG_SERVER' });
        server.start();
        await until(() => log.trouble === undefined, 'the server to be found again');
      }
    } finally {
      clearInterval(timer);
    }
    await Promise.all(running);
    const { rows } = await log.search(searchQuery({ limit: 10_000, order: 'oldest' }));
    assert.deepEqual(
      rows.map(({ id }) => id),
      Array.from({ length: n }, (_, k) => `o${k}`),
    );
    assert.equal(acknowledged.length, n);
  });

  it('survives that its connections are ended, also idle ones', async () => {
    const log = use();
    await log.append(event({ id: 'before' }), STORED);
    server.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'node-red plate-log'",
    );
    await log.append(event({ id: 'after' }), STORED);
    const ids = (await log.search(searchQuery({}))).rows.map(({ id }) => id);
    assert.ok(ids.includes('before') && ids.includes('after'));
  });

  const refused: [string, () => [string, string], string][] = [
    ['a wrong password', () => [server.url, 'wrong'], 'ALPR_LOG_LOGIN'],
    ['no password', () => [server.url, ''], 'ALPR_LOG_LOGIN'],
    ['a user that is none', () => [server.url.replace('alpr@', 'nobody@'), server.password], 'ALPR_LOG_LOGIN'],
    ['a database that is none', () => [`${server.url}x`, server.password], 'ALPR_LOG_LOGIN'],
  ];
  for (const [title, place, code] of refused) {
    it(`is refused ${title}: events fail at once, and nothing secret is told`, async () => {
      const [url, secret] = place();
      const log = use(url, secret);
      await assert.rejects(log.append(event({ plate: 'PRIVATE1' }), STORED), (error: LogError) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, /^Expected postgres:\/\/.+ to let this user in \(check user, password/);
        assert.ok(!error.message.includes(server.password) && !error.message.includes('PRIVATE1'));
        return true;
      });
    });
  }

  it('may not make tables where it has no right to', async () => {
    server.query("CREATE ROLE guest LOGIN PASSWORD 'guest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    const url = server.url.replace('alpr@', 'guest@');
    server.query('DROP TABLE IF EXISTS alpr_visits, alpr_thumbnails, alpr_meta, alpr_counters');
    await assert.rejects(use(url, 'guest').append(event(), STORED), {
      code: 'ALPR_LOG_LOGIN',
      message: /permission denied/,
    });
  });

  it('waits for a server that is not there yet', async () => {
    const log = use(`postgres://alpr@127.0.0.1:${await freePort()}/postgres`);
    void log.append(event(), STORED).catch(() => undefined);
    await until(() => log.trouble !== undefined, 'trouble');
    assert.equal((log.trouble as LogError).code, 'ALPR_LOG_SERVER');
    assert.match(log.trouble!.message, /ECONNREFUSED/);
    assert.equal(await open.splice(0)[0]!.close(), 1, 'one event is lost when it is closed');
  });

  it('writes the tables anew when a plate is forgotten', async () => {
    const log = use();
    await log.append(event({ plate: 'QQZZ1' }), STORED);
    const file = (): string => server.query("SELECT pg_relation_filepath('alpr_visits')");
    const before = file();
    const forgot = await log.forget(forgetQuery('QQZZ1'));
    assert.deepEqual([forgot.visits, forgot.erased], [1, true]);
    assert.notEqual(file(), before);
  });
});
