import assert from 'node:assert/strict';
import type { LibraryVersion, VstreamInfo } from '../../../src/device/hailo/library/api';
import {
  deviceId,
  patchBatchSize,
  patchVdeviceParams,
  readDeviceId,
  readExtendedInformation,
  readGroupInfo,
  readIdentity,
  readTemperature,
  readVersion,
} from '../../../src/device/hailo/library/device-structs';
import { layoutOf } from '../../../src/device/hailo/library/layout';
import {
  patchParams,
  readParamsName,
  readQuantisation,
  readVstreamInfo,
} from '../../../src/device/hailo/library/vstream-structs';

/** Fields as [offset, type, value], written where the sheet's table says and nowhere else; all other bytes are rubbish. */
type Field = [offset: number, type: 'i32' | 'u32' | 'u16' | 'u8' | 'f32' | 'u64' | 'text', value: number | string];

function struct(size: number, fields: Field[], rubbish = 0xa5): Buffer {
  const bytes = Buffer.alloc(size, rubbish);
  for (const [offset, type, value] of fields) {
    if (type === 'text') {
      bytes.write(`${value}\0`, offset, 'utf8');
      continue;
    }
    const number = Number(value);
    if (type === 'i32') bytes.writeInt32LE(number, offset);
    if (type === 'u32') bytes.writeUInt32LE(number, offset);
    if (type === 'u16') bytes.writeUInt16LE(number, offset);
    if (type === 'u8') bytes.writeUInt8(number, offset);
    if (type === 'f32') bytes.writeFloatLE(number, offset);
    if (type === 'u64') bytes.writeBigUInt64LE(BigInt(number), offset);
  }
  return bytes;
}

const version = (text: string): LibraryVersion => {
  const [major, minor, revision] = text.split('.').map(Number);
  return { major: major!, minor: minor!, revision: revision! };
};

/** Transcribed from hailort-c-api §4.4, §4.8, §4.6 and §9.1, apart from the code. */
const table: { versions: string[]; info: number; quant: number; group: number; power: boolean; hef: number }[] = [
  { versions: ['4.15.0', '4.17.0', '4.18.0', '4.19.0'], info: 432, quant: 416, group: 10560, power: false, hef: 1 },
  { versions: ['4.20.0', '4.20.1'], info: 436, quant: 420, group: 10560, power: false, hef: 2 },
  {
    versions: ['4.21.0', '4.22.0', '4.23.0', '5.0.0', '5.0.1'],
    info: 436,
    quant: 420,
    group: 10560,
    power: false,
    hef: 3,
  },
  { versions: ['5.1.0'], info: 436, quant: 420, group: 8000, power: false, hef: 3 },
  { versions: ['5.1.1', '5.2.0', '5.3.0'], info: 436, quant: 420, group: 8000, power: true, hef: 3 },
];
const rows = table.flatMap(({ versions, ...row }) => versions.map((text) => ({ text, ...row })));

describe('Layout of the structs', () => {
  for (const { text, info, quant, group, power, hef } of rows) {
    it(`of HailoRT ${text} is that of the sheet`, () => {
      assert.deepEqual(layoutOf(version(text)), {
        vstreamInfoSize: info,
        quantisationOffset: quant,
        groupParamsSize: group,
        newestHefHeader: hef,
        ...(power ? { powerMeasurementOffset: 9 } : {}),
      });
    });
  }

  for (const { text, advice } of [
    { text: '4.14.9', advice: /Install HailoRT 4\.23/ },
    { text: '3.2.0', advice: /Install HailoRT 4\.23/ },
    { text: '0.0.0', advice: /Install HailoRT 4\.23/ },
    { text: '6.0.0', advice: /Update this package/ },
  ]) {
    it(`of HailoRT ${text} is refused as unknown`, () => {
      assert.throws(
        () => layoutOf(version(text), '/x/libhailort.so'),
        (error: Error) => {
          assert.match(error.message, /\/x\/libhailort\.so/);
          assert.ok(error.message.includes(text));
          assert.match(error.message, advice);
          return true;
        },
      );
    });
  }
});

