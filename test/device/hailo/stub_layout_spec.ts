import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildLibrary } from '../../support/hailort-stub/build.js';
import { counted, counter, RawLibrary, textAt } from '../../support/hailort-stub/raw-library.js';
import {
  makeStub,
  skipWithoutCompiler,
  stubVersions,
  writeHef,
  type Stub,
  type StubNetwork,
  type StubVersion,
} from '../../support/hailort-stub/stub.js';

const network: StubNetwork = {
  name: 'net',
  group: 'group',
  inputs: [{ name: 'in', height: 4, width: 6, features: 3 }],
  outputs: [
    { name: 'zeta', height: 1, width: 2, features: 5, zeroPoint: 144, scale: 0.5 },
    { name: 'alpha', nms: { classes: 110, maxPerClass: 100 } },
  ],
};

/** Offsets of hailort-c-api §4 that differ. */
const layouts: Record<
  StubVersion,
  {
    infoSize: number;
    quantisation: number;
    nmsOrder: number;
    nmsWords: number[];
    groupParams: number;
    networks: number;
  }
> = {
  '4.19.0': {
    infoSize: 432,
    quantisation: 416,
    nmsOrder: 9,
    nmsWords: [110, 100, 0],
    groupParams: 10560,
    networks: 8472,
  },
  '4.20.0': {
    infoSize: 436,
    quantisation: 420,
    nmsOrder: 22,
    nmsWords: [110, 100, 0, 1],
    groupParams: 10560,
    networks: 8472,
  },
  '4.23.0': {
    infoSize: 436,
    quantisation: 420,
    nmsOrder: 22,
    nmsWords: [110, 100, 11000, 0],
    groupParams: 10560,
    networks: 8472,
  },
  '5.2.0': {
    infoSize: 436,
    quantisation: 420,
    nmsOrder: 22,
    nmsWords: [110, 100, 11000, 0],
    groupParams: 8000,
    networks: 5912,
  },
};

