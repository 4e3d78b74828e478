import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Node } from 'node-red';
import { DeviceLink } from '../../src/node-red/device-link.js';
import type { DeviceAccess } from '../../src/node-red/device-handle.js';
import { StatusLine } from '../../src/node-red/status.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A link whose device takes 20 ms to open, or to say that it cannot be. */
function linked(): {
  node: EventEmitter;
  link: DeviceLink<{ close(): Promise<void> }>;
  state: { fails: boolean; tries: number; closed: number };
} {
  const node = Object.assign(new EventEmitter(), { status: () => {}, error: () => {}, log: () => {} });
  const state = { fails: true, tries: 0, closed: 0 };
  const open = async (): Promise<{ close(): Promise<void> }> => {
    state.tries++;
    await sleep(20);
    if (state.fails) throw new Error('no device');
    return { close: async () => void state.closed++ };
  };
  const device = {} as DeviceAccess;
  const link = new DeviceLink(node as unknown as Node, open, () => device, new StatusLine({ status: () => {} }));
  return { node, link, state };
}

describe('A link to a device', () => {
  it('that cannot be opened is tried with the next message, not with every frame, and is open soon after the cause has gone', async () => {
    const { link, state } = linked();
    for (const tries of [1, 2, 3]) {
      await assert.rejects(link.get(), /no device/);
      assert.equal(state.tries, tries);
    }
    let messages = 0;
    for (; state.tries < 6; messages++) {
      await assert.rejects(link.get(), /no device/);
      await sleep(5);
    }
    assert.ok(messages > 12, `three tries for ${messages} messages`);
    state.fails = false;
    for (;;) {
      const share = await link.get().catch(() => undefined);
      if (share) break;
      await sleep(5);
    }
  });

  it('is given back when the node closes although its messages run on, and once only', async () => {
    const { node, link, state } = linked();
    state.fails = false;
    await link.get();
    node.emit('close');
    assert.equal(state.closed, 0, 'they have some time');
    while (state.closed === 0) await sleep(10);
    await assert.rejects(link.get(), { code: 'ALPR_CLOSED' });
    await link.close();
    assert.equal(state.closed, 1);
  });

  it('that is being opened when the node closes is given back when it is open', async () => {
    const { node, link, state } = linked();
    state.fails = false;
    const opening = link.get();
    node.emit('close');
    await link.close();
    await opening;
    assert.equal(state.closed, 1);
  });

  it('that fails at once, without a device in the flow, is looked for with the next message', async () => {
    const node = Object.assign(new EventEmitter(), { status: () => {} });
    let there = false;
    const find = (): DeviceAccess => {
      if (!there) throw new Error('no configuration');
      return {} as DeviceAccess;
    };
    const share = { close: async () => {} };
    const link = new DeviceLink(node as unknown as Node, async () => share, find, new StatusLine({ status: () => {} }));
    await assert.rejects(link.get(), /no configuration/);
    there = true;
    await sleep(50);
    assert.equal(await link.get(), share);
  });
});
