import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NodeInitializer } from 'node-red';
import { FramePool } from '../../src/frame/pool.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import outbox = require('../../nodes/outbox/outbox.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';

const mark = (msg: AlprMessage): { node: string; id: number; attempt: number } => msg['_alprOutbox'] as never;

describe('outbox', () => {
  withRuntime();
  let folder = '';
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-outbox-node-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  function load(settings: Record<string, unknown> = {}): Promise<Running> {
    return loadFlow(
      [outbox as NodeInitializer],
      [
        { id: 'n', type: 'alpr-outbox', folder, retrySeconds: 0.1, ...settings, wires: [['out'], ['lost']] },
        ...['out', 'lost'].map((id) => ({ id, type: 'helper' })),
      ],
    );
  }
  /** Hands in messages and waits until each is answered. */
  async function receive(run: Running, ...messages: object[]): Promise<void> {
    const answered = (): number => run.inbox('completed').messages.length + run.inbox('errors').messages.length;
    const before = answered();
    for (const msg of messages) run.receive('n', msg as AlprMessage);
    while (answered() < before + messages.length) await settle(5);
  }

  it('sends a message with a mark, and the next when the marked one came back', async () => {
    const run = await load();
    await receive(run, { payload: 'a', topic: 't', qos: 1 }, { payload: 'b' });
    const first = await run.inbox('out').first();
    assert.deepEqual(
      [first.payload, first.topic, first['qos'], mark(first).node, mark(first).attempt],
      ['a', 't', 1, 'n', 1],
    );
    await receive(run, { ...first });
    const [, second] = await run.inbox('out').wait(2);
    assert.equal(second!.payload, 'b');
    await receive(run, { ...second! });
    await settle(50);
    assert.deepEqual(fs.readdirSync(folder), ['lock']);
  });

  it('is done with a message when the disk has it', async () => {
    const run = await load();
    run.receive('n', { payload: 'AB12CD' });
    await run.inbox('completed').first();
    const kept = fs.readdirSync(folder).filter((name) => name.endsWith('.log'));
    assert.ok(fs.readFileSync(path.join(folder, kept[0]!)).includes('AB12CD'));
  });

  it('does not keep pixels, and lets the frame go', async () => {
    const run = await load();
    const frame = new FramePool().acquire({ cameraId: 'gate', sequence: 1, timestamp: 1, width: 64, height: 48 });
    await receive(run, { payload: { plate: 'AB12CD' }, frame, plates: [{}], vehicles: [{}] });
    const out = await run.inbox('out').first();
    assert.deepEqual(Object.keys(out).sort(), ['_alprOutbox', '_msgid', 'payload']);
  });

  it('takes the mark of another outbox for a part of a message like others', async () => {
    const run = await load();
    await receive(run, { payload: 'a', _alprOutbox: { node: 'another', id: 5, attempt: 1 } });
    assert.equal(mark(await run.inbox('out').first()).node, 'n');
  });

  const failures: [string, object][] = [
    ['a catch node', { error: { message: 'no' } }],
    ['a web server in trouble', { statusCode: 503 }],
    ['a web server that is not there', { statusCode: 'ECONNREFUSED' }],
    ['a web server that does not know us', { statusCode: 401 }],
  ];
  for (const [title, reply] of failures) {
    it(`sends again after the answer of ${title}`, async () => {
      const run = await load();
      await receive(run, { payload: 'a' });
      const first = await run.inbox('out').first();
      await receive(run, { ...first, ...reply });
      const [, again] = await run.inbox('out').wait(2);
      assert.deepEqual([again!.payload, mark(again!).id, mark(again!).attempt], ['a', mark(first).id, 2]);
    });
  }

  it('gives up what a web server refuses, and says so on the second output', async () => {
    const run = await load();
    await receive(run, { payload: 'a' }, { payload: 'b' });
    const first = await run.inbox('out').first();
    await receive(run, { ...first, payload: 'wrong', statusCode: 400 });
    const lost = await run.inbox('lost').first();
    assert.deepEqual([lost.payload, lost['outbox']], ['a', { reason: 'refused', text: 'refused' }]);
    assert.equal((await run.inbox('out').wait(2))[1]!.payload, 'b');
  });

  const mqttStatus = (text: string): object => ({ status: { text, source: { id: 'm', type: 'mqtt out' } } });
  it('waits while mqtt out is not connected, whatever other nodes show', async () => {
    const run = await load();
    await receive(run, mqttStatus('node-red:common.status.disconnected'), { payload: 'a' });
    await receive(run, mqttStatus('node-red:common.status.connecting'), mqttStatus('requesting'));
    await settle(200);
    assert.deepEqual(run.inbox('out').messages, []);
    await receive(run, mqttStatus('node-red:common.status.connected'));
    assert.equal((await run.inbox('out').first()).payload, 'a');
  });

  it('takes msg.connected for the same, but keeps a message that only has such a property', async () => {
    const run = await load();
    await receive(run, { connected: false }, { payload: 'a', connected: true, status: { source: 1 } });
    await settle(100);
    assert.deepEqual(run.inbox('out').messages, []);
    await receive(run, { connected: true });
    assert.deepEqual((await run.inbox('out').first())['connected'], true);
  });

  it('deletes what waits when it is told to', async () => {
    const run = await load();
    await receive(run, { connected: false }, { payload: 'a' }, { payload: 'b' }, { action: 'clear' });
    await settle(50);
    assert.deepEqual(fs.readdirSync(folder), ['lock']);
  });

  it('delivers after a new start what the last one left', async () => {
    let run = await load();
    await receive(run, { connected: false }, { payload: Buffer.from([1, 2, 255]) });
    await new Promise<void>((resolve) =>
      (run.node('n') as unknown as { close(removed: boolean): Promise<void> }).close(false).then(resolve),
    );
    const helper = await import('node-red-node-test-helper');
    await helper.default.unload();
    run = await load();
    assert.deepEqual((await run.inbox('out').first()).payload, Buffer.from([1, 2, 255]));
  });

  it('refuses what cannot be kept, and says what that is', async () => {
    const run = await load();
    await receive(run, { payload: { count: 1n } });
    const { message, code } = (await run.inbox('errors').first())['error'] as { message: string; code: string };
    assert.equal(code, 'ALPR_OUTBOX_MESSAGE');
    assert.match(message, /Expected only what JSON and Buffers can carry in msg\.payload\.count but received a bigint/);
  });

  it('fails every message while its folder cannot be used, and works when it can', async () => {
    const file = path.join(folder, 'file');
    fs.writeFileSync(file, '');
    const run = await load({ folder: file });
    // Said once without a message: nobody may send one for days.
    const said = (await run.inbox('errors').first())['error'] as { message: string };
    run.receive('n', { payload: 'a' });
    const [, failed] = await run.inbox('errors').wait(2);
    const { message, code } = failed!['error'] as { message: string; code: string };
    assert.equal(code, 'ALPR_OUTBOX_DISK');
    for (const text of [said.message, message]) assert.match(text, /Expected to make the folder .* but received/);
    fs.rmSync(file);
    await receive(run, { payload: 'b' });
    assert.equal((await run.inbox('out').first()).payload, 'b');
  });

  it('says what is wrong with its settings', async () => {
    const run = await load({ inFlight: 0, maxAgeHours: 'x' });
    await receive(run, { payload: 'a' });
    const { message } = (await run.inbox('errors').first())['error'] as { message: string };
    assert.match(message, /for inFlight but received 0; Expected a number .* for maxAgeHours but received "x"/);
  });
});
