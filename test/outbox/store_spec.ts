import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OutboxStore } from '../../src/outbox/store.js';

describe('The store of an outbox', () => {
  let root = '';
  let folder = '';
  const opened: OutboxStore[] = [];
  const problems: string[] = [];

  before(() => (root = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-outbox-'))));
  after(() => fs.rmSync(root, { recursive: true, force: true }));
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(root, 'box-'));
    problems.length = 0;
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  async function open(): Promise<OutboxStore> {
    const store = await OutboxStore.open(folder, (problem) => problems.push(problem));
    opened.push(store);
    return store;
  }
  async function reopen(): Promise<OutboxStore> {
    for (const store of opened.splice(0)) await store.close();
    return open();
  }
  const files = (): string[] => fs.readdirSync(folder).filter((name) => name !== 'lock');
  async function payloads(store: OutboxStore): Promise<unknown[]> {
    const list = [];
    for (const id of [...store.ids()]) list.push((await store.read(id))?.['payload']);
    return list;
  }

  it('gives messages back in order after a restart, pictures byte by byte', async () => {
    const store = await open();
    const contents: unknown[] = [];
    for (let index = 0; index < 60; index++) contents.push(index % 4 === 3 ? randomBytes(20_000 + index) : { index });
    for (const payload of contents) await store.append({ payload });
    assert.deepEqual(await payloads(store), contents);
    const again = await reopen();
    assert.deepEqual(await payloads(again), contents);
    assert.deepEqual(problems, []);
  });

  it('keeps the order of messages that are handed over at once', async () => {
    const store = await open();
    const ids = await Promise.all(Array.from({ length: 3000 }, (_, payload) => store.append({ payload })));
    assert.deepEqual(
      [...ids].sort((a, b) => a - b),
      ids,
    );
    assert.deepEqual(await payloads(store), [...Array(3000).keys()]);
    // They shared writes: a file per message would be 3000.
    assert.ok(files().length < 10, String(files().length));
  });

  it('deletes a file as soon as all its messages are delivered, and leaves nothing in the end', async () => {
    const store = await open();
    const small = await store.append({ payload: 'AB12CD' });
    const large = await store.append({ payload: randomBytes(40_000) });
    assert.equal(files().length, 2);
    await store.settle(large);
    assert.equal(files().length, 1);
    await store.settle(small);
    assert.deepEqual(files(), []);
    assert.deepEqual([store.size, store.bytes], [0, 0]);
    const more = await store.append({ payload: 'again' });
    assert.ok(more > large);
    assert.deepEqual(await payloads(await reopen()), ['again']);
  });

  it('does not bring delivered messages back, in whatever order they were delivered', async () => {
    const store = await open();
    const ids = await Promise.all(Array.from({ length: 20 }, (_, payload) => store.append({ payload })));
    for (const index of [3, 0, 17, 5, 1]) await store.settle(ids[index]!);
    const left = [...Array(20).keys()].filter((index) => ![3, 0, 17, 5, 1].includes(index));
    assert.deepEqual(await payloads(store), left);
    const again = await reopen();
    assert.deepEqual(await payloads(again), left);
    for (const id of [...again.ids()]) await again.settle(id);
    assert.deepEqual(files(), []);
  });

  it('goes on with larger ids than it ever gave, also when the clock went back', async () => {
    const id = await (await open()).append({ payload: 1 });
    const now = Date.now;
    Date.now = () => 1000;
    try {
      assert.ok((await (await reopen()).append({ payload: 2 })) > id);
    } finally {
      Date.now = now;
    }
  });

  it('steps over a damaged message, says so and keeps the others', async () => {
    const store = await open();
    for (let payload = 0; payload < 5; payload++) await store.append({ payload: `message ${payload}` });
    for (const one of opened.splice(0)) await one.close();
    const file = path.join(folder, files()[0]!);
    const bytes = fs.readFileSync(file);
    bytes[bytes.indexOf('message 2')] = 0;
    fs.writeFileSync(file, bytes);
    const again = await open();
    assert.deepEqual(
      await payloads(again),
      [0, 1, 3, 4].map((index) => `message ${index}`),
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /Expected whole messages in .*\.log but received \d+ bytes that are none/);
  });

  it('passes over a message that goes bad while it waits', async () => {
    const store = await open();
    const id = await store.append({ payload: 'message' });
    const file = path.join(folder, files()[0]!);
    fs.writeFileSync(file, Buffer.alloc(fs.statSync(file).size));
    assert.equal(await store.read(id), undefined);
  });

  it('takes no folder that another outbox has, in this process or in another', async () => {
    await open();
    await assert.rejects(open(), { code: 'ALPR_OUTBOX_LOCKED', message: /another outbox of this Node-RED uses it/ });
    await opened.splice(0)[0]!.close();
    const owner = { token: 'x', pid: process.ppid, host: os.hostname() };
    fs.writeFileSync(path.join(folder, 'lock'), JSON.stringify(owner));
    const beat = setInterval(() => fs.utimesSync(path.join(folder, 'lock'), new Date(), new Date()), 100);
    try {
      await assert.rejects(open(), { code: 'ALPR_OUTBOX_LOCKED', message: /another process uses it/ });
    } finally {
      clearInterval(beat);
    }
  }).timeout(20_000);

  it('takes over the folder of a process that was killed', async () => {
    const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
    for (const owner of [JSON.stringify({ token: 'x', pid: dead, host: os.hostname() }), '']) {
      fs.writeFileSync(path.join(folder, 'lock'), owner);
      const store = await open();
      await store.append({ payload: 1 });
      await reopen();
      for (const one of opened.splice(0)) await one.close();
    }
  }).timeout(20_000);

  it('refuses messages while their place cannot be written, and keeps and delivers what it has', async () => {
    const store = await open();
    const first = await store.append({ payload: 'kept' });
    // The folder is gone below it: nothing can be written any more, by root neither.
    fs.renameSync(folder, `${folder}-away`);
    await assert.rejects(store.append({ payload: randomBytes(20_000) }), {
      code: 'ALPR_OUTBOX_DISK',
      message: /Expected to keep a message in .* but received/,
    });
    fs.renameSync(`${folder}-away`, folder);
    assert.deepEqual(await payloads(store), ['kept']);
    const second = await store.append({ payload: 'after' });
    assert.deepEqual(await payloads(await reopen()), ['kept', 'after']);
    for (const id of [first, second]) await opened[0]!.settle(id);
    assert.deepEqual(files(), []);
  });

  it('keeps and delivers what it has when the disk is full, and takes messages again when there is room', async function () {
    const mounted =
      process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'alpr', folder]);
    if (mounted === false || mounted.status !== 0) {
      console.log('      skipped: a small file system can be mounted only by root on Linux');
      this.skip();
    }
    try {
      const store = await open();
      const kept: unknown[] = [];
      const full = async (): Promise<void> => {
        for (;;) {
          const payload = kept.length % 3 === 0 ? randomBytes(30_000) : { small: randomBytes(900).toString('hex') };
          await store.append({ payload });
          kept.push(payload);
        }
      };
      await assert.rejects(full(), {
        code: 'ALPR_OUTBOX_DISK',
        message: /^Expected to keep a message in .* but received that the disk is full$/,
      });
      // The smallest message does not fit either, in the end.
      await assert.rejects(async () => {
        for (;;) kept.push(((await store.append({ payload: 1 })) && 1) as unknown);
      });
      assert.ok(kept.length > 8);
      assert.deepEqual(await payloads(store), kept);
      const again = await reopen();
      assert.deepEqual(await payloads(again), kept);
      const ids = [...again.ids()];
      for (const id of ids.slice(0, 4)) await again.settle(id).catch(() => undefined);
      await again.append({ payload: 'room' });
      assert.deepEqual(await payloads(again), [...kept.slice(4), 'room']);
      await again.clear();
      assert.deepEqual(files(), []);
    } finally {
      for (const store of opened.splice(0)) await store.close();
      execFileSync('umount', [folder]);
    }
  });

  it('finds the older retained messages of a topic', async () => {
    const store = await open();
    const ids = [];
    for (const topic of ['a', 'b', 'a', 'a']) ids.push(await store.append({ topic, retain: true, payload: '' }));
    await store.append({ topic: 'a', payload: 'an event' });
    assert.deepEqual(store.olderRetained({ topic: 'a', retain: true }), [ids[0], ids[2]]);
    assert.deepEqual(store.olderRetained({ topic: 'a' }), []);
    const again = await reopen();
    assert.deepEqual(again.olderRetained({ topic: 'a', retain: true }), [ids[0], ids[2]]);
  });

  it('lets nobody else read what it keeps', async function () {
    if (process.platform === 'win32') {
      console.log('      skipped: Windows has no such modes');
      this.skip();
    }
    fs.rmSync(folder, { recursive: true });
    await (await open()).append({ payload: 'AB12CD' });
    assert.equal(fs.statSync(folder).mode & 0o077, 0);
    for (const name of fs.readdirSync(folder)) assert.equal(fs.statSync(path.join(folder, name)).mode & 0o077, 0, name);
  });
});