describe('hailo_vstream_info_t', () => {
  const common = (quant: number): Field[] => [
    [0, 'text', 'yolov8n/conv42'],
    [128, 'text', 'yolov8n/yolov8n'],
    [388, 'i32', 1],
    [392, 'i32', 2],
    [396, 'i32', 1],
    [400, 'i32', 2],
    [quant, 'f32', 144],
    [quant + 4, 'f32', 0.5],
    [quant + 8, 'f32', -72],
    [quant + 12, 'f32', 55.5],
  ];
  const expected: Omit<VstreamInfo, 'shape' | 'nms'> = {
    name: 'yolov8n/conv42',
    network: 'yolov8n/yolov8n',
    direction: 'output',
    format: { type: 2, order: 1, flags: 2 },
    quantisation: { zeroPoint: 144, scale: 0.5, min: -72, max: 55.5 },
  };

  for (const { text, info: size, quant } of rows) {
    it(`of HailoRT ${text} is read at the right places, also as second of a list`, () => {
      const fields = common(quant);
      fields.push([404, 'u32', 20], [408, 'u32', 30], [412, 'u32', 255]);
      const list = Buffer.concat([Buffer.alloc(size, 0xff), struct(size, fields)]);
      assert.deepEqual(readVstreamInfo(list, size, layoutOf(version(text))), {
        ...expected,
        shape: { height: 20, width: 30, features: 255 },
      });
    });

    for (const order of [9, 20, 22, 23]) {
      it(`of HailoRT ${text} with order ${order} has the two words that mean the same everywhere`, () => {
        const fields = common(quant);
        fields.push([396, 'i32', order], [404, 'u32', 80], [408, 'u32', 100], [412, 'u32', 8000]);
        const info = readVstreamInfo(struct(size, fields), 0, layoutOf(version(text)));
        assert.deepEqual(info.nms, { classes: 80, maxPerClass: 100 });
        assert.equal(info.shape, undefined);
        assert.equal(info.quantisation.zeroPoint, 144);
      });
    }
  }

  it('takes on-chip NMS (21) and every order that is not known for an image', () => {
    for (const order of [0, 1, 6, 13, 21, 24, 99]) {
      const fields = common(420);
      fields.push([396, 'i32', order], [404, 'u32', 1], [408, 'u32', 2], [412, 'u32', 3]);
      const info = readVstreamInfo(struct(436, fields), 0, layoutOf(version('4.23.0')));
      assert.deepEqual(info.shape, { height: 1, width: 2, features: 3 });
      assert.equal(info.nms, undefined);
    }
  });

  it('is an input with direction 0', () => {
    const fields = common(420);
    fields.push([388, 'i32', 0]);
    assert.equal(readVstreamInfo(struct(436, fields), 0, layoutOf(version('4.23.0'))).direction, 'input');
  });

  it('may fill a name field to its last byte, without a NUL', () => {
    const bytes = struct(436, common(420));
    bytes.fill('n', 0, 128);
    bytes.fill('w', 128, 128 + 257);
    const info = readVstreamInfo(bytes, 0, layoutOf(version('4.23.0')));
    assert.equal(info.name, 'n'.repeat(128));
    assert.equal(info.network, 'w'.repeat(257));
  });
});

describe('Vstream params', () => {
  it('are changed in format, time limit and queue only', () => {
    const make = (): Buffer =>
      struct(
        156 * 2,
        [
          [0, 'text', 'a/in'],
          [156, 'text', 'b/in'],
        ],
        0x11,
      );
    const bytes = make();
    patchParams(bytes, 1, { formatType: 3, timeoutMs: 0xfffffffe, queueSize: 7 });
    const expected = make();
    expected.writeInt32LE(3, 156 + 128);
    expected.writeUInt32LE(0xfffffffe, 156 + 140);
    expected.writeUInt32LE(7, 156 + 144);
    assert.deepEqual(bytes, expected);
    assert.equal(readParamsName(bytes, 0), 'a/in');
    assert.equal(readParamsName(bytes, 1), 'b/in');
  });
});

