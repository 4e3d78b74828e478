import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { patternBoxes, patternBytes, patternSum } from '../../support/hailort-stub/pattern.js';
import { counted, counter, textAt } from '../../support/hailort-stub/raw-library.js';
import { RawSession, type OpenOptions, type RawOpened } from '../../support/hailort-stub/raw-network.js';
import { skipWithoutCompiler, type StubNetwork } from '../../support/hailort-stub/stub.js';

const input = { name: 'in', height: 2, width: 4, features: 3 };
const plain = (name: string): StubNetwork => ({
  name,
  inputs: [input],
  outputs: [{ name: 'out', height: 1, width: 2, features: 3, zeroPoint: 10, scale: 0.5 }],
});
const boxes: StubNetwork = {
  name: 'boxes',
  inputs: [input],
  outputs: [{ name: 'nms', nms: { classes: 3, maxPerClass: 4 } }],
};
const frame = (value: number) => new Uint8Array(24).fill(value);

describe('The stub of libhailort: vstreams', function () {
  this.timeout(60_000);
  let session: RawSession;
  let opened: RawOpened[] = [];
  before(function () {
    skipWithoutCompiler(this);
  });
  afterEach(async () => {
    const { stub } = session;
    stub.set({ silent: [], faults: [], nmsLies: [], frameTimes: {} });
    await session.close(...opened);
    opened = [];
    const { live, misuse, problems } = stub.stats();
    stub.remove();
    assert.deepEqual({ live, misuse, problems }, { live: none, misuse: [], problems: [] });
  });

  function start(options: ConstructorParameters<typeof RawSession>[0] = {}): void {
    session = new RawSession(options);
  }

  function open(network: StubNetwork, options: OpenOptions = {}): RawOpened {
    const result = session.open(network, options);
    opened.push(result);
    return result;
  }

  async function read(from: RawOpened, index = 0): Promise<Buffer> {
    const buffer = Buffer.alloc(from.outputs[index]!.size);
    assert.equal(await session.read(from.outputs[index]!, buffer), 0);
    return buffer;
  }

  it('gives parameters and handles in name order, whatever the order of the model or the caller', () => {
    start();
    const { library } = session;
    const tensor = { height: 1, width: 1, features: 1 };
    const names = ['conv9', 'conv23', 'alpha'];
    const network = { name: 'net', inputs: [input], outputs: names.map((name) => ({ name, ...tensor })) };
    const group = session.configure(network);
    const params = Buffer.alloc(3 * 156);
    const count = counter(2);
    assert.equal(library.call('hailo_make_output_vstream_params', group, false, 3, params, count), 5);
    assert.equal(counted(count), 3);
    assert.equal(library.call('hailo_make_output_vstream_params', group, false, 3, params, count), 0);
    const sorted = ['net/alpha', 'net/conv23', 'net/conv9'];
    assert.deepEqual(
      [0, 1, 2].map((i) => textAt(params, 156 * i, 128)),
      sorted,
    );
    assert.deepEqual(
      [128, 132, 136, 140, 144, 148, 152].map((offset) => params.readUInt32LE(offset)),
      [3, 0, 0, 10000, 2, 0, 0],
    );
    const turned = Buffer.concat([2, 0, 1].map((i) => params.subarray(156 * i, 156 * i + 156)));
    const handles = Buffer.alloc(24);
    assert.equal(library.call('hailo_create_output_vstreams', group, turned, 3, handles), 0);
    const outputs = sorted.map((name, i) => {
      const info = Buffer.alloc(436);
      const handle = handles.readBigUInt64LE(8 * i);
      assert.equal(library.call('hailo_get_output_vstream_info', handle, info), 0);
      assert.equal(textAt(info, 0, 128), name);
      return { handle, name, size: 4 };
    });
    assert.equal(library.call('hailo_create_output_vstreams', group, turned, 3, handles), 6, 'they exist already');
    opened.push({ group, inputs: session.vstreams(group, 'input'), outputs });
  });

  it('returns frames in the order written, each computed from its bytes, in the type wished for', async () => {
    start();
    const native = open(plain('native'));
    const wide = open(plain('wide'), { outputType: 2 });
    const real = open(plain('real'), { outputType: 3 });
    assert.deepEqual(
      [native, wide, real].map((each) => each.outputs[0]!.size),
      [6, 12, 24],
    );
    for (const each of opened) {
      for (const value of [1, 2]) assert.equal(await session.write(each.inputs[0]!, frame(value)), 0);
    }
    for (const value of [1, 2]) {
      const bytes = patternBytes(patternSum(frame(value)), 6);
      assert.deepEqual([...(await read(native))], [...bytes]);
      assert.deepEqual([...new Uint16Array((await read(wide)).buffer)], [...bytes]);
      const values = new Float32Array(Uint8Array.from(await read(real)).buffer);
      assert.deepEqual(
        [...values],
        [...bytes].map((byte) => (byte - 10) * 0.5),
      );
    }
  });

  it('quantises float inputs', async () => {
    start();
    const scaled = { ...plain('net'), inputs: [{ ...input, zeroPoint: 10, scale: 0.5 }] };
    const net = open(scaled, { inputType: 3 });
    const values = new Float32Array(24).fill(3).fill(1000, 0, 1).fill(-1000, 1, 2);
    assert.equal(await session.write(net.inputs[0]!, new Uint8Array(values.buffer)), 0);
    const sum = 255 + 0 + 22 * 16;
    assert.deepEqual([...(await read(net))], [...patternBytes(sum, 6)]);
  });

  it('keeps quantisation per channel out of the info and gives it by its own call', async () => {
    start();
    const perChannel = [0, 1, 2].map((i) => ({ zeroPoint: i, scale: 2 ** i }));
    const outputs = [{ name: 'out', height: 1, width: 2, features: 3, perChannel }];
    const net = open({ name: 'net', inputs: [input], outputs }, { outputType: 3 });
    const { handle } = net.outputs[0]!;
    const info = Buffer.alloc(436);
    assert.equal(session.library.call('hailo_get_output_vstream_info', handle, info), 0);
    assert.deepEqual([...info.subarray(420)], Array(16).fill(0));
    const infos = Buffer.alloc(48);
    const count = counter(2);
    assert.equal(session.library.call('hailo_get_output_vstream_quant_infos', handle, infos, count), 5);
    assert.equal(counted(count), 3);
    assert.equal(session.library.call('hailo_get_output_vstream_quant_infos', handle, infos, count), 0);
    assert.deepEqual(
      [0, 16, 32].map((offset) => [infos.readFloatLE(offset), infos.readFloatLE(offset + 4)]),
      perChannel.map(({ zeroPoint, scale }) => [zeroPoint, scale]),
    );
    assert.equal(await session.write(net.inputs[0]!, frame(0)), 0);
    const values = new Float32Array(Uint8Array.from(await read(net)).buffer);
    assert.deepEqual([...values], [0, 0, 0, 3, 6, 12]);
  });

  it('refuses frames of another size: 2 when writing, 8 when reading', async () => {
    start();
    const net = open(plain('net'));
    assert.equal(await session.write(net.inputs[0]!, new Uint8Array(23)), 2);
    assert.equal(await session.read(net.outputs[0]!, new Uint8Array(7)), 8);
  });

  it('packs boxes by class, leaves garbage behind them and refuses other types', async () => {
    start();
    const group = session.configure(boxes);
    assert.throws(() => session.vstreams(group, 'output', { outputType: 1 }), /received 2/);
    const net = { group, inputs: session.vstreams(group, 'input'), outputs: session.vstreams(group, 'output') };
    opened.push(net);
    assert.equal(net.outputs[0]!.size, 3 * (1 + 5 * 4) * 4);
    const written = frame(0).fill(2, 0, 1);
    assert.equal(await session.write(net.inputs[0]!, written), 0);
    const { found, rest } = walk(await read(net), 3);
    assert.deepEqual(found, patternBoxes(patternSum(written), 3, 4));
    assert.equal(found.length, 3);
    assert.ok(rest.length > 0 && rest.every((value) => value !== 0));
  });

  it('lies about the number of boxes when told to', async () => {
    start();
    const net = open(boxes);
    for (const count of [NaN, 1e9, -1, 2.5]) {
      session.stub.set({ nmsLies: [{ network: 'boxes', class: 0, count }] });
      assert.equal(await session.write(net.inputs[0]!, frame(0)), 0);
      assert.equal((await read(net)).readFloatLE(0), count);
    }
  });

  it('takes thresholds for boxes, which change the frame size, and only there', async () => {
    start();
    const net = open(boxes);
    const tensor = open(plain('tensor'));
    const { library } = session;
    const { handle } = net.outputs[0]!;
    assert.equal(library.call('hailo_vstream_set_nms_score_threshold', tensor.outputs[0]!.handle, 0.5), 6);
    assert.equal(library.call('hailo_vstream_set_nms_max_proposals_per_class', handle, 1), 0);
    const size = counter(0);
    assert.equal(library.call('hailo_get_output_vstream_frame_size', handle, size), 0);
    net.outputs[0]!.size = counted(size);
    assert.equal(counted(size), 3 * 6 * 4);
    assert.equal(library.call('hailo_vstream_set_nms_score_threshold', handle, 0.8), 0);
    assert.equal(await session.write(net.inputs[0]!, frame(0)), 0);
    const { found } = walk(await read(net), 3);
    assert.deepEqual(
      found.map((box) => [box.class, box.score]),
      [
        [1, 0.875],
        [2, 0.875],
      ],
    );
  });

  it('plays frames from a file in turn', async () => {
    start();
    const file = join(session.stub.folder, 'outputs.bin');
    writeFileSync(
      file,
      Uint8Array.from({ length: 12 }, (_, i) => i),
    );
    const net = open({ ...plain('net'), compute: { file } });
    for (const first of [0, 6, 0]) {
      assert.equal(await session.write(net.inputs[0]!, frame(9)), 0);
      assert.equal((await read(net))[0], first);
    }
  });

  it('injects what a call gives: after so many, so many times, for one network', async () => {
    start();
    const call = 'hailo_vstream_read_raw_buffer';
    const [a, b] = [open(plain('a')), open(plain('b'))];
    session.stub.set({ faults: [{ call, status: 87, network: 'a', after: 1, times: 2 }] });
    const statuses: number[] = [];
    for (const net of [a, a, a, b, a]) {
      await session.write(net.inputs[0]!, frame(1));
      statuses.push(await session.read(net.outputs[0]!, new Uint8Array(6)));
    }
    assert.deepEqual(statuses, [0, 87, 87, 0, 0]);
  });
});

const none = { device: 0, vdevice: 0, hef: 0, group: 0, input: 0, output: 0 };

function walk(bytes: Buffer, classes: number) {
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const found = [];
  let at = 0;
  for (let index = 0; index < classes; index++) {
    for (let left = values[at++]!; left > 0; left--, at += 5) {
      const [yMin, xMin, yMax, xMax, score] = values.subarray(at, at + 5) as unknown as [
        number,
        number,
        number,
        number,
        number,
      ];
      found.push({ class: index, yMin, xMin, yMax, xMax, score });
    }
  }
  return { found, rest: values.subarray(at) };
}
