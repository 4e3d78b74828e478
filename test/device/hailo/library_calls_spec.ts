import assert from 'node:assert/strict';
import { HailoError } from '../../../src/device/hailo/errors';
import type { HailoLibrary, VstreamInfo } from '../../../src/device/hailo/library/api';
import { prepareHailoEnvironment } from '../../../src/device/hailo/library/environment';
import { Handles } from '../../../src/device/hailo/library/handles';
import { layoutOf } from '../../../src/device/hailo/library/layout';
import { typedLibrary } from '../../../src/device/hailo/library/library';
import { declareAll, symbolNames, type SymbolName, type Symbols } from '../../../src/device/hailo/library/symbols';

type Fake = (...args: never[]) => number;

/** A library whose functions are JavaScript: for answers that neither the real one nor the stub can be made to give. */
function libraryOf(fakes: Partial<Record<SymbolName, Fake>>): { library: HailoLibrary; calls: SymbolName[] } {
  const calls: SymbolName[] = [];
  const symbols = Object.fromEntries(
    symbolNames.map((name) => [
      name,
      (...args: unknown[]): number => {
        calls.push(name);
        const fake = fakes[name];
        if (!fake) assert.fail(`unexpected call of ${name}`);
        return fake(...(args as never[]));
      },
    ]),
  ) as Symbols;
  const version = { major: 4, minor: 23, revision: 0 };
  const koffi = {
    config: () => ({}),
    load: () => assert.fail('load'),
    address: () => 0x1000n,
    alloc: () => assert.fail('alloc'),
    view: () => assert.fail('view'),
    free: () => assert.fail('free'),
  };
  const library = typedLibrary({
    path: '/x/libhailort.so',
    version,
    symbols,
    layout: layoutOf(version),
    handles: new Handles(),
    koffi,
  });
  return { library, calls };
}

const giveHandle =
  (handle: bigint): Fake =>
  (...args: unknown[]) => {
    const out = args.find((arg) => Array.isArray(arg)) as unknown[];
    out[0] = handle;
    return 0;
  };

function refuses(act: () => unknown, message: RegExp, status?: number): void {
  assert.throws(act, (error: Error) => {
    assert.ok(error instanceof HailoError, error.stack);
    assert.match(error.message, message);
    assert.equal(error.status, status);
    return true;
  });
}

