import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type HailoDevice, hailoDevice } from '../../../src/device/hailo/hailo-device.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../../support/hailort-stub/stub.js';
import { makeModel, NOTHING, remains, sumIn, until, wholeFrame } from './runtime-models.js';

const root = join(__dirname, '..', '..', '..');

describe('Closing a Hailo', () => {
  let stub: Stub;
  let device: HailoDevice;

  before(function () {
    skipWithoutCompiler(this);
  });
  beforeEach(() => {
    stub = makeStub();
    device = hailoDevice({ library: stub.path });
  });
  afterEach(async () => {
    await device.close();
    assert.deepEqual(remains(stub), NOTHING);
    stub.remove();
  });

  it('lets what was accepted end', async () => {
    stub.set({ frameTimes: { a: 5 } });
    const network = await device.open(makeModel(stub, 'a'));
    const runs = Array.from({ length: 20 }, (_, i) => network.run(wholeFrame(i)));
    const closed = device.close();
    const sums = (await Promise.all(runs)).map(({ results }) => sumIn(results[0]));
    assert.deepEqual(
      sums,
      Array.from({ length: 20 }, (_, i) => i),
    );
    await closed;
  });

  it('cuts short what does not end: waiting requests are rejected, the blocked thread is woken', async () => {
    stub.set({ silent: ['*'] });
    const networks = await Promise.all(['a', 'b', 'c'].map((name) => device.open(makeModel(stub, name))));
    const runs = networks.flatMap((network) => [1, 2, 3, 4, 5, 6].map((sum) => network.run(wholeFrame(sum))));
    const settled = Promise.allSettled(runs);
    await until(() => (stub.stats().calls['hailo_vstream_read_raw_buffer'] ?? 0) === 3);
    await device.close();
    for (const result of await settled) {
      assert.equal(result.status, 'rejected');
      assert.match(String(result.reason), /was closed while requests were waiting/);
    }
    assert.equal(stub.stats().calls['hailo_shutdown_network_group'], 3);
  });

  it('with one network closed and another running leaves the running one alone', async () => {
    const [a, b] = [await device.open(makeModel(stub, 'a')), await device.open(makeModel(stub, 'b'))];
    stub.set({ silent: ['a'] });
    const lost = assert.rejects(a.run(wholeFrame(1)), /was closed while/);
    const closed = a.close();
    for (const sum of [4, 5, 6]) assert.equal(sumIn((await b.run(wholeFrame(sum))).results[0]), sum);
    await closed;
    await lost;
    // Its group was shut down and is of no use: opening the model again configures a new one.
    stub.set({ silent: [] });
    const again = await device.open(makeModel(stub, 'a'));
    assert.equal(sumIn((await again.run(wholeFrame(8))).results[0]), 8);
    assert.equal(stub.stats().created.group, 3);
  });

  it('and opening again, 200 times, leaves no handle, no group and no thread behind', async function () {
    this.timeout(120_000);
    const manifest = makeModel(stub, 'a');
    const keeper = await device.open(makeModel(stub, 'b'));
    const threads = (): number => readdirSync('/proc/self/task').length;
    let before = 0;
    for (let round = 0; round < 200; round++) {
      const network = await device.open(manifest);
      const running = network.run(wholeFrame(round));
      // Every fifth is closed while its frame is on the way.
      if (round % 5 > 0) assert.equal(sumIn((await running).results[0]), round & 255);
      await network.close();
      assert.equal(sumIn((await running).results[0]), round & 255);
      if (round === 20) before = threads();
    }
    await keeper.close();
    const { live, created } = stub.stats();
    assert.deepEqual(live, { ...NOTHING.live, vdevice: 1, group: 2 });
    assert.equal(created.group, 2);
    assert.equal(created.input, 201);
    await until(() => threads() <= before);
  });

  it('waits for the frames of a request that has failed, so that the next one to open the network gets its own answers', async () => {
    const manifest = makeModel(stub, 'a', {
      network: { outputs: [{ name: 'nms', nms: { classes: 1, maxPerClass: 4 } }] },
      manifest: { output: { decoder: 'hailo-nms', labels: ['x'] }, thresholds: { confidence: 0.01 } },
    });
    stub.set({ frameTimes: { a: 20 }, nmsLies: [{ class: 0, count: NaN }] });
    const keeper = await device.open(makeModel(stub, 'b'));
    /** The sum that the answer was made of: the box stands so far down (`patternBoxes`). */
    const answered = async (sum: number): Promise<number> => {
      const network = await device.open(manifest);
      const { results } = await network.run(wholeFrame(sum));
      await network.close();
      return results[0]?.kind === 'detections' ? results[0].detections[0]!.box.y1 * 32 : NaN;
    };
    const network = await device.open(manifest);
    const whole = { box: { x1: 0, y1: 0, x2: 8, y2: 4 } };
    await assert.rejects(network.run({ ...wholeFrame(1), views: [whole, whole, whole, whole] }), /count/);
    await network.close();
    stub.set({ nmsLies: [] });
    for (const sum of [4, 7, 10]) assert.equal(await answered(sum), sum);
    assert.equal(stub.stats().frames['a'], 7);
    assert.equal(stub.stats().created.group, 2);
    await keeper.close();
  });

  it('and opening again after its file was replaced runs the new file', async () => {
    const values = async (scale: number): Promise<number[]> => {
      const outputs = [{ name: 'out', height: 1, width: 1, features: 2, scale }];
      const network = await device.open(makeModel(stub, 'a', { network: { outputs } }));
      const { results } = await network.run(wholeFrame(8));
      await network.close();
      return results[0]?.kind === 'tensors' ? Object.values(results[0].tensors)[0]!.data : [];
    };
    const keeper = await device.open(makeModel(stub, 'b'));
    assert.deepEqual(await values(1), [8, 9]);
    assert.deepEqual(await values(0.5), [4, 4.5]);
    assert.equal(stub.stats().created.group, 3);
    await keeper.close();
  });

  it('gives the device back, and the next one opens it at once', async () => {
    for (let round = 0; round < 5; round++) {
      const next = hailoDevice({ library: stub.path });
      const network = await next.open(makeModel(stub, 'a'));
      const running = Promise.allSettled([network.run(wholeFrame(round))]);
      // Not waited for, as when Node-RED deploys: closing the old and opening the new overlap.
      void next.close();
      await running;
    }
    assert.equal(stub.stats().created.vdevice, 5);
    assert.deepEqual(stub.stats().misuse, []);
    await until(() => stub.stats().live.vdevice === 0);
  });

  it('does not wait for a call that hangs; the next one that opens the device does', async () => {
    const manifest = makeModel(stub, 'a');
    await device.open(manifest);
    stub.set({ delays: { hailo_release_output_vstreams: 6000 } });
    await device.close();
    assert.equal(stub.stats().live.input, 1);
    stub.set({ delays: {} });
    const next = hailoDevice({ library: stub.path });
    const network = await next.open(manifest);
    assert.equal(sumIn((await network.run(wholeFrame(4))).results[0]), 4);
    assert.equal(stub.stats().live.vdevice, 1);
    await next.close();
  });

  it('does not wait for a read that cannot be woken', async () => {
    stub.set({ silent: ['*'], faults: [{ call: 'hailo_shutdown_network_group', status: 6 }] });
    const network = await device.open(makeModel(stub, 'a'));
    const lost = assert.rejects(network.run(wholeFrame(1)), /was closed while/);
    await until(() => stub.stats().calls['hailo_vstream_read_raw_buffer'] === 1);
    await device.close();
    await lost;
    // The read has its own timeout; what it held is released then.
    await until(() => Object.values(stub.stats().live).every((count) => count === 0));
  });

  it('while many networks wait to be opened does not wait for all of them', async () => {
    stub.set({ delays: { hailo_configure_vdevice: 400 } });
    const openings = Array.from({ length: 10 }, (_, i) => device.open(makeModel(stub, `n${i}`)));
    const outcomes = Promise.allSettled(openings);
    await until(() => (stub.stats().calls['hailo_configure_vdevice'] ?? 0) > 0);
    await device.close();
    for (const { status } of await outcomes) assert.equal(status, 'rejected');
    await until(() => stub.stats().live.vdevice === 0);
    assert.ok(stub.stats().calls['hailo_configure_vdevice']! < 5);
  });

  it('while networks are still being opened leaves nothing open', async () => {
    stub.set({ delays: { hailo_create_vdevice: 50, hailo_configure_vdevice: 50 } });
    const opened = ['a', 'b', 'c'].map((name) => device.open(makeModel(stub, name)));
    const settled = Promise.allSettled(opened);
    await device.close();
    for (const result of await settled) assert.equal(result.status, 'rejected', JSON.stringify(result));
    await until(() => Object.values(stub.stats().live).every((count) => count === 0));
  });

  it('is not needed for a process to end', () => {
    // Its device is still open when the process ends: the driver frees it, the stub cannot know.
    const own = makeStub();
    const manifest = makeModel(own, 'a');
    const script = `
      const { hailoDevice } = require(${JSON.stringify(join(root, 'src/device/hailo/hailo-device.ts'))});
      (async () => {
        const device = hailoDevice({ library: ${JSON.stringify(own.path)} });
        const network = await device.open(${JSON.stringify(manifest)});
        const source = { buffer: new SharedArrayBuffer(96), width: 8, height: 4 };
        const { results } = await network.run({ source, views: [], fairKey: 'a' });
        console.log(results[0].kind);
      })();
    `;
    const output = execFileSync(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 15_000,
    });
    assert.equal(output.trim(), 'tensors');
    own.remove();
  });
});
