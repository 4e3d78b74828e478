import assert from 'node:assert/strict';
import type { Network } from '../../../src/device/device.js';
import { type HailoDevice, hailoDevice } from '../../../src/device/hailo/hailo-device.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../../support/hailort-stub/stub.js';
import { makeModel, NOTHING, pictureWithSum, remains, sumIn, until, wholeFrame } from './runtime-models.js';

describe('Networks on a Hailo', () => {
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
    await device?.close();
    assert.deepEqual(remains(stub), NOTHING);
    stub.remove();
  });

  it('answer with the numbers of the frame that was asked about, three networks at once', async () => {
    stub.set({ frameTimes: { a: 3, b: 1, c: 2 } });
    const networks = await Promise.all(['a', 'b', 'c'].map((name) => device.open(makeModel(stub, name))));
    const runs = networks.flatMap((network, which) =>
      Array.from({ length: 30 }, async (_, i) => {
        const sum = (which * 80 + i) & 255;
        const { results } = await network.run(wholeFrame(sum, `camera ${i % 3}`));
        return { sum, seen: results.map(sumIn) };
      }),
    );
    for (const { sum, seen } of await Promise.all(runs)) assert.deepEqual(seen, [sum]);
    assert.deepEqual(stub.stats().frames, { a: 30, b: 30, c: 30 });
    assert.equal(stub.stats().live.vdevice, 1);
    const { networks: counted } = (await device.health())!;
    assert.deepEqual(counted.map(({ model, frames, running, waiting }) => [model, frames, running, waiting]).sort(), [
      ['a', 30, 0, 0],
      ['b', 30, 0, 0],
      ['c', 30, 0, 0],
    ]);
  });

  it('answer every view of a request in their order', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    // 256 pixels wide, one grey per column: a view of one column's colour has the sum 96 · grey.
    const buffer = new SharedArrayBuffer(256 * 4 * 3);
    new Uint8Array(buffer).forEach((_, i, pixels) => (pixels[i] = Math.floor(i / 3) % 256));
    const columns = [200, 7, 31, 99, 150, 255, 0, 12, 64, 3, 77];
    const views = columns.map((x) => ({ box: { x1: x, y1: 0, x2: x + 1, y2: 4 } }));
    const { results, timings } = await network.run({ source: { buffer, width: 256, height: 4 }, views, fairKey: 'a' });
    assert.deepEqual(
      results.map(sumIn),
      columns.map((grey) => (grey * 96) & 255),
    );
    for (const [part, ms] of Object.entries(timings)) assert.ok(Number.isFinite(ms) && ms >= 0, `${part}: ${ms}`);
  });

  it('have the next frames in the library before the device has answered the first one', async () => {
    stub.set({ silent: ['large', 'small'] });
    const large = await device.open(
      makeModel(stub, 'large', {
        network: { inputs: [{ name: 'in', height: 640, width: 640, features: 3 }] },
        manifest: { input: { width: 640, height: 640, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'stretch' } },
      }),
    );
    const written = (): number => stub.stats().calls['hailo_vstream_write_raw_buffer'] ?? 0;
    const answers = [1, 2, 3].map((sum) =>
      large.run({ source: pictureWithSum(sum, 640, 640), views: [], fairKey: 'a' }),
    );
    // One that is computed and one behind it; a third 640 × 640 would only take memory.
    await until(() => written() === 2 && (stub.stats().calls['hailo_vstream_read_raw_buffer'] ?? 0) === 1);
    stub.set({ silent: ['small'] });
    assert.deepEqual(
      (await Promise.all(answers)).flatMap(({ results }) => results.map(sumIn)),
      [1, 2, 3],
    );

    const small = await device.open(makeModel(stub, 'small'));
    const views = Array.from({ length: 12 }, () => ({ box: { x1: 0, y1: 0, x2: 8, y2: 4 } }));
    const answer = small.run({ source: pictureWithSum(9), views, fairKey: 'a' });
    await until(() => written() === 3 + 8);
    stub.set({ silent: [] });
    assert.deepEqual((await answer).results.map(sumIn), Array(12).fill(9));
  });

  it('let cameras take turns', async () => {
    stub.set({ silent: ['a'] });
    const network = await device.open(makeModel(stub, 'a'));
    const order: string[] = [];
    const ask = (key: string): Promise<unknown> => network.run(wholeFrame(0, key)).then(() => order.push(key));
    const busy = Array.from({ length: 12 }, () => ask('busy'));
    const quiet = [ask('quiet'), ask('quiet')];
    stub.set({ silent: [] });
    await Promise.all([...busy, ...quiet]);
    // Four are with the thread already; from then on they alternate.
    assert.deepEqual(order.slice(0, 8), ['busy', 'busy', 'busy', 'busy', 'busy', 'quiet', 'busy', 'quiet']);
  });

  it('are opened once for all who ask for the same model, and closed with the last', async () => {
    const manifest = makeModel(stub, 'a');
    const [first, second] = (await Promise.all([device.open(manifest), device.open(manifest)])) as [Network, Network];
    assert.equal(stub.stats().created.input, 1);
    await first.close();
    await first.close();
    await assert.rejects(first.run(wholeFrame(1)), { message: 'Expected an open network but model a was closed' });
    assert.equal(sumIn((await second.run(wholeFrame(5))).results[0]), 5);
    await second.close();
    assert.deepEqual({ ...stub.stats().live, group: 0 }, { ...NOTHING.live, vdevice: 1 });
  });

  it('reject only the request whose answer makes no sense', async () => {
    const network = await device.open(
      makeModel(stub, 'nms', {
        network: { outputs: [{ name: 'boxes', nms: { classes: 2, maxPerClass: 4 } }] },
        manifest: { output: { decoder: 'hailo-nms', labels: ['x', 'y'] } },
      }),
    );
    const before = await network.run(wholeFrame(3));
    assert.equal(before.results[0]?.kind, 'detections');
    for (const count of [Number.NaN, -1, 2.5, 1e9, 5]) {
      stub.set({ nmsLies: [{ class: 0, count }] });
      await assert.rejects(network.run(wholeFrame(3)), { code: 'ALPR_DECODE' }, String(count));
    }
    stub.set({ nmsLies: [] });
    assert.deepEqual((await network.run(wholeFrame(3))).results, before.results);
    assert.equal((await device.health())!.networks[0]!.recreated, 0);
  });

  it('give the manifest’s thresholds to the suppression before the first frame', async () => {
    const outputs = [{ name: 'boxes', nms: { classes: 1, maxPerClass: 4 } }];
    const output = { decoder: 'hailo-nms' as const, labels: ['x'] };
    await device.open(
      makeModel(stub, 'nms', {
        network: { outputs },
        manifest: { output, thresholds: { confidence: 0.3, iou: 0.45 } },
      }),
    );
    const { calls } = stub.stats();
    assert.equal(calls['hailo_vstream_set_nms_score_threshold'], 1);
    assert.equal(calls['hailo_vstream_set_nms_iou_threshold'], 1);
  });

  it('reject requests that cannot be run and go on', async () => {
    const network = await device.open(makeModel(stub, 'a'));
    const { source } = wholeFrame(1);
    const bad = [
      {
        request: { source: { ...source, width: 99 }, views: [], fairKey: 'a' },
        error: /Expected at least \d+ bytes for source.buffer/,
      },
      {
        request: { source, views: [{ box: { x1: NaN, y1: 0, x2: 1, y2: 1 } }], fairKey: 'a' },
        error: /views\[0\]\.box/,
      },
      {
        request: { source, views: [], options: { inputSize: { width: 64, height: 64 } }, fairKey: 'a' },
        error: /takes no other/,
      },
    ];
    for (const { request, error } of bad) await assert.rejects(network.run(request), error);
    assert.equal(sumIn((await network.run(wholeFrame(1))).results[0]), 1);
  });

  it('set the scheduler as the settings of their task say', async () => {
    const other = hailoDevice({
      library: stub.path,
      scheduler: { plates: { threshold: 2, timeoutMs: 50, priority: 20 } },
    });
    await other.open(makeModel(stub, 'a', { manifest: { task: 'plates' } }));
    await other.open(makeModel(stub, 'b'));
    const { calls } = stub.stats();
    for (const what of ['timeout', 'threshold', 'priority'])
      assert.equal(calls[`hailo_set_scheduler_${what}`], 1, what);
    await other.close();
  });
});