describe('Functions of the library', () => {
  for (const { version, age } of [
    { version: { major: 4, minor: 17, revision: 0 }, age: 'too old' },
    { version: { major: 5, minor: 9, revision: 0 }, age: 'too new' },
  ]) {
    it(`that HailoRT ${version.major}.${version.minor} lacks are told by name, with the file and that it is ${age}`, () => {
      for (const missing of symbolNames) {
        const file = {
          func(prototype: string) {
            assert.match(prototype, /^int hailo_\w+\(/);
            if (prototype.includes(`${missing}(`))
              throw new Error(`Cannot find function '${missing}' in shared library`);
            return () => 0;
          },
        };
        assert.throws(
          () => declareAll(file, { path: '/x/libhailort.so', version }),
          (error: Error) => {
            assert.ok(error instanceof HailoError, error.stack);
            const text = `${version.major}.${version.minor}.0`;
            for (const part of [missing, '/x/libhailort.so', text, age])
              assert.ok(error.message.includes(part), error.message);
            return true;
          },
        );
      }
    });
  }

  it('are among those of the sheet, by prototype and name', () => {
    const sheet =
      'get_library_version scan_devices create_device_by_id release_device identify get_extended_device_information ' +
      'get_chip_temperature power_measurement init_vdevice_params create_vdevice release_vdevice get_physical_devices ' +
      'create_hef_file release_hef get_network_groups_infos hef_get_all_vstream_infos init_configure_params_by_vdevice ' +
      'configure_vdevice shutdown_network_group set_scheduler_timeout set_scheduler_threshold set_scheduler_priority ' +
      'make_input_vstream_params make_output_vstream_params create_input_vstreams create_output_vstreams ' +
      'get_input_vstream_frame_size get_input_vstream_info get_input_vstream_user_format get_output_vstream_frame_size ' +
      'get_output_vstream_info get_output_vstream_user_format get_output_vstream_quant_infos vstream_write_raw_buffer ' +
      'vstream_read_raw_buffer vstream_set_nms_score_threshold vstream_set_nms_iou_threshold release_input_vstreams ' +
      'release_output_vstreams';
    assert.deepEqual(
      symbolNames,
      sheet.split(' ').map((name) => `hailo_${name}`),
    );
    const names: string[] = [];
    const file = {
      func(prototype: string) {
        names.push(/^int (hailo_\w+)\(/.exec(prototype)![1]!);
        return () => 0;
      },
    };
    declareAll(file, { path: 'x', version: { major: 4, minor: 23, revision: 0 } });
    assert.deepEqual(names, symbolNames);
  });
});

describe('Lists of the library', () => {
  it('grow to the count that the library asks for', () => {
    const { library, calls } = libraryOf({
      hailo_scan_devices: (params: null, ids: Buffer, count: number[]) => {
        assert.equal(params, null);
        const room = count[0]!;
        assert.equal(ids.length, room * 32);
        count[0] = 11;
        if (room < 11) return 5;
        for (let index = 0; index < 11; index++) ids.write(`0000:${index}:00.0`, index * 32);
        return 0;
      },
    });
    assert.deepEqual(
      library.scan(),
      Array.from({ length: 11 }, (_, index) => `0000:${index}:00.0`),
    );
    assert.equal(calls.length, 2);
  });

  it('grow step by step where the library does not say how much it needs', () => {
    const rooms: number[] = [];
    const { library } = libraryOf({
      hailo_scan_devices: (_params: null, _ids: Buffer, count: number[]) => {
        rooms.push(count[0]!);
        if (count[0]! < 60) return 5;
        count[0] = 0;
        return 0;
      },
    });
    assert.deepEqual(library.scan(), []);
    assert.deepEqual(rooms, [8, 16, 32, 64]);
  });

  it('do not grow for ever', () => {
    const { library } = libraryOf({ hailo_scan_devices: () => 5 });
    refuses(() => library.scan(), /bytes/, 5);
    const lying = libraryOf({
      hailo_scan_devices: (_params: null, _ids: Buffer, count: number[]) => {
        count[0] = 2 ** 40;
        return 5;
      },
    });
    refuses(() => lying.library.scan(), /bytes/, 5);
  });

  it('that claim more entries than there is room for are not believed', () => {
    const { library } = libraryOf({
      hailo_scan_devices: (_params: null, _ids: Buffer, count: number[]) => {
        count[0] = 9;
        return 0;
      },
    });
    refuses(() => library.scan(), /at most 8 entries .* received 9/);
  });
});

describe('Handles', () => {
  it('that are NULL although the call succeeded are refused', () => {
    const { library } = libraryOf({ hailo_create_device_by_id: giveHandle(0n) });
    refuses(() => library.createDevice('0000:01:00.0'), /pointer of a device but received 0/);
  });

  it('are passed on only while they live, and only as what they are', () => {
    const { library, calls } = libraryOf({
      hailo_create_device_by_id: giveHandle(0x10n),
      hailo_release_device: () => 0,
      hailo_identify: () => 0,
    });
    const device = library.createDevice('0000:01:00.0');
    library.identify(device);
    const before = calls.length;
    const wrong: unknown[] = [0x11n, 0n, 16, null, undefined, '16', {}, new Uint8Array(8)];
    for (const handle of wrong) refuses(() => library.identify(handle as never), /a live device of this thread/);
    refuses(() => library.releaseVdevice(device as never), /a live vdevice/);
    refuses(() => library.releaseHef(device as never), /a live hef/);
    assert.equal(calls.length, before);
    library.releaseDevice(device);
    refuses(() => library.identify(device), /it was released/);
    refuses(() => library.releaseDevice(device), /it was released/);
    assert.deepEqual(calls.slice(before), ['hailo_release_device']);
  });

  it('are forgotten even when their release fails, because nobody may try again', () => {
    const { library } = libraryOf({ hailo_create_device_by_id: giveHandle(0x10n), hailo_release_device: () => 8 });
    const device = library.createDevice('0000:01:00.0');
    refuses(() => library.releaseDevice(device), /INTERNAL_FAILURE/, 8);
    refuses(() => library.releaseDevice(device), /it was released/);
  });

  it('of another thread must be adopted, are not released here, and can be disowned', () => {
    const { library, calls } = libraryOf({ hailo_shutdown_network_group: () => 0 });
    refuses(() => library.shutdownGroup(0x20n as never), /was not adopted/);
    const group = library.adopt('network-group', 0x20n);
    library.shutdownGroup(group);
    const vdevice = library.adopt('vdevice', 0x30n);
    refuses(() => library.releaseVdevice(vdevice), /its owner releases it/);
    library.disown(group);
    refuses(() => library.shutdownGroup(group), /was not adopted/);
    assert.deepEqual(calls, ['hailo_shutdown_network_group']);
    refuses(() => library.adopt('vdevice', 0n), /received 0/);
  });

  it('that a thread left behind can be taken over and released', () => {
    const { library, calls } = libraryOf({
      hailo_release_vdevice: () => 0,
      hailo_release_output_vstreams: (handles: Buffer, count: number) => {
        assert.deepEqual([count, handles.readBigUInt64LE(0)], [1, 0x50n]);
        return 0;
      },
    });
    library.adopt('vdevice', 0x30n);
    const vdevice = library.adoptOwn('vdevice', 0x30n);
    const handle = library.adoptOwn('output-vstream', 0x50n);
    library.releaseOutputs([{ handle } as never]);
    library.releaseVdevice(vdevice);
    assert.deepEqual(calls, ['hailo_release_output_vstreams', 'hailo_release_vdevice']);
  });

  it('of physical devices are borrowed: never released, gone with their vdevice', () => {
    const { library } = libraryOf({
      hailo_init_vdevice_params: () => 0,
      hailo_create_vdevice: giveHandle(0x30n),
      hailo_release_vdevice: () => 0,
      hailo_get_physical_devices: (_vdevice: bigint, devices: Buffer, count: number[]) => {
        devices.writeBigUInt64LE(0x31n, 0);
        count[0] = 1;
        return 0;
      },
      hailo_get_chip_temperature: (_device: bigint, bytes: Buffer) => {
        bytes.writeFloatLE(40, 0);
        bytes.writeFloatLE(44, 4);
        return 0;
      },
    });
    const vdevice = library.createVdevice({});
    const [device] = library.physicalDevices(vdevice);
    assert.equal(library.temperature(device!), 44);
    refuses(() => library.releaseDevice(device!), /its owner releases it/);
    library.releaseVdevice(vdevice);
    refuses(() => library.temperature(device!), /it was released/);
  });
});

describe('Arguments', () => {
  it('that C would cut off or end early are refused before the call', () => {
    const { library, calls } = libraryOf({});
    const group = library.adopt('network-group', 0x20n);
    for (const settings of [
      { priority: 32 },
      { priority: -1 },
      { priority: 1.5 },
      { threshold: 2 ** 32 },
      { threshold: -1 },
      { timeoutMs: NaN },
      { timeoutMs: '5' as never },
    ]) {
      assert.throws(() => library.setScheduler(group, settings), RangeError, JSON.stringify(settings));
    }
    for (const id of ['', 'x'.repeat(32), 'a\0b']) refuses(() => library.createDevice(id), /Expected a device id/);
    refuses(() => library.createVdevice({ deviceId: 'x'.repeat(40) }), /Expected a device id/);
    for (const path of ['', 'a\0.hef']) refuses(() => library.createHef(path), /Expected the path of a HEF/);
    for (const size of [0, -1, 1.5, 2 ** 31, NaN]) assert.throws(() => library.allocate(size), RangeError);
    assert.deepEqual(calls, []);
  });

  it('of the scheduler go with NULL for the network: a specific one is not implemented', () => {
    const seen: unknown[] = [];
    const setter =
      (name: string): Fake =>
      (...args: unknown[]) => {
        seen.push([name, ...args]);
        return 0;
      };
    const { library } = libraryOf({
      hailo_set_scheduler_timeout: setter('timeout'),
      hailo_set_scheduler_threshold: setter('threshold'),
      hailo_set_scheduler_priority: setter('priority'),
    });
    const group = library.adopt('network-group', 0x20n);
    library.setScheduler(group, {});
    assert.deepEqual(seen, []);
    library.setScheduler(group, { threshold: 4, timeoutMs: 0xffffffff, priority: 31 });
    assert.deepEqual(seen, [
      ['timeout', 0x20n, 0xffffffff, null],
      ['threshold', 0x20n, 4, null],
      ['priority', 0x20n, 31, null],
    ]);
  });
});

describe('Configuring', () => {
  const info: Fake = (_hef: bigint, _name: null, _infos: Buffer, count: number[]) => {
    count[0] = 0;
    return 0;
  };
  const oneGroup: Fake = (_hef: bigint, infos: Buffer, count: number[]) => {
    infos.write('net', 0);
    count[0] = 1;
    return 0;
  };

  function configured(groups: bigint, counter: number, batchSize?: number) {
    const seen: { params: Buffer | null; room: number } = { params: null, room: 0 };
    const { library, calls } = libraryOf({
      hailo_create_hef_file: giveHandle(0x40n),
      hailo_get_network_groups_infos: oneGroup,
      hailo_hef_get_all_vstream_infos: info,
      hailo_init_configure_params_by_vdevice: (_hef: bigint, _vdevice: bigint, params: Buffer) => {
        assert.ok(params.length >= 84488 && params.every((byte) => byte === 0));
        params.writeBigUInt64LE(groups, 0);
        return 0;
      },
      hailo_configure_vdevice: (
        _vdevice: bigint,
        _hef: bigint,
        params: Buffer | null,
        handles: Buffer,
        count: number[],
      ) => {
        seen.params = params;
        seen.room = count[0]!;
        handles.writeBigUInt64LE(0x50n, 0);
        count[0] = counter;
        return 0;
      },
    });
    const vdevice = library.adopt('vdevice', 0x30n);
    const hef = library.createHef('/x.hef');
    return { act: () => library.configure(vdevice, hef, batchSize), seen, calls };
  }

  it('passes NULL for the params and room for eight groups, unless a batch size is wanted', () => {
    const { act, seen, calls } = configured(1n, 1);
    assert.deepEqual(act(), [0x50n]);
    assert.deepEqual(seen, { params: null, room: 8 });
    assert.ok(!calls.includes('hailo_init_configure_params_by_vdevice'));
  });

  it('sets the batch size in the params of the library', () => {
    const { act, seen } = configured(1n, 1, 4);
    assert.deepEqual(act(), [0x50n]);
    assert.equal(seen.params?.readUInt16LE(136), 4);
  });

  it('does not believe impossible counts of groups', () => {
    refuses(configured(9n, 1, 4).act, /network groups/);
    refuses(configured(0n, 1, 4).act, /network groups/);
    assert.throws(configured(1n, 0).act, RangeError);
    assert.throws(configured(1n, 9).act, RangeError);
    assert.throws(configured(1n, 1, 65_536).act, RangeError);
  });
});

describe('Vstreams that cannot all be made', () => {
  const names = ['net/a', 'net/b'];
  const infos: VstreamInfo[] = names.map((name) => ({
    name,
    network: 'net/net',
    direction: 'output',
    format: { type: 1, order: 1, flags: 0 },
    shape: { height: 1, width: 1, features: 3 },
    quantisation: { zeroPoint: 0, scale: 1, min: 0, max: 255 },
  }));

  function outputs(fakes: Partial<Record<SymbolName, Fake>>) {
    const released: bigint[] = [];
    const made = libraryOf({
      hailo_make_output_vstream_params: (
        _group: bigint,
        unused: boolean,
        type: number,
        params: Buffer,
        count: number[],
      ) => {
        assert.deepEqual([unused, type], [false, 0]);
        names.forEach((name, index) => params.write(name, index * 156));
        count[0] = names.length;
        return 0;
      },
      hailo_create_output_vstreams: (_group: bigint, params: Buffer, count: number, handles: Buffer) => {
        assert.deepEqual([params.length, count], [312, 2]);
        handles.writeBigUInt64LE(0x61n, 0);
        handles.writeBigUInt64LE(0x60n, 8);
        return 0;
      },
      hailo_get_output_vstream_info: (handle: bigint, bytes: Buffer) => {
        bytes.write(names[Number(handle - 0x60n)]!, 0);
        bytes.writeInt32LE(1, 388);
        bytes.writeInt32LE(1, 392);
        bytes.writeInt32LE(6, 396);
        bytes.writeUInt32LE(3, 412);
        return 0;
      },
      hailo_get_output_vstream_frame_size: (_handle: bigint, out: number[]) => {
        out[0] = 3;
        return 0;
      },
      hailo_get_output_vstream_user_format: () => 0,
      hailo_get_output_vstream_quant_infos: (_handle: bigint, bytes: Buffer, count: number[]) => {
        if (count[0]! < 3) return 5;
        for (let index = 0; index < 3; index++) bytes.writeFloatLE(index + 1, index * 16 + 4);
        count[0] = 3;
        return 0;
      },
      hailo_release_output_vstreams: (handles: Buffer, count: number) => {
        for (let index = 0; index < count; index++) released.push(handles.readBigUInt64LE(index * 8));
        return 0;
      },
      ...fakes,
    });
    const group = made.library.adoptGroup(0x20n, infos);
    const wish = { formatType: () => 0, timeoutMs: 100, queueSize: 2 };
    return { act: () => made.library.createOutputs(group, wish), released, ...made, group };
  }

  it('otherwise are matched by their names, with formats that are not AUTO any more', () => {
    const { act, released } = outputs({});
    assert.deepEqual(
      act().map(({ handle, info, format, quantisations }) => [
        handle,
        info.name,
        format.type,
        format.order,
        quantisations.map(({ scale }) => scale),
      ]),
      [
        [0x60n, 'net/a', 1, 6, [1, 2, 3]],
        [0x61n, 'net/b', 1, 6, [1, 2, 3]],
      ],
    );
    assert.deepEqual(released, []);
  });

  const failures: { title: string; fakes: Partial<Record<SymbolName, Fake>>; says: RegExp }[] = [
    {
      title: 'the info of one cannot be had',
      fakes: { hailo_get_output_vstream_info: () => 8 },
      says: /INTERNAL_FAILURE/,
    },
    {
      title: 'the size of one cannot be had',
      fakes: { hailo_get_output_vstream_frame_size: () => 8 },
      says: /INTERNAL/,
    },
    {
      title: 'the format of one cannot be had',
      fakes: { hailo_get_output_vstream_user_format: () => 8 },
      says: /INTERNAL/,
    },
    {
      title: 'the quantisation of one cannot be had',
      fakes: { hailo_get_output_vstream_quant_infos: () => 8 },
      says: /INTERNAL/,
    },
    {
      title: 'two have the same name',
      fakes: {
        hailo_get_output_vstream_info: (_handle: bigint, bytes: Buffer) => {
          bytes.write('net/a');
          return 0;
        },
      },
      says: /net\/a, net\/b but received net\/a, net\/a/,
    },
  ];
  for (const { title, fakes, says } of failures) {
    it(`are all released when ${title}`, () => {
      const { act, released } = outputs(fakes);
      assert.throws(act, says);
      assert.deepEqual([...released].sort(), [0x60n, 0x61n]);
    });
  }

  it('are not released when the library made none', () => {
    const { act, released } = outputs({ hailo_create_output_vstreams: () => 2 });
    refuses(act, /32-bit floats/, 2);
    assert.deepEqual(released, []);
  });

  it('and those of a group of another thread are refused before anything is made', () => {
    const { library, calls } = outputs({});
    const stranger = library.adopt('network-group', 0x21n);
    const wish = { formatType: () => 0, timeoutMs: 100, queueSize: 2 };
    refuses(() => library.createOutputs(stranger, wish), /another thread configured/);
    assert.deepEqual(calls, ['hailo_make_output_vstream_params']);
  });
});

describe('Environment of the library', () => {
  it('is quiet, unless the user wants it otherwise', () => {
    const fresh: Record<string, string | undefined> = {};
    prepareHailoEnvironment(fresh);
    assert.deepEqual(fresh, { HAILORT_LOGGER_PATH: 'NONE', HAILORT_CONSOLE_LOGGER_LEVEL: 'critical' });
    const chosen: Record<string, string | undefined> = {
      HAILORT_LOGGER_PATH: '/var/log',
      HAILORT_CONSOLE_LOGGER_LEVEL: 'info',
    };
    prepareHailoEnvironment(chosen);
    assert.deepEqual(chosen, { HAILORT_LOGGER_PATH: '/var/log', HAILORT_CONSOLE_LOGGER_LEVEL: 'info' });
  });
});