describe('The stub of libhailort: layouts and files', function () {
  this.timeout(120_000);
  const stubs: Stub[] = [];
  before(function () {
    skipWithoutCompiler(this);
  });
  after(() => {
    for (const stub of stubs) stub.remove();
  });

  function load(options: Parameters<typeof makeStub>[0] = {}): { stub: Stub; library: RawLibrary } {
    const stub = makeStub(options);
    stubs.push(stub);
    return { stub, library: new RawLibrary(stub.path) };
  }

  function hefOf(stub: Stub, options: Parameters<typeof writeHef>[2] = {}, what: StubNetwork = network): string {
    const file = join(stub.folder, 'net.hef');
    writeHef(file, what, options);
    return file;
  }

  function open(library: RawLibrary, file: string): { status: number; handle: bigint } {
    const out = Buffer.alloc(8);
    const status = library.call('hailo_create_hef_file', out, file);
    return { status, handle: out.readBigUInt64LE() };
  }

  for (const version of stubVersions) {
    describe(version, () => {
      const layout = layouts[version];

      it('compiles without a warning, every size and offset asserted, and says its version', () => {
        assert.ok(existsSync(buildLibrary({ version })));
        const { library } = load({ version });
        const words = Buffer.alloc(12);
        assert.equal(library.call('hailo_get_library_version', words), 0);
        assert.equal([0, 4, 8].map((offset) => words.readUInt32LE(offset)).join('.'), version);
      });

      it('describes vstreams, inputs first and outputs in model order, in its own layout', () => {
        const { stub, library } = load({ version });
        const { status, handle } = open(library, hefOf(stub));
        assert.equal(status, 0);
        const infos = Buffer.alloc(3 * layout.infoSize, 0xee);
        const count = counter(2);
        assert.equal(library.call('hailo_hef_get_all_vstream_infos', handle, null, infos, count), 5);
        assert.equal(counted(count), 3);
        assert.equal(library.call('hailo_hef_get_all_vstream_infos', handle, null, infos, count), 0);
        const [input, tensor, nms] = [0, 1, 2].map((i) => infos.subarray(i * layout.infoSize)) as [
          Buffer,
          Buffer,
          Buffer,
        ];
        assert.deepEqual(
          [input, tensor, nms].map((info) => textAt(info, 0, 128)),
          ['net/in', 'net/zeta', 'net/alpha'],
        );
        assert.equal(textAt(nms, 128, 257), 'group/net');
        assert.deepEqual(words(input, 388, 7), [0, 1, 1, 0, 4, 6, 3]);
        assert.deepEqual(words(tensor, 388, 7), [1, 1, 1, 0, 1, 2, 5]);
        assert.deepEqual(floats(tensor, layout.quantisation), [144, 0.5, -72, 55.5]);
        assert.deepEqual(words(nms, 388, 4), [1, 3, layout.nmsOrder, 0]);
        assert.deepEqual(words(nms, 404, layout.nmsWords.length), layout.nmsWords);
        assert.deepEqual(floats(nms, layout.quantisation), [0, 1, 0, 0]);
        assert.equal(frameSize(library, nms, 0, 0), 220440);
        if (version === '4.23.0' || version === '5.2.0') {
          assert.equal(frameSize(library, nms, 3, 23), 242002);
          assert.equal(frameSize(library, nms, 3, 20), version === '5.2.0' ? 506002 : 418002);
        }
        assert.equal(library.call('hailo_release_hef', handle), 0);
      });

      it('fills the parameters of configure in its own layout', () => {
        const { stub, library } = load({ version });
        const { handle } = open(library, hefOf(stub));
        const params = Buffer.alloc(128 * 1024, 0xee);
        assert.equal(library.call('hailo_init_configure_params', handle, 0, params), 0);
        assert.equal(params.readBigUInt64LE(0), 1n);
        assert.equal(textAt(params, 8, 128), 'group');
        assert.equal(params.readUInt16LE(136), 0);
        assert.equal(params.readBigUInt64LE(152), 3n);
        assert.equal(params.readBigUInt64LE(8 + layout.networks), 1n);
        assert.equal(textAt(params, 8 + layout.networks + 8, 257), 'group/net');
        const end = 8 + 8 * layout.groupParams;
        assert.equal(params[end - 1], 0);
        assert.equal(params[end], 0xee);
      });

      it('refuses files that are no HEF, damaged or too new', () => {
        const { stub, library } = load({ version });
        const old = version === '4.19.0' || version === '4.20.0';
        const text = join(stub.folder, 'text.hef');
        writeFileSync(text, 'version https://git-lfs.github.com/spec/v1\n');
        const empty = join(stub.folder, 'empty.hef');
        writeFileSync(empty, '');
        const status = (file: string) => open(library, file).status;
        assert.equal(status(join(stub.folder, 'missing.hef')), 13);
        assert.equal(status(empty), 14);
        assert.equal(status(stub.folder), 14);
        assert.equal(status(text), old ? 26 : 92);
        assert.equal(status(hefOf(stub, { truncate: 3000 })), old ? 26 : 91);
        assert.equal(status(hefOf(stub, { corrupt: true })), old ? 26 : 91);
        const newest = { '4.19.0': 1, '4.20.0': 2, '4.23.0': 3, '5.2.0': 3 }[version];
        for (const headerVersion of [0, 1, 2, 3] as const) {
          assert.equal(status(hefOf(stub, { headerVersion })), headerVersion <= newest ? 0 : 26, `${headerVersion}`);
        }
      });

      it('identifies the chips of its own line and refuses the others', () => {
        const own = version === '5.2.0' ? 'hailo10h' : 'hailo8l';
        const other = version === '5.2.0' ? 'hailo8' : 'hailo10h';
        const devices = [
          { id: '0000:01:00.0', architecture: own, power: 2.5 },
          { id: '0000:02:00.0', architecture: other },
        ] as const;
        const { library } = load({ version, devices: [...devices] });
        const out = Buffer.alloc(8);
        assert.equal(library.call('hailo_create_device_by_id', id('0000:02:00.0'), out), 79);
        const device = library.handle('hailo_create_device_by_id', id('0000:01:00.0'), undefined);
        const identity = Buffer.alloc(140 + 4, 0xee);
        assert.equal(library.call('hailo_identify', device, identity), 0);
        assert.equal([4, 8, 12].map((offset) => identity.readUInt32LE(offset)).join('.'), version);
        assert.equal(identity.readInt32LE(56), own === 'hailo10h' ? 6 : 2);
        const board = identity.subarray(21, 21 + identity[20]!).toString();
        assert.equal(board, own === 'hailo10h' ? 'Hailo-10H' : 'Hailo-8L');
        assert.notEqual(identity[21 + board.length], 0, 'the field has no zero byte to rely on');
        assert.equal(identity.subarray(95, 95 + identity[94]!).toString(), 'STUB OF A HAILO AI ACCELERATOR');
        assert.equal(identity[140], 0xee);
        const extended = Buffer.alloc(128, 0xee);
        assert.equal(library.call('hailo_get_extended_device_information', device, extended), 0);
        assert.equal(extended.readUInt32LE(0), 400_000_000);
        assert.equal(extended[7], 1);
        assert.equal(extended.indexOf(0xee), version === '4.23.0' || version === '5.2.0' ? 96 : 92);
        assert.equal(library.call('hailo_release_device', device), 0);
      });
    });
  }

  const fits: { architecture: 'hailo8' | 'hailo8l'; compiledFor: number; status: number }[] = [
    { architecture: 'hailo8', compiledFor: 1, status: 0 },
    { architecture: 'hailo8', compiledFor: 3, status: 0 },
    { architecture: 'hailo8', compiledFor: 103, status: 93 },
    { architecture: 'hailo8l', compiledFor: 1, status: 93 },
    { architecture: 'hailo8l', compiledFor: 3, status: 0 },
  ];
  for (const { architecture, compiledFor, status } of fits) {
    it(`gives ${status} for a HEF of architecture ${compiledFor} on ${architecture}`, () => {
      const { stub, library } = load({ devices: [{ id: 'a', architecture }] });
      const vdevice = library.handle('hailo_create_vdevice', null, undefined);
      const { handle } = open(library, hefOf(stub, { architecture: compiledFor }));
      const groups = Buffer.alloc(64);
      assert.equal(library.call('hailo_configure_vdevice', vdevice, handle, null, groups, counter(8)), status);
      assert.equal(library.call('hailo_release_vdevice', vdevice), 0);
      assert.equal(stub.stats().misuse.length, compiledFor === 103 ? 1 : 0, 'such a file can crash the real library');
    });
  }

  it('reads the file again at configure, and does not say how many groups there are', () => {
    const { stub, library } = load({});
    const vdevice = library.handle('hailo_create_vdevice', null, undefined);
    const file = hefOf(stub);
    const { handle } = open(library, file);
    const groups = Buffer.alloc(64);
    const count = counter(0);
    assert.equal(library.call('hailo_configure_vdevice', vdevice, handle, null, groups, count), 5);
    assert.equal(counted(count), 0);
    rmSync(file);
    assert.equal(library.call('hailo_configure_vdevice', vdevice, handle, null, groups, counter(8)), 13);
    hefOf(stub, {}, { ...network, name: 'other' });
    assert.equal(library.call('hailo_configure_vdevice', vdevice, handle, null, groups, counter(8)), 91);
    assert.equal(library.call('hailo_release_vdevice', vdevice), 0);
  });

  it('opens a Hailo-10H with 5.x but configures nothing on it', () => {
    const { stub, library } = load({ version: '5.2.0', devices: [{ id: 'a', architecture: 'hailo10h' }] });
    const vdevice = library.handle('hailo_create_vdevice', null, undefined);
    const { handle } = open(
      library,
      hefOf(stub, { architecture: 103, compiler: 'sdk-version: 5.4.0', headerVersion: 3 }),
    );
    const groups = Buffer.alloc(64);
    assert.equal(library.call('hailo_configure_vdevice', vdevice, handle, null, groups, counter(8)), 7);
    const params = Buffer.alloc(128 * 1024);
    assert.equal(library.call('hailo_init_configure_params_by_vdevice', handle, vdevice, params), 7);
    assert.equal(library.call('hailo_release_vdevice', vdevice), 0);
    assert.deepEqual(stub.stats().misuse, []);
  });

  it('can lack a function', () => {
    const { library } = load({ missingSymbol: 'hailo_shutdown_network_group' });
    assert.throws(() => library.call('hailo_shutdown_network_group', 0n), /hailo_shutdown_network_group/);
    assert.equal(library.call('hailo_get_library_version', Buffer.alloc(12)), 0);
  });
});

function words(info: Buffer, offset: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => info.readInt32LE(offset + 4 * i));
}

function floats(info: Buffer, offset: number): number[] {
  return Array.from({ length: 4 }, (_, i) => info.readFloatLE(offset + 4 * i));
}

function frameSize(library: RawLibrary, info: Buffer, type: number, order: number): number {
  const format = Buffer.alloc(12);
  format.writeInt32LE(type, 0);
  format.writeInt32LE(order, 4);
  const size = counter(0);
  assert.equal(library.call('hailo_get_vstream_frame_size', info, format, size), 0);
  return counted(size);
}

function id(text: string): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write(text);
  return bytes;
}
