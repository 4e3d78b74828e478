import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { patternBytes, patternSum } from '../../support/hailort-stub/pattern.js';
import { RawSession, type OpenOptions, type RawOpened } from '../../support/hailort-stub/raw-network.js';
import { skipWithoutCompiler, type StubNetwork } from '../../support/hailort-stub/stub.js';

const network = (name: string): StubNetwork => ({
  name,
  inputs: [{ name: 'in', height: 2, width: 4, features: 3 }],
  outputs: [{ name: 'out', height: 1, width: 2, features: 3, zeroPoint: 10, scale: 0.5 }],
});
const frame = (value: number) => new Uint8Array(24).fill(value);
const FLOAT32 = 3;

describe('The stub of libhailort: time, waiting and the scheduler', function () {
  this.timeout(60_000);
  let session: RawSession;
  let opened: RawOpened[] = [];
  before(function () {
    skipWithoutCompiler(this);
  });
  afterEach(async () => {
    const { stub } = session;
    stub.set({ silent: [], faults: [] });
    await session.close(...opened);
    opened = [];
    const { live, misuse, problems } = stub.stats();
    stub.remove();
    assert.deepEqual(
      { live: Object.values(live), misuse, problems },
      { live: Array(6).fill(0), misuse: [], problems: [] },
    );
  });

  function start(options: ConstructorParameters<typeof RawSession>[0] = {}): void {
    session = new RawSession(options);
  }

  function open(name: string, options: OpenOptions = {}): RawOpened {
    const result = session.open(network(name), options);
    opened.push(result);
    return result;
  }

  /** Writes while the device is held, lets it go, reads everything and tells the order in which frames were done. */
  async function race(frames: { net: RawOpened; count: number }[]): Promise<string[]> {
    const { stub } = session;
    const before = stub.stats().completed.length;
    stub.set({ silent: ['*'] });
    for (const { net, count } of frames) {
      for (let i = 0; i < count; i++) assert.equal(await session.write(net.inputs[0]!, frame(i)), 0);
    }
    stub.set({ silent: [] });
    for (const { net, count } of frames) {
      for (let i = 0; i < count; i++) {
        assert.equal(await session.read(net.outputs[0]!, new Uint8Array(net.outputs[0]!.size)), 0);
      }
    }
    return stub.stats().completed.slice(before);
  }

  it('lets networks take turns, with their frame times one after the other', async () => {
    start({ frameTimes: { a: 20, '*': 30 } });
    const [a, b] = [open('a'), open('b')];
    const started = process.hrtime.bigint();
    const order = await race([
      { net: a, count: 2 },
      { net: b, count: 2 },
    ]);
    assert.deepEqual(order, ['a', 'b', 'a', 'b']);
    assert.ok(process.hrtime.bigint() - started >= 100_000_000n, 'not before the sum of the frame times');
    const { busyMs, frames } = session.stub.stats();
    assert.ok(Math.abs(busyMs['0000:01:00.0']! - 100) < 0.01, `${busyMs['0000:01:00.0']} ms`);
    assert.deepEqual(frames, { a: 2, b: 2 });
  });

  it('runs the network of higher priority first', async () => {
    start({ frameTimes: { '*': 1 } });
    const [a, b] = [open('a'), open('b')];
    assert.equal(session.library.call('hailo_set_scheduler_priority', b.group, 17, null), 0);
    const order = await race([
      { net: a, count: 2 },
      { net: b, count: 2 },
    ]);
    assert.deepEqual(order, ['b', 'b', 'a', 'a']);
  });

  it('finishes a batch before it changes networks', async () => {
    start({ frameTimes: { '*': 1 }, switchTime: 2 });
    const [a, b] = [open('a', { batch: 2 }), open('b', { batch: 2 })];
    const order = await race([
      { net: a, count: 2 },
      { net: b, count: 2 },
    ]);
    assert.deepEqual(order, ['a', 'a', 'b', 'b']);
    assert.ok(Math.abs(session.stub.stats().busyMs['0000:01:00.0']! - (4 * 1 + 2 * 2)) < 0.01);
  });

  it('waits for a threshold only with a timeout', async () => {
    start();
    const net = open('net', { timeoutMs: 100, outputType: FLOAT32 });
    const { library } = session;
    assert.equal(library.call('hailo_set_scheduler_threshold', net.group, 2, null), 0);
    const buffer = new Uint8Array(24);
    assert.equal(await session.write(net.inputs[0]!, frame(1)), 0);
    assert.equal(await session.read(net.outputs[0]!, buffer), 0, 'the default timeout is over at once');
    assert.equal(library.call('hailo_set_scheduler_timeout', net.group, 0xffffffff, null), 0);
    assert.equal(await session.write(net.inputs[0]!, frame(1)), 0);
    assert.equal(await session.read(net.outputs[0]!, buffer), 4, 'one frame waits for a second one for ever');
    assert.equal(await session.write(net.inputs[0]!, frame(2)), 0);
    assert.equal(await session.read(net.outputs[0]!, buffer), 0);
    assert.equal(await session.read(net.outputs[0]!, buffer), 0);
    assert.equal(buffer.length, 24);
  });

  it('checks what is said to the scheduler', () => {
    start();
    const { library } = session;
    const net = open('net', { batch: 4 });
    assert.equal(library.call('hailo_set_scheduler_timeout', net.group, 10, 'net/net'), 7);
    assert.equal(library.call('hailo_set_scheduler_threshold', net.group, 5, null), 2);
    assert.equal(library.call('hailo_set_scheduler_priority', net.group, 32, null), 2);
    assert.equal(library.call('hailo_activate_network_group', net.group, null, Buffer.alloc(8)), 6);
  });

  it('has no scheduler to set, and wants activation, where a vdevice goes without', async () => {
    start();
    const { library } = session;
    assert.equal(library.call('hailo_release_vdevice', session.vdevice), 0);
    const params = Buffer.alloc(40);
    assert.equal(library.call('hailo_init_vdevice_params', params), 0);
    params.writeInt32LE(0, 16);
    session.vdevice = library.handle('hailo_create_vdevice', params, undefined);
    const net = open('net');
    assert.equal(library.call('hailo_set_scheduler_priority', net.group, 1, null), 6);
    assert.equal(await session.write(net.inputs[0]!, frame(1)), 69);
    library.handle('hailo_activate_network_group', net.group, null, undefined);
    assert.equal(await session.write(net.inputs[0]!, frame(1)), 0);
    assert.equal(await session.read(net.outputs[0]!, new Uint8Array(6)), 0);
  });

  it('holds a writer back while the queue is full', async () => {
    start({ silent: ['*'] });
    const net = open('net', { timeoutMs: 100 });
    for (const value of [1, 2]) assert.equal(await session.write(net.inputs[0]!, frame(value)), 0);
    assert.equal(await session.write(net.inputs[0]!, frame(3)), 4);
    const patient = open('patient');
    for (const value of [1, 2]) assert.equal(await session.write(patient.inputs[0]!, frame(value)), 0);
    const third = session.write(patient.inputs[0]!, frame(3));
    session.stub.set({ silent: [] });
    assert.equal(await third, 0);
    for (const value of [1, 2, 3]) {
      const buffer = new Uint8Array(6);
      assert.equal(await session.read(patient.outputs[0]!, buffer), 0);
      assert.deepEqual(buffer, patternBytes(patternSum(frame(value)), 6));
    }
  });

  it('keeps the buffer of a read that ran into its timeout and writes the late frame into it', async () => {
    start({ silent: ['net'] });
    const net = open('net', { timeoutMs: 50, outputType: FLOAT32 });
    const [kept, other] = [new Uint8Array(24), new Uint8Array(24)];
    assert.equal(await session.write(net.inputs[0]!, frame(5)), 0);
    assert.equal(await session.read(net.outputs[0]!, kept), 4);
    assert.equal(await session.read(net.outputs[0]!, other), 8, 'another pointer');
    session.stub.set({ silent: [] });
    const deadline = Date.now() + 10_000;
    while (kept.every((byte) => byte === 0) && Date.now() < deadline) await delay(5);
    const late = [...new Float32Array(kept.buffer)];
    assert.deepEqual(
      late,
      [...patternBytes(patternSum(frame(5)), 6)].map((byte) => (byte - 10) * 0.5),
    );
    assert.equal(await session.write(net.inputs[0]!, frame(6)), 0);
    assert.equal(await session.read(net.outputs[0]!, kept), 0, 'the late frame, one behind');
    assert.deepEqual([...new Float32Array(kept.buffer)], late);
    assert.equal(await session.read(net.outputs[0]!, kept), 0);
    assert.notDeepEqual([...new Float32Array(kept.buffer)], late);
  });

  it('does not recover from a timeout without a transformation, until its vstreams are made anew', async () => {
    start({ silent: ['net'] });
    const net = open('net', { timeoutMs: 50 });
    const buffer = new Uint8Array(6);
    assert.equal(await session.write(net.inputs[0]!, frame(5)), 0);
    assert.equal(await session.read(net.outputs[0]!, buffer), 4);
    session.stub.set({ silent: [] });
    assert.equal(await session.read(net.outputs[0]!, buffer), 8);
    await session.release(net);
    net.inputs = session.vstreams(net.group, 'input');
    net.outputs = session.vstreams(net.group, 'output');
    assert.equal(await session.write(net.inputs[0]!, frame(7)), 0);
    // First the frame that came too late: the low-level stream had it, and belongs to the group.
    for (const value of [5, 7]) {
      assert.equal(await session.read(net.outputs[0]!, buffer), 0);
      assert.deepEqual(buffer, patternBytes(patternSum(frame(value)), 6));
    }
  });

  it('gives the frames that nobody has read to the next vstreams of the same group, and to no other group of the file', async () => {
    start({ frameTimes: { net: 30 } });
    const net = open('net');
    const other = open('net');
    const buffer = new Uint8Array(6);
    for (const value of [1, 2]) assert.equal(await session.write(net.inputs[0]!, frame(value)), 0);
    // Waits until the device has taken the frames.
    await session.release(net);
    net.inputs = session.vstreams(net.group, 'input');
    net.outputs = session.vstreams(net.group, 'output');
    for (const [from, value] of [
      [net, 3],
      [other, 4],
    ] as const) {
      assert.equal(await session.write(from.inputs[0]!, frame(value)), 0);
    }
    for (const [from, value] of [
      [net, 1],
      [net, 2],
      [net, 3],
      [other, 4],
    ] as const) {
      assert.equal(await session.read(from.outputs[0]!, buffer), 0);
      assert.deepEqual(buffer, patternBytes(patternSum(frame(value)), 6));
    }
  });

  it('ends waiting calls with 63 when a group is shut down, and that group only', async () => {
    start({ silent: ['a'] });
    const [a, b] = [open('a'), open('b')];
    const { library } = session;
    const waiting = session.read(a.outputs[0]!, new Uint8Array(6));
    assert.equal(await session.write(a.inputs[0]!, frame(1)), 0);
    while (session.stub.stats().calls['hailo_vstream_read_raw_buffer'] !== 1) await delay(1);
    assert.equal(await library.later('hailo_shutdown_network_group', a.group), 0);
    assert.equal(await waiting, 63);
    assert.equal(await session.write(a.inputs[0]!, frame(1)), 63);
    assert.equal(await session.write(b.inputs[0]!, frame(1)), 0);
    assert.equal(await session.read(b.outputs[0]!, new Uint8Array(6)), 0);
    await session.release(opened.shift()!);
    assert.throws(() => session.vstreams(a.group, 'input'), /received 63/);
  });

  it('aborts what uses a device that is lost, finds none then, and works with it after its return', async () => {
    start({ silent: ['*'] });
    const net = open('net');
    const { stub, library } = session;
    const waiting = session.read(net.outputs[0]!, new Uint8Array(6));
    stub.set({ devices: [{ id: '0000:01:00.0', lost: true }], silent: [] });
    assert.equal(await waiting, 63);
    assert.equal(await session.write(net.inputs[0]!, frame(1)), 63);
    const out = Buffer.alloc(8);
    assert.equal(library.call('hailo_create_vdevice', null, out), 74);
    stub.set({ devices: [{ id: '0000:01:00.0' }] });
    assert.equal(await session.write(net.inputs[0]!, frame(1)), 63, 'what was lost stays dead');
    await session.close(net);
    opened = [];
    session.vdevice = library.handle('hailo_create_vdevice', null, undefined);
    const again = open('net');
    assert.equal(await session.write(again.inputs[0]!, frame(1)), 0);
    assert.equal(await session.read(again.outputs[0]!, new Uint8Array(6)), 0);
  });
});
