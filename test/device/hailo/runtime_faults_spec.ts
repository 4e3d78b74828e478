import assert from 'node:assert/strict';
import { type HailoDevice, hailoDevice } from '../../../src/device/hailo/hailo-device.js';
import { NetworkThread } from '../../../src/device/hailo/network-thread.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../../support/hailort-stub/stub.js';
import { makeModel, NOTHING, remains, sumIn, until, wholeFrame } from './runtime-models.js';

const READ = 'hailo_vstream_read_raw_buffer';
const WRITE = 'hailo_vstream_write_raw_buffer';

describe('A Hailo that fails', () => {
  let stub: Stub;
  let device: HailoDevice;

  before(function () {
    skipWithoutCompiler(this);
  });
  beforeEach(() => {
    stub = makeStub();
    device = hailoDevice({ library: stub.path, timeoutMs: 200 });
  });
  afterEach(async () => {
    await device.close();
    assert.deepEqual(remains(stub), NOTHING);
    stub.remove();
  });

  /** Whether a request ends well within the test's time, again and again. */
  async function answersAgain(run: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await run();
        return;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'ALPR_HAILO');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  it('to answer a frame in time loses the frames that are on the way and goes on with the next ones, right frame to right answer', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    const other = await device.open(makeModel(stub, 'b'));
    stub.set({ silent: ['a'] });
    const lost = [1, 2, 3].map((sum) => network.run(wholeFrame(sum)));
    const messages = await Promise.all(lost.map((run) => run.catch((error: Error) => error)));
    stub.set({ silent: [] });
    for (const error of messages) {
      assert.ok(error instanceof Error && 'status' in error && error.status === 4, String(error));
      assert.match(error.message, /TIMEOUT/);
    }
    // The late answers of the lost frames must not be taken for those of the next ones.
    for (const sum of [10, 11, 12, 13]) assert.equal(sumIn((await network.run(wholeFrame(sum))).results[0]), sum);
    assert.equal(sumIn((await other.run(wholeFrame(77))).results[0]), 77);
    const [health] = (await device.health())!.networks;
    // One timeout takes all frames that had been written by then; how many that were is chance.
    const { timeouts, recreated, frames } = health!;
    assert.ok(timeouts >= 1 && timeouts <= 3, `${timeouts} timeouts`);
    assert.deepEqual([recreated, frames], [timeouts, 4]);
    // New groups: the late answers go to the streams of the old ones.
    assert.equal(stub.stats().created.group, 2 + recreated);
  });

  it('to answer now and then is opened anew before the groups that are given up are too many', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    for (let i = 0; i < 9; i++) {
      stub.set({ silent: ['a'] });
      await assert.rejects(network.run(wholeFrame(i)), { code: 'ALPR_HAILO', status: 4 });
      stub.set({ silent: [] });
      if (i < 8) assert.equal(sumIn((await network.run(wholeFrame(100 + i))).results[0]), 100 + i);
    }
    await until(() => /lost: .*opened anew/.test(device.describe()!));
    await answersAgain(() => network.run(wholeFrame(42)));
    assert.equal(sumIn((await network.run(wholeFrame(43))).results[0]), 43);
    const { faults, recoveries, networks } = (await device.health())!;
    assert.deepEqual([faults, recoveries, networks[0]!.recreated], [1, 1, 8]);
  });

  it('to answer three times in a row counts as lost, until it answers again', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    stub.set({ silent: ['a'] });
    for (let i = 0; i < 3; i++) await assert.rejects(network.run(wholeFrame(i)), { code: 'ALPR_HAILO', status: 4 });
    await until(() => /lost/.test(device.describe()!));
    await assert.rejects(
      network.run(wholeFrame(1)),
      /Hailo-8 0000:01:00\.0, HailoRT 4\.23\.0 to answer but it was lost .*trying again at \d\d:\d\d:\d\d, then less often/,
    );
    assert.equal((await device.health())!.state, 'lost');
    stub.set({ silent: [] });
    await answersAgain(() => network.run(wholeFrame(42)));
    assert.equal(sumIn((await network.run(wholeFrame(43))).results[0]), 43);
    const health = (await device.health())!;
    assert.deepEqual([health.state, health.faults, health.recoveries], ['open', 1, 1]);
  });

  it('to answer one network, time and again, is not lost while it answers the others', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    const other = await device.open(makeModel(stub, 'b'));
    stub.set({ silent: ['a'] });
    for (let i = 0; i < 5; i++) {
      await assert.rejects(network.run(wholeFrame(i)), { code: 'ALPR_HAILO', status: 4 });
      assert.equal(sumIn((await other.run(wholeFrame(50 + i))).results[0]), 50 + i);
    }
    const { state, faults } = (await device.health())!;
    assert.deepEqual([state, faults], ['open', 0]);
    stub.set({ silent: [] });
    await answersAgain(() => network.run(wholeFrame(42)));
    assert.equal(sumIn((await network.run(wholeFrame(43))).results[0]), 43);
  });

  for (const lostStatus of [63, 62, 36, 87]) {
    it(`to exist (status ${lostStatus}) fails everything at once and comes back with all its networks`, async () => {
      const networks = await Promise.all(['a', 'b', 'c'].map((name) => device.open(makeModel(stub, name))));
      stub.set({ silent: ['*'], lostStatus });
      const runs = networks.flatMap((network) => [1, 2, 3, 4, 5, 6].map((sum) => network.run(wholeFrame(sum))));
      const settled = Promise.allSettled(runs);
      await until(() => (stub.stats().calls[WRITE] ?? 0) >= 6);
      stub.set({ devices: [{ id: '0000:01:00.0', lost: true }] });
      for (const result of await settled) {
        assert.equal(result.status, 'rejected');
        assert.match(String(result.reason), /was lost .*trying again/);
      }
      await assert.rejects(networks[0]!.run(wholeFrame(1)), /was lost/);
      // Everything of the lost device is released before it is looked for.
      await until(() => Object.values(stub.stats().live).every((count) => count === 0));
      stub.set({ devices: [{ id: '0000:01:00.0' }], silent: [] });
      for (const [i, network] of networks.entries()) {
        await answersAgain(() => network.run(wholeFrame(i)));
        assert.equal(sumIn((await network.run(wholeFrame(60 + i))).results[0]), 60 + i);
      }
    });
  }

  it('to exist while nothing runs is noticed with the next frame, and is back for the ones after', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    stub.set({ devices: [{ id: '0000:01:00.0', lost: true }] });
    await assert.rejects(network.run(wholeFrame(1)), /was lost/);
    // A model that is opened meanwhile is told the same.
    await assert.rejects(device.open(makeModel(stub, 'b')), /was lost/);
    stub.set({ devices: [{ id: '0000:01:00.0' }] });
    await answersAgain(() => network.run(wholeFrame(1)));
    const late = await device.open(makeModel(stub, 'b'));
    assert.equal(sumIn((await late.run(wholeFrame(9))).results[0]), 9);
  });

  it('can be closed while it is lost', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    stub.set({ devices: [{ id: '0000:01:00.0', lost: true }] });
    await assert.rejects(network.run(wholeFrame(1)), /was lost/);
    await device.close();
    await assert.rejects(network.run(wholeFrame(1)), /model a was closed/);
  });

  for (const [status, call] of [
    [3, WRITE],
    [81, WRITE],
    [3, READ],
    [81, READ],
  ] as const) {
    it(`for want of memory (status ${status} of ${call}) rejects only that request`, async () => {
      const network = await device.open(makeModel(stub, 'a'));
      // Nothing is answered until all are in, so that the others are on the way when the third one fails.
      stub.set({ silent: ['a'], faults: [{ call, status, after: 2, times: 1 }] });
      const runs = [1, 2, 3, 4, 5, 6].map((sum) =>
        network.run(wholeFrame(sum)).then(({ results }) => sumIn(results[0])),
      );
      const settled = Promise.allSettled(runs);
      await until(() => (stub.stats().calls[WRITE] ?? 0) >= 4);
      stub.set({ silent: [] });
      const answers = (await settled).map((result) => {
        return result.status === 'fulfilled' ? result.value : (result.reason as { status?: number }).status;
      });
      assert.deepEqual(answers, [1, 2, status, 4, 5, 6]);
      assert.equal((await device.health())!.faults, 0);
    });
  }

  it('while a network is opened comes back, too', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    stub.set({ faults: [{ call: 'hailo_configure_vdevice', status: 36, times: 1 }] });
    await assert.rejects(device.open(makeModel(stub, 'b')), { code: 'ALPR_HAILO', status: 36 });
    await assert.rejects(network.run(wholeFrame(1)), /was lost/);
    await answersAgain(() => network.run(wholeFrame(1)));
    const late = await device.open(makeModel(stub, 'b'));
    assert.equal(sumIn((await late.run(wholeFrame(9))).results[0]), 9);
  });

  it('for want of memory to open a network opens it when asked again, in the group that was configured', async () => {
    const manifest = makeModel(stub, 'a');
    await device.open(makeModel(stub, 'b'));
    for (const [call, status] of [
      ['hailo_configure_vdevice', 81],
      ['hailo_create_output_vstreams', 3],
      ['hailo_create_input_vstreams', 81],
    ] as const) {
      stub.set({ faults: [{ call, status, times: 1 }] });
      await assert.rejects(device.open(manifest), { code: 'ALPR_HAILO', status });
      const network = await device.open(manifest);
      assert.equal(sumIn((await network.run(wholeFrame(9))).results[0]), 9);
      await network.close();
    }
    assert.equal(stub.stats().created.group, 2);
    assert.equal((await device.health())!.faults, 0);
  });

  it('in a way nobody knows rejects that request and shows the others to the network again', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    stub.set({ silent: ['a'], faults: [{ call: READ, status: 71, times: 1 }] });
    const settled = Promise.allSettled([1, 2, 3].map((sum) => network.run(wholeFrame(sum))));
    stub.set({ silent: [] });
    const answers = (await settled).map((result) =>
      result.status === 'fulfilled' ? sumIn(result.value.results[0]) : result.reason.status,
    );
    assert.deepEqual(answers, [71, 2, 3]);
  });

  it('does no harm when a network’s thread dies: its requests fail, the next ones get their own answers', async () => {
    // Frames of the thread that dies are on the device then.
    stub.set({ frameTimes: { a: 100 } });
    const network = await device.open(makeModel(stub, 'a'));
    const other = await device.open(makeModel(stub, 'b'));
    const { run } = NetworkThread.prototype;
    const broken: typeof run = function (this: NetworkThread, message) {
      run.call(this, { ...message, views: null as never });
    };
    NetworkThread.prototype.run = run;
    const before = [11, 12, 13].map((sum) => network.run(wholeFrame(sum)).catch(() => {}));
    NetworkThread.prototype.run = broken;
    const dying = network.run(wholeFrame(1));
    NetworkThread.prototype.run = run;
    const behind = network.run(wholeFrame(2));
    await assert.rejects(dying, { code: 'ALPR_WORKER' });
    await Promise.all([...before, behind.catch(() => {})]);
    assert.equal(sumIn((await network.run(wholeFrame(3))).results[0]), 3);
    assert.equal(sumIn((await other.run(wholeFrame(4))).results[0]), 4);
    assert.equal((await device.health())!.networks[0]!.deaths, 1);
    assert.equal(stub.stats().created.group, 3);
  });

  it('to tell its temperature does no harm', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    stub.set({ faults: [{ call: 'hailo_get_chip_temperature', status: 18 }] });
    assert.equal((await device.health())!.temperature, undefined);
    assert.equal(sumIn((await network.run(wholeFrame(3))).results[0]), 3);
  });
});