describe('Small structs', () => {
  it('hailo_version_t and hailo_quant_info_t', () => {
    assert.deepEqual(
      readVersion(
        struct(12, [
          [0, 'u32', 4],
          [4, 'u32', 23],
          [8, 'u32', 1],
        ]),
      ),
      version('4.23.1'),
    );
    const quants = struct(32, [
      [16, 'f32', 3],
      [20, 'f32', 0.25],
      [24, 'f32', -0.75],
      [28, 'f32', 63],
    ]);
    assert.deepEqual(readQuantisation(quants, 16), { zeroPoint: 3, scale: 0.25, min: -0.75, max: 63 });
  });

  it('hailo_network_group_info_t has a stride of 129', () => {
    const list = struct(258, [
      [0, 'text', 'first'],
      [128, 'u8', 0],
      [129, 'text', 'second'],
      [257, 'u8', 1],
    ]);
    assert.deepEqual(readGroupInfo(list, 0), { name: 'first', isMultiContext: false });
    assert.deepEqual(readGroupInfo(list, 1), { name: 'second', isMultiContext: true });
  });

  it('hailo_device_id_t has a stride of 32', () => {
    const list = struct(64, [
      [0, 'text', '0000:01:00.0'],
      [32, 'text', 'Integrated'],
    ]);
    assert.equal(readDeviceId(list, 0), '0000:01:00.0');
    assert.equal(readDeviceId(list, 1), 'Integrated');
  });

  it('a device id is written with its NUL, and refused when it has no room', () => {
    assert.deepEqual(deviceId('0000:01:00.0'), Buffer.concat([Buffer.from('0000:01:00.0'), Buffer.alloc(20)]));
    assert.equal(deviceId('x'.repeat(31))?.length, 32);
    for (const bad of ['', 'x'.repeat(32), 'ä'.repeat(16), 'a\0b']) assert.equal(deviceId(bad), undefined, bad);
  });

  it('hailo_chip_temperature_info_t gives the hotter sensor', () => {
    assert.equal(
      readTemperature(
        struct(12, [
          [0, 'f32', 48.5],
          [4, 'f32', 51.25],
          [8, 'u16', 3],
        ]),
      ),
      51.25,
    );
    assert.equal(
      readTemperature(
        struct(12, [
          [0, 'f32', 60],
          [4, 'f32', -5],
        ]),
      ),
      60,
    );
    assert.equal(
      readTemperature(
        struct(12, [
          [0, 'f32', NaN],
          [4, 'f32', 40],
        ]),
      ),
      40,
    );
    const silent = struct(12, [
      [0, 'f32', NaN],
      [4, 'f32', Infinity],
    ]);
    assert.ok(Number.isNaN(readTemperature(silent)));
  });

  it('hailo_device_identity_t: texts by their length bytes', () => {
    const fields: Field[] = [
      [0, 'u32', 2],
      [4, 'u32', 4],
      [8, 'u32', 23],
      [12, 'u32', 5],
      [20, 'u8', 7],
      [21, 'text', 'Hailo-8 and rubbish'],
      [53, 'u8', 1],
      [56, 'i32', 2],
      [60, 'u8', 16],
      [61, 'text', 'HLLWM2A22060012'],
      [77, 'u8', 250],
      [78, 'text', 'PART'],
      [94, 'u8', 5],
      [95, 'text', 'M2 module'],
    ];
    const bytes = struct(140, fields);
    bytes[76] = 0x33;
    assert.deepEqual(readIdentity(bytes), {
      architecture: 'hailo8l',
      firmware: version('4.23.5'),
      boardName: 'Hailo-8',
      serialNumber: 'HLLWM2A220600123',
      partNumber: 'PART',
      productName: 'M2 mo',
    });
  });

  it('hailo_device_architecture_t has seven names, all others are one', () => {
    const names = ['hailo8-a0', 'hailo8', 'hailo8l', 'hailo15h', 'hailo15l', 'hailo15m', 'hailo10h', 'other', 'other'];
    names.forEach((name, number) => {
      assert.equal(readIdentity(struct(140, [[56, 'i32', number]], 0)).architecture, name);
    });
    assert.equal(readIdentity(struct(140, [[56, 'i32', -1]], 0)).architecture, 'other');
  });

  it('hailo_extended_device_information_t: power by current_monitoring, since 5.1.1 also by power_measurement', () => {
    const with7 = struct(
      128,
      [
        [0, 'u32', 400_000_000],
        [7, 'u8', 1],
      ],
      0,
    );
    const with9 = struct(
      128,
      [
        [0, 'u32', 400_000_000],
        [9, 'u8', 1],
      ],
      0,
    );
    const read = (bytes: Buffer, text: string) => readExtendedInformation(bytes, layoutOf(version(text)));
    assert.deepEqual(read(with7, '4.20.0'), { coreClockHz: 400_000_000, powerMeasurement: true });
    assert.equal(read(with9, '4.23.0').powerMeasurement, false);
    assert.equal(read(with9, '5.1.0').powerMeasurement, false);
    assert.equal(read(with9, '5.1.1').powerMeasurement, true);
    assert.equal(
      read(
        struct(
          128,
          [
            [4, 'u8', 1],
            [5, 'u8', 1],
            [6, 'u8', 1],
            [8, 'u8', 1],
          ],
          0,
        ),
        '5.2.0',
      ).powerMeasurement,
      false,
    );
  });
});

