import assert from 'node:assert/strict';
import type { Node, NodeAPI, NodeInitializer } from 'node-red';
import helper = require('node-red-node-test-helper');
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import { handleInput, type InputHandler, type InputOptions, type InputQueue } from '../../src/node-red/handle-input.js';
import { StatusLine } from '../../src/node-red/status.js';
import { loadFlow, settle, withRuntime, type FlowNode } from '../support/node-red-flow.js';

const pool = new FramePool();
function frame(cameraId: string, sequence: number): Frame {
  return pool.acquire({ cameraId, sequence, timestamp: sequence, width: 4, height: 4 });
}

/** A node type whose handler the test brings along. */
function nodeWith(handler: InputHandler, options: Partial<InputOptions> = {}) {
  const made: { queue?: InputQueue } = {};
  const initializer = (RED: NodeAPI): void => {
    RED.nodes.registerType('under-test', function (this: Node, config) {
      RED.nodes.createNode(this, config);
      made.queue = handleInput(this, handler, { status: new StatusLine(this), ...options });
    });
  };
  return { initializer: initializer as NodeInitializer, made };
}

const flow: FlowNode[] = [
  { id: 'n', type: 'under-test', wires: [['out']] },
  { id: 'out', type: 'helper' },
];

/** A promise that the test keeps or breaks. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

describe('handleInput', () => {
  withRuntime();

  it('sends in the order of arrival per camera, whatever finishes first', async () => {
    const gates = new Map<string, ReturnType<typeof deferred<void>>>();
    for (const key of ['a0', 'a1', 'a2', 'b0']) gates.set(key, deferred<void>());
    const { initializer } = nodeWith(async (msg) => {
      await gates.get(String(msg.payload))!.promise;
      return msg;
    });
    const run = await loadFlow([initializer], flow);
    for (const [camera, sequence] of [
      ['a', 0],
      ['a', 1],
      ['a', 2],
      ['b', 0],
    ] as const) {
      run.receive('n', { topic: camera, payload: `${camera}${sequence}`, frame: frame(camera, sequence) });
    }
    await settle();
    gates.get('a2')!.resolve();
    gates.get('a1')!.resolve();
    gates.get('b0')!.resolve();
    await settle();
    assert.deepEqual(
      run.inbox('out').messages.map((msg) => msg.payload),
      ['b0'],
    );
    gates.get('a0')!.resolve();
    await settle();
    assert.deepEqual(
      run.inbox('out').messages.map((msg) => msg.payload),
      ['b0', 'a0', 'a1', 'a2'],
    );
    assert.equal(run.inbox('completed').messages.length, 4);
    assert.equal(run.inbox('errors').messages.length, 0);
  });

  const thrown: { title: string; value: unknown; message: string }[] = [
    { title: 'an Error', value: new TypeError('boom'), message: 'boom' },
    { title: 'a string', value: 'boom', message: 'boom' },
    { title: 'an object', value: { reason: 7 }, message: '{"reason":7}' },
    { title: 'nothing at all', value: undefined, message: 'undefined' },
    { title: 'an empty string', value: '', message: 'Unknown error' },
  ];
  for (const { title, value, message } of thrown) {
    it(`turns ${title} into one error, and the next message works`, async () => {
      const { initializer } = nodeWith(async (msg) => {
        if (msg.payload === 'bad') throw value;
        return msg;
      });
      const run = await loadFlow([initializer], flow);
      run.receive('n', { payload: 'bad' });
      run.receive('n', { payload: 'good' });
      await run.inbox('out').first();
      await settle();
      assert.deepEqual(
        run.inbox('out').messages.map((msg) => msg.payload),
        ['good'],
      );
      const errors = run.inbox('errors').messages;
      assert.equal(errors.length, 1);
      // Node-RED puts the error's name before its message.
      const name = value instanceof Error ? 'TypeError' : 'AlprNodeError';
      assert.equal((errors[0]!['error'] as { message: string }).message, `${name}: ${message}`);
      assert.deepEqual(
        run.inbox('completed').messages.map((msg) => msg.payload),
        ['good'],
      );
    });
  }

  it('is red after an error and green again after the next success', async () => {
    const { initializer } = nodeWith((msg, context) => {
      if (msg.payload === 'bad') throw Object.assign(new Error('no picture here'), { code: 'ALPR_NO_PICTURE' });
      context.report('all well');
      return msg;
    });
    const run = await loadFlow([initializer], flow);
    run.receive('n', { payload: 'bad' });
    await run.inbox('errors').first();
    run.receive('n', { payload: 'good' });
    await settle(1300);
    assert.deepEqual(
      run.statuses('n').map(({ fill, text }) => `${fill} ${text}`),
      ['red no picture', 'green all well'],
    );
    assert.equal((run.inbox('errors').messages[0]!['error'] as { code: string }).code, 'ALPR_NO_PICTURE');
  });

  it('shows what an error says in brief, rather than its code', async () => {
    const { initializer } = nodeWith(() => {
      throw Object.assign(new Error('the device is lost'), { code: 'ALPR_HAILO', brief: 'lost, next 14:03:22' });
    });
    const run = await loadFlow([initializer], flow);
    run.receive('n', {});
    await run.inbox('errors').first();
    assert.equal(run.statuses('n').at(-1)?.text, 'lost, next 14:03:22');
  });

  it('says ready after an error when the handler reports nothing', async () => {
    const { initializer } = nodeWith((msg) => {
      if (msg.payload === 'bad') throw new Error('bad luck');
      return msg;
    });
    const run = await loadFlow([initializer], flow);
    run.receive('n', { payload: 'bad' });
    await run.inbox('errors').first();
    run.receive('n', { payload: 'good' });
    await settle(1300);
    assert.deepEqual(
      run.statuses('n').map(({ fill, text }) => `${fill} ${text}`),
      ['red bad luck', 'green ready'],
    );
  });

  it('passes control messages on in order, without asking the handler', async () => {
    const gate = deferred<void>();
    let handled = 0;
    const { initializer } = nodeWith(async (msg) => {
      handled += 1;
      await gate.promise;
      return msg;
    });
    const run = await loadFlow([initializer], flow);
    run.receive('n', { topic: 'a', payload: 'frame', frame: frame('a', 0) });
    run.receive('n', { topic: 'a', departed: [], payload: 'departed' });
    run.receive('n', { topic: 'a', complete: true, payload: 'complete' });
    run.receive('n', { topic: 'other', complete: true, payload: 'other camera' });
    run.receive('n', { complete: true, payload: 'all cameras' });
    await settle();
    assert.deepEqual(
      run.inbox('out').messages.map((msg) => msg.payload),
      ['other camera'],
    );
    gate.resolve();
    await run.inbox('out').wait(5);
    assert.deepEqual(
      run.inbox('out').messages.map((msg) => msg.payload),
      ['other camera', 'frame', 'departed', 'complete', 'all cameras'],
    );
    assert.equal(handled, 1);
    assert.equal((await run.inbox('completed').wait(5)).length, 5);
  });

  it('refuses what its queue cannot hold, with a code, and works the rest off', async () => {
    const gate = deferred<void>();
    const { initializer } = nodeWith(
      async (msg) => {
        await gate.promise;
        return msg;
      },
      { concurrency: 2, queueLimit: 3 },
    );
    const run = await loadFlow([initializer], flow);
    for (let n = 0; n < 8; n++) run.receive('n', { topic: 'a', payload: n });
    // Control messages are never refused.
    run.receive('n', { topic: 'a', payload: 'end', complete: true });
    await settle();
    const errors = run.inbox('errors').messages;
    assert.deepEqual(
      errors.map((msg) => msg.payload),
      [5, 6, 7],
    );
    for (const msg of errors) assert.equal((msg['error'] as { code: string }).code, 'ALPR_BUSY');
    gate.resolve();
    await settle();
    assert.deepEqual(
      run.inbox('out').messages.map((msg) => msg.payload),
      [0, 1, 2, 3, 4, 'end'],
    );
  });

  it('waits with at most 64 messages by default', async () => {
    const gate = deferred<void>();
    const { initializer } = nodeWith(() => gate.promise.then(() => null), { concurrency: 1 });
    const run = await loadFlow([initializer], flow);
    for (let n = 0; n < 70; n++) run.receive('n', { payload: n });
    await settle();
    // One is being worked on, 64 wait.
    assert.deepEqual(
      run.inbox('errors').messages.map((msg) => msg.payload),
      [65, 66, 67, 68, 69],
    );
    gate.resolve();
    await settle();
    assert.equal(run.inbox('completed').messages.length, 65);
  });

  it('holds the frame from arrival until it has been sent', async () => {
    const gate = deferred<void>();
    const { initializer } = nodeWith(
      async (msg) => {
        await gate.promise;
        if (msg.payload === 'bad') throw new Error('no');
        return msg;
      },
      { concurrency: 1 },
    );
    const run = await loadFlow([initializer], flow);
    const frames = [frame('a', 0), frame('a', 1), frame('a', 2)];
    run.receive('n', { payload: 'good', frame: frames[0] });
    run.receive('n', { payload: 'bad', frame: frames[1] });
    run.receive('n', { payload: 'good', frame: frames[2] });
    await settle();
    assert.deepEqual(
      frames.map(({ lease }) => lease.holders),
      [1, 1, 1],
    );
    gate.resolve();
    await settle();
    assert.deepEqual(
      frames.map(({ lease }) => lease.holders),
      [0, 0, 0],
    );
  });

  it('fails every message with what is wrong in its settings', async () => {
    const problem = Object.assign(new Error('Expected a number for x'), { code: 'ALPR_SETTINGS' });
    const { initializer } = nodeWith((msg) => msg, { problem });
    const run = await loadFlow([initializer], flow);
    run.receive('n', { payload: 1 });
    run.receive('n', { complete: true, payload: 2 });
    await settle();
    assert.deepEqual(
      run.inbox('errors').messages.map((msg) => msg.payload),
      [1],
    );
    assert.deepEqual(
      run.inbox('out').messages.map((msg) => msg.payload),
      [2],
    );
  });

  it('sends nothing once it is closed, waits for what runs, and lets every frame go', async () => {
    const gate = deferred<void>();
    const events: string[] = [];
    const { initializer, made } = nodeWith(
      async (msg) => {
        await gate.promise;
        events.push('handler returned');
        return msg;
      },
      { concurrency: 1, onClose: () => void events.push('released') },
    );
    const run = await loadFlow([initializer], flow);
    const frames = [frame('a', 0), frame('a', 1)];
    const out = run.inbox('out');
    for (const [index, taken] of frames.entries()) run.receive('n', { payload: index, frame: taken });
    await settle();
    const closed = run.node('n').close(false);
    made.queue!.sendInOrder('a', () => ({ payload: 'late' }));
    await settle();
    assert.deepEqual(events, []);
    gate.resolve();
    await closed;
    assert.deepEqual(events, ['handler returned', 'released']);
    assert.deepEqual(
      frames.map(({ lease }) => lease.holders),
      [0, 0],
    );
    await settle();
    assert.deepEqual(out.messages, []);
    assert.equal(made.queue!.closed, true);
  });

  it('closes in bounded time when a handler never returns', async () => {
    let aborted = false;
    const { initializer } = nodeWith(
      (_msg, { signal }) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise(() => undefined);
      },
      { closeTimeoutMs: 50 },
    );
    const run = await loadFlow([initializer], flow);
    run.receive('n', { payload: 1 });
    await settle();
    await run.node('n').close(true);
    assert.equal(aborted, true);
  });

  it('works on when the runtime itself fails in done()', async () => {
    const { initializer, made } = nodeWith((msg) => msg);
    await loadFlow([initializer], flow);
    const sent: unknown[] = [];
    const send = (msg: unknown): void => void sent.push((msg as { payload: unknown }).payload);
    const done = (): void => {
      throw new Error('a hook failed');
    };
    const taken = frame('a', 0);
    made.queue!.accept({ payload: 1, topic: 'a', frame: taken }, send, done);
    made.queue!.accept({ payload: 2, topic: 'a', complete: true }, send, done);
    made.queue!.accept({ payload: 3, topic: 'a' }, send, () => undefined);
    await settle();
    assert.deepEqual(sent, [1, 2, 3]);
    assert.equal(taken.lease.holders, 0);
  });

  it('survives a redeploy with messages under way', async () => {
    const { initializer } = nodeWith(async (msg) => {
      await settle(30);
      return msg;
    });
    const run = await loadFlow([initializer], flow);
    for (let n = 0; n < 10; n++) run.receive('n', { payload: n });
    const again = flow.map((node) => ({ z: 'tab', ...node }));
    await helper.setFlows([{ id: 'tab', type: 'tab' }, ...again] as never, 'full');
    const out: unknown[] = [];
    helper.getNode('out').on('input', (msg) => out.push(msg.payload));
    helper.getNode('n').receive({ payload: 'after' });
    await settle(150);
    assert.deepEqual(out, ['after']);
  });
});
