import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import { FramePool } from '../../src/frame/pool.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import homeAssistant = require('../../nodes/home-assistant/home-assistant.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';

const event = (more: object = {}): AlprMessage => ({
  payload: {
    ...{ version: 1, event: 'final', id: 'a', camera: 'gate', plate: 'AB12CD', normalised: 'AB12CD', confidence: 0.9 },
    ...{ characters: [], candidates: [], reads: 3, agreeing: 3, box: { x1: 0, y1: 0, x2: 9, y2: 9 } },
    ...{ firstSeen: 1, lastSeen: 2, frames: 3, ...more },
  },
});

describe('home-assistant', () => {
  withRuntime();
  let count = 0;

  /** Each with an id of its own: what a node announced is remembered under it. */
  function load(settings: Record<string, unknown> = {}): Promise<Running & { id: string }> {
    const id = `ha${process.pid}-${++count}`;
    return loadFlow(
      [homeAssistant as NodeInitializer],
      [
        { id, type: 'alpr-home-assistant', ...settings, wires: [['out']] },
        { id: 'out', type: 'helper' },
      ],
      [id],
    ).then((run) => ({ ...run, id }));
  }
  async function receive(run: Running & { id: string }, ...messages: object[]): Promise<void> {
    const answered = (): number => run.inbox('completed').messages.length + run.inbox('errors').messages.length;
    const before = answered();
    for (const msg of messages) run.receive(run.id, msg as AlprMessage);
    while (answered() < before + messages.length) await settle(5);
    await settle(20);
  }
  const topics = (run: Running): string[] => run.inbox('out').messages.map(({ topic }) => String(topic));
  const config = 'homeassistant/device/plateflow_gate/config';

  it('sends messages as mqtt out takes them, the announcement first', async () => {
    const run = await load();
    await receive(run, event());
    assert.deepEqual(topics(run), [
      config,
      'plateflow/status',
      'plateflow/gate/event',
      'plateflow/gate/last_plate/attributes',
      'plateflow/gate/last_plate',
      'plateflow/gate/reads_today',
    ]);
    for (const msg of run.inbox('out').messages) {
      assert.deepEqual([typeof msg.payload, typeof msg['retain'], msg['qos']], ['string', 'boolean', 1]);
    }
  });

  it('announces everything when Home Assistant starts or the broker connects, and not when they go', async () => {
    const run = await load();
    await receive(run, event());
    const before = topics(run).length;
    const status = (text: string): object => ({ status: { text, source: { type: 'mqtt out' } } });
    await receive(
      run,
      { topic: 'homeassistant/status', payload: 'offline' },
      status('node-red:common.status.disconnected'),
      status('another text'),
    );
    assert.equal(topics(run).length, before);
    await receive(
      run,
      { topic: 'homeassistant/status', payload: Buffer.from('online') },
      status('node-red:common.status.connected'),
      { connected: true },
      { action: 'announce' },
    );
    assert.deepEqual(topics(run).slice(before), Array(4).fill([config, 'plateflow/status']).flat());
  });

  it('takes frames, ends and errors of a source for news of the camera', async () => {
    const run = await load();
    const frame = new FramePool().acquire({ cameraId: 'gate', sequence: 1, timestamp: 1, width: 64, height: 48 });
    const states = (): unknown[] =>
      run
        .inbox('out')
        .messages.filter(({ topic }) => topic === 'plateflow/gate/camera_ok')
        .map(({ payload }) => payload);
    await receive(run, { frame, topic: 'gate', payload: Buffer.from('jpeg'), timings: { decode: 1, vehicles: 20 } });
    assert.deepEqual(states(), ['ON']);
    await receive(run, { complete: true, topic: 'gate' });
    await receive(run, { frame }, { error: { message: 'ffmpeg ended' }, topic: 'gate' });
    assert.deepEqual(states(), ['ON', 'OFF', 'ON', 'OFF']);
  });

  it('takes an event that carries its frame for an event', async () => {
    const run = await load();
    const frame = new FramePool().acquire({ cameraId: 'gate', sequence: 1, timestamp: 1, width: 64, height: 48 });
    await receive(run, { ...event(), frame });
    assert.ok(topics(run).includes('plateflow/gate/event'));
    assert.ok(!topics(run).includes('plateflow/gate/camera_ok'));
  });

  it('removes a camera, and moves old topics', async () => {
    const run = await load();
    await receive(run, event(), { action: 'migrate', payload: 'homeassistant/sensor/plate/config' });
    assert.ok(topics(run).includes('homeassistant/sensor/plate/config'));
    await receive(run, { action: 'remove', payload: 'gate' });
    const last = run
      .inbox('out')
      .messages.filter(({ topic }) => topic === config)
      .at(-1)!;
    assert.deepEqual([last.payload, last['retain']], ['', true]);
    await receive(run, { action: 'migrate', payload: [1] });
    const { message } = (await run.inbox('errors').first())['error'] as { message: string };
    assert.match(message, /Expected the old discovery topics as payload of migrate but received an array of 1/);
  });

  it('refuses what is none of its business, and says what it wants', async () => {
    const run = await load();
    for (const payload of ['AB12CD', 3, null, {}, []]) await receive(run, { payload });
    const errors = run.inbox('errors').messages.map((msg) => msg['error'] as { message: string; code: string });
    assert.equal(errors.length, 5);
    for (const { message, code } of errors) {
      assert.equal(code, 'ALPR_EVENT');
      assert.match(
        message,
        /Expected a plate event, a miss, a frame, a camera's report or news of the broker but received /,
      );
    }
    assert.deepEqual(topics(run), []);
  });

  it('says what is wrong with its settings', async () => {
    const run = await load({ base: 'a/#', plates: '---', seenSeconds: 0 });
    await receive(run, event());
    const { message } = (await run.inbox('errors').first())['error'] as { message: string };
    for (const name of ['base', 'plates', 'seenSeconds'])
      assert.match(message, new RegExp(`Expected .* for ${name} but received`));
  });
});