describe('hailo_vdevice_params_t', () => {
  const defaults = (): Buffer =>
    struct(
      40,
      [
        [0, 'u32', 1],
        [8, 'u64', 0],
        [16, 'i32', 1],
        [24, 'u64', 0x1234],
        [32, 'u8', 0],
      ],
      0,
    );

  it('stays as initialised when nothing is wanted', () => {
    const bytes = defaults();
    assert.deepEqual(
      patchVdeviceParams(bytes, {}, undefined, () => 0n),
      [],
    );
    assert.deepEqual(bytes, defaults());
  });

  it('points to the id and the group id, which are given back to be kept', () => {
    const bytes = defaults();
    const addresses = new Map<Buffer, bigint>();
    const address = (buffer: Buffer): bigint => {
      addresses.set(buffer, 0x7f0000001000n + BigInt(addresses.size) * 64n);
      return addresses.get(buffer)!;
    };
    const kept = patchVdeviceParams(
      bytes,
      { groupId: 'ALPR', multiProcessService: true },
      deviceId('0000:01:00.0'),
      address,
    );
    assert.deepEqual(
      kept.map((buffer) => buffer.toString('latin1').replace(/\0+$/, '|')),
      ['0000:01:00.0|', 'ALPR|'],
    );
    assert.equal(bytes.readUInt32LE(0), 1);
    assert.equal(bytes.readBigUInt64LE(8), addresses.get(kept[0]!));
    assert.equal(bytes.readInt32LE(16), 1);
    assert.equal(bytes.readBigUInt64LE(24), addresses.get(kept[1]!));
    assert.equal(bytes[32], 1);
  });
});

describe('hailo_configure_params_t', () => {
  for (const { text, group } of rows) {
    it(`of HailoRT ${text} gets a batch size in every group`, () => {
      const bytes = struct(128 * 1024, [[0, 'u64', 2]], 0);
      assert.equal(patchBatchSize(bytes, 300, layoutOf(version(text))), 2);
      const expected = struct(
        128 * 1024,
        [
          [0, 'u64', 2],
          [136, 'u16', 300],
          [136 + group, 'u16', 300],
        ],
        0,
      );
      assert.ok(bytes.equals(expected));
    });
  }

  it('with an impossible count of groups is left alone', () => {
    const bytes = struct(128 * 1024, [[0, 'u64', 9]], 0);
    assert.equal(patchBatchSize(bytes, 3, layoutOf(version('4.23.0'))), 0);
    assert.ok(bytes.equals(struct(128 * 1024, [[0, 'u64', 9]], 0)));
  });
});
