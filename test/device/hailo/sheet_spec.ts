import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeHailoNms } from '../../../src/detection/decoders/hailo-nms.js';
import * as devices from '../../../src/device/hailo/library/device-structs.js';
import { type LoadedFile } from '../../../src/device/hailo/library/koffi.js';
import { layoutOf } from '../../../src/device/hailo/library/layout.js';
import { declare, symbolNames } from '../../../src/device/hailo/library/symbols.js';
import * as vstreams from '../../../src/device/hailo/library/vstream-structs.js';
import { skipWithoutCompiler } from '../../support/hailort-stub/stub.js';
import { sheetPrototypes } from './sheet-prototypes.js';

interface Compiled {
  sizes: Record<string, number>;
  offsets: Record<string, number>;
  samples: Record<string, string>;
}

const versions = ['4.15.0', '4.19.0', '4.20.0', '4.20.1', '4.21.0', '4.23.0', '4.24.0']
  .concat(['5.0.0', '5.0.1', '5.1.0', '5.1.1', '5.2.0'])
  .map((text) => {
    const [major = 0, minor = 0, revision = 0] = text.split('.').map(Number);
    return { text, number: major * 10_000 + minor * 100 + revision, version: { major, minor, revision } };
  });

describe('The binding against what a C compiler makes of the structs', function () {
  this.timeout(60_000);
  let folder: string;
  const compiled = new Map<string, Compiled>();

  before(function () {
    skipWithoutCompiler(this);
    folder = mkdtempSync(join(tmpdir(), 'hailo-sheet-'));
    for (const { text, number } of versions) {
      const program = join(folder, text);
      execFileSync('gcc', ['-std=c11', '-Wall', `-DHRT=${number}`, '-o', program, join(__dirname, 'sheet-structs.c')]);
      compiled.set(text, JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Compiled);
    }
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  for (const { text, version } of versions) {
    describe(`of HailoRT ${text}`, () => {
      const c = (): Compiled => compiled.get(text)!;
      const sample = (name: string): Buffer => Buffer.from(c().samples[name]!, 'hex');
      const offset = (name: string): number => {
        const found = c().offsets[name];
        assert.ok(found !== undefined, name);
        return found;
      };
      const layout = layoutOf(version);

      it('has their sizes', () => {
        const { sizes } = c();
        assert.equal(sizes['pointer'], 8);
        const ours = {
          version: devices.VERSION_SIZE,
          deviceId: devices.DEVICE_ID_SIZE,
          format: vstreams.FORMAT_SIZE,
          quantisation: vstreams.QUANTISATION_SIZE,
          groupInfo: devices.GROUP_INFO_SIZE,
          temperature: devices.TEMPERATURE_SIZE,
          vdeviceParams: devices.VDEVICE_PARAMS_SIZE,
          vstreamParams: vstreams.VSTREAM_PARAMS_SIZE,
          vstreamInfo: layout.vstreamInfoSize,
          identity: devices.IDENTITY_SIZE,
          groupParams: layout.groupParamsSize,
        };
        for (const [name, bytes] of Object.entries(ours)) assert.equal(bytes, sizes[name], name);
        assert.ok(devices.EXTENDED_INFORMATION_SIZE >= sizes['extendedInformation']!);
        assert.ok(devices.CONFIGURE_PARAMS_SIZE >= sizes['configureParams']!);
        assert.equal(layout.quantisationOffset, offset('vstream_info.quant_info'));
        const power = c().offsets['extended_information.supported_features.power_measurement'];
        assert.equal(layout.powerMeasurementOffset, power);
      });

      it('reads infos of vstreams, also behind another one', () => {
        const quantisation = { zeroPoint: 1.5, scale: 0.25, min: -2.5, max: 3.5 };
        const common = { name: 'net/layer', network: 'group/net', quantisation };
        const second = layout.vstreamInfoSize;
        assert.deepEqual(vstreams.readVstreamInfo(sample('image'), second, layout), {
          ...common,
          direction: 'input',
          format: { type: 3, order: 1, flags: 2 },
          shape: { height: 11, width: 22, features: 33 },
        });
        assert.deepEqual(vstreams.readVstreamInfo(sample('nms'), second, layout), {
          ...common,
          direction: 'output',
          format: { type: 3, order: version.major === 4 && version.minor < 20 ? 9 : 22, flags: 2 },
          nms: { classes: 44, maxPerClass: 55 },
        });
      });

      it('reads what devices tell', () => {
        assert.deepEqual(devices.readIdentity(sample('identity')), {
          architecture: 'hailo8l',
          firmware: { major: 4, minor: 23, revision: 7 },
          boardName: 'Hailo-8',
          serialNumber: '0123456789abcdef',
          partNumber: 'P/N',
          productName: 'M.2A',
        });
        const padded = (name: string): Buffer =>
          Buffer.concat([sample(name), Buffer.alloc(128)], devices.EXTENDED_INFORMATION_SIZE);
        assert.deepEqual(devices.readExtendedInformation(padded('currentMonitoring'), layout), {
          coreClockHz: 400_000_000,
          powerMeasurement: true,
        });
        assert.equal(devices.readExtendedInformation(padded('noMonitoring'), layout).powerMeasurement, false);
        assert.equal(devices.readTemperature(sample('temperature')), 43.25);
        assert.deepEqual(
          [0, 1].map((index) => devices.readGroupInfo(sample('groups'), index)),
          [
            { name: 'first', isMultiContext: false },
            { name: 'second', isMultiContext: true },
          ],
        );
        assert.deepEqual(
          [0, 1].map((index) => devices.readDeviceId(sample('ids'), index)),
          ['0000:01:00.0', '0001:01:00.0'],
        );
        assert.deepEqual(devices.readVersion(sample('version')), version);
      });

      it('writes parameters where the library reads them, and nowhere else', () => {
        const vdevice = Buffer.alloc(devices.VDEVICE_PARAMS_SIZE);
        const id = devices.deviceId('0000:01:00.0')!;
        const params = { groupId: 'ALPR', multiProcessService: true };
        devices.patchVdeviceParams(vdevice, params, id, (buffer) => (buffer === id ? 0x1111n : 0x2222n));
        const wanted = Buffer.alloc(vdevice.length);
        wanted.writeUInt32LE(1, offset('vdevice_params.device_count'));
        wanted.writeBigUInt64LE(0x1111n, offset('vdevice_params.device_ids'));
        wanted.writeInt32LE(1, offset('vdevice_params.scheduling_algorithm'));
        wanted.writeBigUInt64LE(0x2222n, offset('vdevice_params.group_id'));
        wanted.writeUInt8(1, offset('vdevice_params.multi_process_service'));
        assert.deepEqual(vdevice, wanted);

        const vstream = Buffer.alloc(2 * vstreams.VSTREAM_PARAMS_SIZE);
        vstreams.patchParams(vstream, 1, { formatType: 3, timeoutMs: 5000, queueSize: 8 });
        const second = c().sizes['vstreamParams']!;
        const wantedVstream = Buffer.alloc(vstream.length);
        wantedVstream.writeInt32LE(3, second + offset('vstream_params_by_name.params.user_buffer_format.type'));
        wantedVstream.writeUInt32LE(5000, second + offset('vstream_params_by_name.params.timeout_ms'));
        wantedVstream.writeUInt32LE(8, second + offset('vstream_params_by_name.params.queue_size'));
        assert.deepEqual(vstream, wantedVstream);

        const configure = Buffer.alloc(devices.CONFIGURE_PARAMS_SIZE);
        configure.writeBigUInt64LE(8n, offset('configure_params.network_group_params_count'));
        const wantedConfigure = Buffer.from(configure);
        const first = offset('configure_params.network_group_params') + offset('group_params.batch_size');
        for (let group = 0; group < 8; group++) {
          wantedConfigure.writeUInt16LE(4, first + group * c().sizes['groupParams']!);
        }
        assert.equal(devices.patchBatchSize(configure, 4, layout), 8);
        assert.ok(configure.equals(wantedConfigure));
      });

      it('finds the boxes of suppressed detections', () => {
        const record = new Float32Array(Uint8Array.from(sample('box')).buffer);
        const nms = { dims: [1, 6], data: Float32Array.of(1, ...record) };
        const options = {
          batchIndex: 0,
          batchSize: 1,
          inputWidth: 1,
          inputHeight: 1,
          confidenceThreshold: 0,
          iouThreshold: 1,
        };
        const found = decodeHailoNms(
          { nms },
          { decoder: 'hailo-nms', labels: ['x'] },
          { ...options, maxDetections: 1 },
        );
        assert.deepEqual([...found.boxes.slice(0, 4)], [0.25, 0.125, 0.75, 0.5]);
        assert.equal(found.scores[0], 0.875);
      });
    });
  }
});

describe('The C functions as koffi is told of them', () => {
  const declared = new Map<string, string>();
  const library: LoadedFile = {
    func(prototype) {
      const name = /(\w+)\(/.exec(prototype)![1]!;
      declared.set(name, prototype);
      return () => 0;
    },
  };
  for (const name of symbolNames) declare(library, name);

  it('are all in the sheet', () => {
    for (const name of symbolNames) assert.ok(sheetPrototypes.has(name), name);
    assert.equal(declared.size, symbolNames.length);
  });

  for (const name of symbolNames) {
    it(`${name} takes and gives what the header says`, () => {
      const wanted = sheetPrototypes.get(name)!;
      assert.deepEqual(shape(declared.get(name)!), wanted);
    });
  }

  it('give pointers and counts back only where the function writes one', () => {
    const marked = [...declared.values()].flatMap((prototype) =>
      parameters(prototype).filter((parameter) => /_Out_|_Inout_/.test(parameter)),
    );
    // Everything else that is written to is a Buffer of ours.
    for (const parameter of marked) {
      assert.match(parameter, /^(_Out_ (void \*\*|size_t \*|float \*)|_Inout_ size_t \*)\w+$/);
    }
  });
});

function parameters(prototype: string): string[] {
  return /\((.*)\)/
    .exec(prototype)![1]!
    .split(',')
    .map((parameter) => parameter.trim());
}

/** What the calling convention knows of a parameter: a pointer, or a number of a width. */
function shape(prototype: string): string[] {
  const kinds: Record<string, string> = {
    int: 'int32',
    uint32_t: 'uint32',
    uint8_t: 'uint8',
    size_t: 'size_t',
    bool: 'bool',
    float: 'float',
  };
  return parameters(prototype).map((parameter) => {
    const words = parameter.replace(/_Out_|_Inout_|const/g, '').trim();
    if (words.includes('*')) {
      const type = words.slice(0, words.lastIndexOf('*') + 1).replace(/\s/g, '');
      return { 'void**': 'handle*', 'size_t*': 'size_t*', 'float*': 'float*', 'char*': 'string' }[type] ?? 'pointer';
    }
    return kinds[words.split(' ')[0]!] ?? words;
  });
}
