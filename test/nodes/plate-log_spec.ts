import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import helper = require('node-red-node-test-helper');
import type { NodeInitializer } from 'node-red';
import type { AlprMessage } from '../../src/node-red/message.js';
import type { Visit } from '../../src/log/sql/find.js';
import { DAY, event, until } from '../log/events.js';
import { bytesOf, temporaryFolder } from '../log/temporary.js';
import plateLog = require('../../nodes/plate-log/plate-log.js');
import { findPostgres, startPostgres } from '../support/postgres-server.js';
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';

describe('plate-log', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  withRuntime();
  const file = (): string => folder.path('plates.db');

  function load(settings: Record<string, unknown> = {}, credentials: Record<string, string> = {}): Promise<Running> {
    return loadFlow(
      [plateLog as NodeInitializer],
      [
        { id: 'n', type: 'alpr-plate-log', file: file(), events: 'all', ...settings, wires: [['stored'], ['answers']] },
        { id: 'stored', type: 'helper' },
        { id: 'answers', type: 'helper' },
      ],
      ['n'],
      { n: credentials },
    );
  }
  const seen = (plate: string, given: object = {}): AlprMessage => {
    const now = Date.now();
    return { topic: 'gate', payload: event({ plate, firstSeen: now, lastSeen: now, ...given }) };
  };
  async function ask(run: Running, action: string, payload?: unknown): Promise<Record<string, unknown>> {
    const before = run.inbox('answers').messages.length;
    run.receive('n', { action, payload } as AlprMessage);
    return (await run.inbox('answers').wait(before + 1))[before]!.payload as Record<string, unknown>;
  }
  interface Caught {
    topic?: string;
    error: { message: string; code?: string };
  }
  const caught = (run: Running): Caught[] => run.inbox('errors').messages as unknown as Caught[];
  /** Of a message; what the log says by itself has the topic `log`. */
  async function errorOf(run: Running, index = 0): Promise<Caught['error']> {
    const ofMessages = (): Caught[] => caught(run).filter(({ topic }) => topic !== 'log');
    await until(() => ofMessages().length > index, 'an error');
    return ofMessages()[index]!.error;
  }

  it('passes events on, unchanged and in order, when they are stored', async () => {
    const run = await load();
    const sent = ['AB1', 'CD2', 'EF3'].map((plate) => ({ ...seen(plate), gate: { open: plate } }));
    for (const msg of sent) run.receive('n', msg);
    const stored = await run.inbox('stored').wait(3);
    assert.deepEqual(
      stored.map(({ payload, topic, ...rest }) => ({ payload, topic, gate: rest['gate' as never] })),
      sent.map(({ payload, topic, gate }) => ({ payload, topic, gate })),
    );
    await run.inbox('completed').wait(3);
    assert.equal(run.inbox('answers').messages.length, 0);
    const { visits } = await ask(run, 'search', { order: 'oldest' });
    assert.deepEqual((visits as Visit[]).map(({ plate }) => plate).sort(), ['AB1', 'CD2', 'EF3']);
  });

  it('answers every question on the second output, with what else the message carries', async () => {
    const run = await load();
    for (const plate of ['AB1XYZ', 'AB1XYZ', 'CD2']) run.receive('n', seen(plate));
    run.receive('n', { action: 'search', payload: 'b1', _session: 7 } as AlprMessage);
    const [answer] = await run.inbox('answers').wait(1);
    assert.equal((answer as unknown as { _session: number })._session, 7);
    assert.equal((answer!.payload as { visits: Visit[] }).visits.length, 2, 'those that came just before are found');
    const plates = (await ask(run, 'visits', { order: 'visits' }))['plates'] as { plate: string; visits: number }[];
    assert.deepEqual(
      plates.map(({ plate, visits }) => [plate, visits]),
      [
        ['AB1XYZ', 2],
        ['CD2', 1],
      ],
    );
    const statistics = await ask(run, 'statistics', { last: '24h', timeZone: 'UTC' });
    assert.deepEqual([statistics['visits'], statistics['plates'], statistics['action']], [3, 2, 'statistics']);
    const exported = await ask(run, 'export', { path: folder.path('out.csv'), separator: ';' });
    assert.deepEqual(exported, { action: 'export', path: folder.path('out.csv'), visits: 3 });
    assert.equal(fs.readFileSync(folder.path('out.csv'), 'utf8').split('\r\n').length, 5);
    const beside = await ask(run, 'export');
    assert.equal(path.dirname(beside['path'] as string), folder.path());
    const forgot = await ask(run, 'forget', 'ab1xyz');
    assert.deepEqual(forgot, { action: 'forget', visits: 2, thumbnails: 0, corrections: 0, erased: true });
    const { visits, forgotten } = await ask(run, 'status');
    assert.deepEqual([visits, forgotten], [1, 2]);
    assert.equal((await ask(run, 'vacuum'))['action'], 'vacuum');
    assert.ok(!bytesOf(file()).includes('AB1XYZ'));
    assert.equal(run.inbox('stored').messages.length, 3, 'answers do not leave by the first output');
  });

  it('keeps pictures when it is asked to, and no others', async () => {
    const images = { plate: Buffer.from('PLATE-JPEG'), frame: Buffer.from('FRAME-JPEG') };
    const without = await load({ thumbnails: false });
    without.receive('n', seen('AB1', { images }));
    await without.inbox('stored').first();
    assert.ok(!bytesOf(file()).includes('PLATE-JPEG'));
    await helper.unload();
    const run = await load({ thumbnails: true });
    run.receive('n', seen('CD2', { images }));
    const { visits } = await ask(run, 'search', { plate: 'CD2', pictures: true });
    const [visit] = visits as Visit[];
    assert.ok(Buffer.isBuffer(visit!.images!.plate));
    assert.equal(visit!.images!.plate!.toString(), 'PLATE-JPEG');
    assert.ok(!bytesOf(file()).includes('FRAME-JPEG'));
  });

  it('stores visits from their final on, and passes the other events on as well', async () => {
    const run = await load({ events: 'final' });
    for (const step of ['provisional', 'final', 'left'] as const)
      run.receive('n', seen('AB1', { id: 'v', event: step }));
    run.receive('n', seen('CD2', { id: 'w', event: 'provisional' }));
    run.receive('n', seen('CD2', { id: 'w', event: 'left' }));
    await run.inbox('stored').wait(5);
    const { visits } = await ask(run, 'search');
    assert.deepEqual(
      (visits as Visit[]).map(({ plate, event: step }) => [plate, step]),
      [['AB1', 'left']],
    );
  });

  it('deletes what is too old when it starts', async () => {
    const old = Date.now() - 10 * DAY;
    const first = await load({ keepDays: 0 });
    first.receive('n', seen('OLD1', { firstSeen: old, lastSeen: old }));
    first.receive('n', seen('NEW1'));
    await first.inbox('stored').wait(2);
    await helper.unload();
    const run = await load({ keepDays: 5 });
    await until(async () => (await ask(run, 'status'))['visits'] === 1, 'the old one to go');
    await until(() => !bytesOf(file()).includes('OLD1'), 'its bytes to go');
  });

  it('shows how many there are and how large, and stores nothing of a message that ends a source', async () => {
    const run = await load();
    run.receive('n', seen('AB1'));
    run.receive('n', { topic: 'gate', complete: true });
    await until(() => run.statuses('n').some(({ text }) => /^1 visit, 0\.\d MB$/.test(text ?? '')), 'a status');
    await run.inbox('completed').wait(2);
    assert.equal(run.inbox('stored').messages.length, 1);
    assert.equal(run.statuses('n').at(-1)!.fill, 'green');
  });

  for (const [title, msg, code, message] of [
    ['no event', { payload: 7 }, 'ALPR_LOG_EVENT', /Expected a plate event in msg.payload but received 7/],
    ['an action that is none', { action: 'delete' }, 'ALPR_LOG_QUERY', /one of search, visits, .* received "delete"/],
    ['an action that is no text', { action: 7 }, 'ALPR_LOG_QUERY', /in msg.action but received "7"/],
    ['to forget nobody', { action: 'forget', payload: {} }, 'ALPR_LOG_QUERY', /text of a plate for plate/],
  ] as [string, object, string, RegExp][]) {
    it(`says what is wrong with ${title}, and goes on`, async () => {
      const run = await load();
      run.receive('n', msg as AlprMessage);
      const error = await errorOf(run);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      run.receive('n', seen('AB1'));
      await run.inbox('stored').first();
      await run.inbox('completed').wait(1);
    });
  }

  it('refuses a wrong key in red, again and again, and leaves the file alone', async () => {
    const first = await load({}, { key: 'right key' });
    first.receive('n', seen('READABLE1'));
    await first.inbox('stored').first();
    assert.ok(!bytesOf(file()).includes('READABLE1'));
    await helper.unload();
    const before = fs.readFileSync(file());
    const run = await load({}, { key: 'wrong key' });
    run.receive('n', seen('CD2'));
    run.receive('n', { action: 'search' } as AlprMessage);
    for (const index of [0, 1]) {
      const { code, message } = await errorOf(run, index);
      assert.equal(code, 'ALPR_LOG_WRONG_KEY');
      assert.ok(!/right key|wrong key[^ ]/.test(message.replace('wrong key or', '')), message);
    }
    await until(() => run.statuses('n').at(-1)?.text === 'wrong key', 'a status');
    assert.equal(run.statuses('n').at(-1)!.fill, 'red');
    assert.deepEqual(fs.readFileSync(file()), before);
  });

  it('says once, in the log and in red, that its folder cannot be used', async () => {
    fs.writeFileSync(folder.path('no-folder'), '');
    const run = await load({ file: folder.path('no-folder', 'plates.db') });
    run.receive('n', seen('AB1'));
    assert.equal((await errorOf(run)).code, 'ALPR_LOG_FOLDER');
    await until(() => run.statuses('n').at(-1)?.text === 'folder', 'a status');
    run.receive('n', seen('AB1'));
    await errorOf(run, 1);
    await settle();
    const own = caught(run).filter(({ topic }) => topic === 'log');
    assert.deepEqual(
      own.map(({ error }) => error.code),
      ['ALPR_LOG_FOLDER'],
    );
  });

  it('says what is wrong with its settings, and fails every message with it', async () => {
    const run = await load({ place: 'server', url: 'postgres://alpr:hunter2@host/db', keepDays: 7 });
    run.receive('n', seen('AB1'));
    const { code, message } = await errorOf(run);
    assert.equal(code, 'ALPR_SETTINGS');
    assert.match(message, /the password in its own field/);
    assert.ok(!message.includes('hunter2'));
    await helper.unload();
    const other = await load({ keepDays: -1, maxMegabytes: 'much', place: 'cloud' });
    other.receive('n', seen('AB1'));
    const all = await errorOf(other);
    for (const text of ['keepDays', 'maxMegabytes', 'place']) assert.ok(all.message.includes(text), all.message);
    assert.ok(!fs.existsSync(file()));
  });

  it('loses nothing that was acknowledged when the flow is deployed again in a burst', async () => {
    const run = await load();
    for (let n = 0; n < 2000; n++) run.receive('n', seen('AB1', { id: `b${n}` }));
    await run.inbox('stored').wait(50);
    const passedOn = run.inbox('stored').messages;
    await helper.unload();
    const ids = passedOn.map(({ payload }) => (payload as { id: string }).id);
    const again = await load();
    const { visits } = await ask(again, 'search', { limit: 10_000 });
    const stored = new Set((visits as Visit[]).map(({ id }) => id));
    assert.ok(ids.length >= 50);
    for (const id of ids) assert.ok(stored.has(id), id);
  });

  it('stores on PostgreSQL with a password from the credentials', async function () {
    const bin = findPostgres();
    if (bin === undefined && process.env['CI'] === undefined) {
      console.log('      Skipped: PostgreSQL is not installed');
      return this.skip();
    }
    const server = await startPostgres(bin!);
    try {
      const run = await load({ place: 'server', url: server.url }, { secret: server.password });
      run.receive('n', seen('AB1'));
      await run.inbox('stored').first();
      assert.equal(server.query('SELECT plate FROM alpr_visits'), 'AB1');
      assert.equal((await ask(run, 'forget', 'AB1'))['visits'], 1);
      assert.equal(server.query('SELECT COUNT(*) FROM alpr_visits'), '0');
    } finally {
      await helper.unload();
      server.remove();
    }
  });
});
